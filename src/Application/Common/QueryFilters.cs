namespace CleanTenancy.Application.Common;

/// <summary>The named query filters. Ignoring one never ignores the other.</summary>
public static class QueryFilters
{
    /// <summary>org_id = the bound tenant: routes the query; never ignored.</summary>
    public const string Tenant = "tenant";

    /// <summary>Hides tombstones; ignored by delta lists only.</summary>
    public const string Deleted = "deleted";
}
