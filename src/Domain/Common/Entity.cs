namespace CleanTenancy.Domain.Common;

/// <summary>Belongs to exactly one tenant; its table is fenced by Row-Level Security.</summary>
public interface ITenantOwned
{
    TenantId OrgId { get; }
}

/// <summary>A row whose version is its ETag and its concurrency token.</summary>
public interface IVersioned
{
    /// <summary>Starts at 1 and grows by one with each change.</summary>
    long Version { get; }
}
