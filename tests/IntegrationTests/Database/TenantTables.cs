namespace CleanTenancy.IntegrationTests.Database;

/// <summary>What stands in the schema, said a second time: a new table is a decision, not an accident.</summary>
internal static class TenantTables
{
    /// <summary>Every tenant table, and what application_role may do with it.</summary>
    public static readonly IReadOnlyDictionary<string, string> Grants = new Dictionary<string, string>
    {
        ["organizations"] = "SELECT",
        ["users"] = "INSERT, SELECT, UPDATE",
        ["roles"] = "DELETE, INSERT, SELECT, UPDATE",
        ["user_roles"] = "DELETE, INSERT, SELECT",
        ["sessions"] = "INSERT, SELECT, UPDATE",
        ["refresh_tokens"] = "DELETE, INSERT, SELECT, UPDATE",
        ["events"] = "INSERT, SELECT, UPDATE",
        ["programs"] = "DELETE, INSERT, SELECT, UPDATE",
        ["registrations"] = "INSERT, SELECT, UPDATE",
        ["usage_counters"] = "SELECT, UPDATE",
        ["idempotency_keys"] = "DELETE, INSERT, SELECT, UPDATE",
        ["fence_probes"] = "SELECT",
        ["audit_logs"] = "SELECT",
    };

    /// <summary>Tables that no tenant owns, and why not.</summary>
    public static readonly IReadOnlyDictionary<string, string> Shared = new Dictionary<string, string>
    {
        ["tenant_slugs"] = "routing: unique for all, read before a tenant is known, by one function only",
        ["tenant_hosts"] = "routing: unique for all, read before a tenant is known, by one function only",
        ["plans"] = "the catalogue: the same for everybody, written by migrations",
        ["plan_prices"] = "the catalogue: the same for everybody, written by migrations",
        ["platform_operators"] = "people of the platform, never of a tenant",
        ["signing_keys"] = "of the installation; platform_role only",
        ["__EFMigrationsHistory"] = "of the migration tool; read by the readiness check",
    };

    /// <summary>Grants on shared tables: table, role, privileges.</summary>
    public static readonly IReadOnlyList<(string Table, string Role, string Privileges)> SharedGrants =
    [
        ("plans", "application_role", "SELECT"),
        ("plans", "platform_role", "SELECT"),
        ("plan_prices", "application_role", "SELECT"),
        ("plan_prices", "platform_role", "SELECT"),
        ("platform_operators", "platform_role", "SELECT"),
        ("signing_keys", "platform_role", "INSERT, SELECT"),
        ("__EFMigrationsHistory", "application_role", "SELECT"),
    ];

    /// <summary>Functions that run with their owner's rights: each is narrow, and each is here for a reason.</summary>
    public static readonly IReadOnlyDictionary<string, string> Definers = new Dictionary<string, string>
    {
        ["resolve_tenant(text,text)"] = "two exact names in, one id out, before a tenant is known",
        ["record_deed(uuid,timestamp with time zone,text,uuid,uuid,text)"] = "appends to the log of the bound tenant",
    };

    /// <summary>What application_role may call; platform_role may call nothing.</summary>
    public static readonly IReadOnlyList<string> Callable =
    [
        .. Definers.Keys,
        "set_tenant_context(uuid,uuid,text)",
        "plan_limit(plans,text)",
    ];

    public static string Key(string table) => table == "organizations" ? "id" : "org_id";

    public static bool May(string table, string privilege) => Grants[table].Contains(privilege, StringComparison.Ordinal);
}
