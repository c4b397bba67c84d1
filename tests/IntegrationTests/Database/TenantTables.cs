using CleanTenancy.Infrastructure.Persistence.Isolation;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>The tenants' tables as the manifest beside the schema has them; the isolation report holds it true.</summary>
internal static class TenantTables
{
    /// <summary>What application_role may do, in the order of the alphabet.</summary>
    public static IReadOnlyDictionary<string, string> Grants => FenceManifest.TenantTables;

    public static string Key(string table) => FenceManifest.KeyOf(table);

    public static bool May(string table, string privilege) => Grants[table].Contains(privilege, StringComparison.Ordinal);
}
