namespace CleanTenancy.Infrastructure.Persistence.Isolation;

/// <summary>
/// What the schema is meant to be, beside the schema: every table, what each role may do with it, every function that
/// reaches past the fence, each with its reason. The isolation report compares the catalogue with it.
/// </summary>
internal static class FenceManifest
{
    /// <summary>Tenant tables and what application_role may do with them.</summary>
    public static readonly IReadOnlyDictionary<string, string> TenantTables = new Dictionary<string, string>
    {
        ["organizations"] = "SELECT",
        ["users"] = "INSERT, SELECT, UPDATE",
        ["roles"] = "DELETE, INSERT, SELECT, UPDATE",
        ["user_roles"] = "DELETE, INSERT, SELECT",
        ["sessions"] = "INSERT, SELECT, UPDATE",
        ["refresh_tokens"] = "DELETE, INSERT, SELECT, UPDATE",
        ["events"] = "INSERT, SELECT, UPDATE",
        ["event_categories"] = "DELETE, INSERT, SELECT, UPDATE",
        ["programs"] = "DELETE, INSERT, SELECT, UPDATE",
        ["registrations"] = "INSERT, SELECT, UPDATE",
        ["usage_counters"] = "SELECT, UPDATE",
        ["idempotency_keys"] = "DELETE, INSERT, SELECT, UPDATE",
        ["fence_probes"] = "SELECT",
        ["audit_logs"] = "SELECT",
        ["audit_seals"] = "SELECT",
        ["invitations"] = "INSERT, SELECT, UPDATE",
        ["api_keys"] = "INSERT, SELECT, UPDATE",
        ["one_time_tokens"] = "DELETE, INSERT, SELECT, UPDATE",
        ["recovery_codes"] = "DELETE, INSERT, SELECT, UPDATE",
        ["outbox"] = "INSERT, SELECT",
        ["tenant_overrides"] = "SELECT",
        ["files"] = "DELETE, INSERT, SELECT",
        ["uploads"] = "DELETE, INSERT, SELECT",
        ["sign_ups"] = "SELECT",
        ["provisioning_steps"] = "SELECT, UPDATE",
        ["lifecycle_notices"] = "SELECT",
        ["event_templates"] = "DELETE, INSERT, SELECT, UPDATE",
        ["email_templates"] = "DELETE, INSERT, SELECT, UPDATE",
        ["operations"] = "INSERT, SELECT, UPDATE",
    };

    /// <summary>Tenant tables whose rows are not logged, and why not.</summary>
    public static readonly IReadOnlyDictionary<string, string> NotAudited = new Dictionary<string, string>
    {
        ["refresh_tokens"] = "hashes of secrets and nothing else; the session's row and the deeds tell the story",
        ["usage_counters"] = "a count of rows that are logged themselves; one more row for each would tell nothing",
        ["idempotency_keys"] = "copies of answers, kept for a day",
        ["fence_probes"] = "written by migrations only; nobody else may",
        ["audit_logs"] = "the log itself",
        ["audit_seals"] = "the seals of the log",
        ["one_time_tokens"] = "hashes of secrets and nothing else; the deeds tell the story",
        ["recovery_codes"] = "hashes of secrets and nothing else; the deeds tell the story",
        ["outbox"] = "what the deeds lead to; its payloads hold addresses and secrets",
        ["uploads"] = "a number while bytes come; what they become is logged as a file",
        ["sign_ups"] = "what somebody asked for before there was a tenant; the deed and the rows it becomes are logged",
        ["provisioning_steps"] = "the progress of provisioning; what each step makes is logged",
        ["lifecycle_notices"] = "which mails went out; the transitions themselves are logged",
        ["operations"] = "the progress of work whose deed is logged, and so is every row that it makes",
    };

    /// <summary>Tables that no tenant owns, and why not.</summary>
    public static readonly IReadOnlyDictionary<string, string> SharedTables = new Dictionary<string, string>
    {
        ["tenant_slugs"] = "routing: unique for all, read before a tenant is known, by one function only",
        ["tenant_hosts"] = "routing: unique for all, read before a tenant is known, by one function only",
        ["plans"] = "the catalogue: the same for everybody, written by operators",
        ["plan_prices"] = "the catalogue: the same for everybody, written by operators",
        ["platform_operators"] = "people of the platform, never of a tenant",
        ["operator_sessions"] = "sessions of people of the platform; platform_role only",
        ["operator_refresh_tokens"] = "hashed tokens of people of the platform; platform_role only",
        ["platform_audit_logs"] = "what operators did to no tenant: their sign-ins; platform_role adds and reads",
        ["signing_keys"] = "of the installation; platform_role only",
        ["sign_up_keys"] = "hashes of Idempotency-Keys of sign-ups, before there is a tenant; platform_role only",
        ["purges"] = "what is left of a tenant that is gone: that it was erased, and when; platform_role only",
        ["purge_steps"] = "counts and hashes of erased rows, table by table; platform_role only",
        ["retained_ledger"] = "what the law keeps of contracts and payments, without a person; platform_role only",
        ["__EFMigrationsHistory"] = "of the migration tool; read by the readiness check",
    };

    /// <summary>What roles may do beyond the tenants' tables of application_role: table, role, privileges.</summary>
    public static readonly IReadOnlyList<(string Table, string Role, string Privileges)> OtherGrants =
    [
        ("plans", "application_role", "SELECT"),
        ("plans", "platform_role", "SELECT, UPDATE"),
        ("plan_prices", "application_role", "SELECT"),
        ("plan_prices", "platform_role", "DELETE, INSERT, SELECT, UPDATE"),
        ("platform_operators", "platform_role", "SELECT, UPDATE"),
        ("operator_sessions", "platform_role", "INSERT, SELECT, UPDATE"),
        ("operator_refresh_tokens", "platform_role", "INSERT, SELECT, UPDATE"),
        ("platform_audit_logs", "platform_role", "INSERT, SELECT"),
        ("signing_keys", "platform_role", "INSERT, SELECT, UPDATE"),
        ("__EFMigrationsHistory", "application_role", "SELECT"),
        ("organizations", "platform_role", "INSERT, SELECT, UPDATE"),
        ("outbox", "platform_role", "INSERT, SELECT, UPDATE"),
        ("sign_ups", "platform_role", "INSERT, SELECT, UPDATE"),
        ("provisioning_steps", "platform_role", "INSERT, SELECT, UPDATE"),
        ("lifecycle_notices", "platform_role", "INSERT, SELECT"),
        ("usage_counters", "platform_role", "INSERT, SELECT"),
        ("sessions", "platform_role", "SELECT, UPDATE"),
        ("api_keys", "platform_role", "SELECT, UPDATE"),
        ("operations", "platform_role", "SELECT, UPDATE"),
        ("sign_up_keys", "platform_role", "DELETE, INSERT, SELECT"),
        ("purges", "platform_role", "INSERT, SELECT, UPDATE"),
        ("purges", "purge_role", "SELECT"),
        ("purge_steps", "platform_role", "INSERT, SELECT, UPDATE"),
        ("retained_ledger", "platform_role", "DELETE, INSERT, SELECT"),
        ("organizations", "purge_role", "SELECT, UPDATE"),
        ("platform_audit_logs", "purge_role", "SELECT, UPDATE"),
        .. Purged.Select(table => (table, "purge_role", "DELETE, SELECT")),
        ("tenant_overrides", "platform_role", "DELETE, INSERT, SELECT, UPDATE"),
        ("uploads", "platform_role", "SELECT"),
    ];

    /// <summary>Policies beside each table's tenant_isolation_policy: table, policy, and why.</summary>
    public static readonly IReadOnlyList<(string Table, string Policy, string Reason)> OtherPolicies =
    [
        ("organizations", "platform_read_policy", "sweeps ask for each tenant's plan and state"),
        ("outbox", "platform_read_policy", "the dispatcher and operators look at every tenant's messages"),
        ("outbox", "platform_dispatch_policy", "the dispatcher claims and finishes every tenant's messages"),
        ("outbox", "platform_queue_policy", "the platform queues messages of the bound tenant"),
        ("tenant_overrides", "platform_overrides_policy", "operators promise one tenant more, or less, than its plan"),
        ("uploads", "platform_read_policy", "the sweep looks for what every tenant's dead uploads left"),
        ("audit_logs", "audit_append_policy", "the audit functions append to every tenant's log"),
        ("audit_logs", "audit_read_policy", "the sealing reads every tenant's log"),
        ("audit_logs", "audit_retention_policy", "retention deletes what a plan keeps no longer"),
        ("audit_seals", "audit_seal_policy", "the sealing chains every tenant's log"),
        ("organizations", "platform_found_policy", "a sign-up makes the row of its own tenant"),
        ("organizations", "tombstone_policy", "the purge empties the bound tenant's own row"),
        .. Lived.Select(table => (table, "platform_lifecycle_policy", "the platform's part in the life of the bound tenant")),
        ("lifecycle_notices", "platform_read_policy", "the sweep looks for deadlines of which nobody has been told"),
        ("operations", "platform_read_policy", "instances look for work that waits, of every tenant"),
        .. Purged.Select(table => (table, "purge_policy", "the purge erases the bound tenant's rows")),
    ];

    /// <summary>What a purge empties: all but the row that stays as a tombstone.</summary>
    public static IEnumerable<string> Purged => TenantTables.Keys.Where(table => table != "organizations");

    private static IEnumerable<string> Lived =>
    [
        "organizations", "sign_ups", "provisioning_steps", "lifecycle_notices", "usage_counters", "sessions", "api_keys",
        "operations",
    ];

    /// <summary>Functions that run with their owner's rights: each is narrow, and each is here for a reason.</summary>
    public static readonly IReadOnlyDictionary<string, string> Definers = new Dictionary<string, string>
    {
        ["resolve_tenant(text,text)"] = "two exact names in, one id out, before a tenant is known",
        ["record_deed(uuid,timestamp with time zone,text,uuid,uuid,text)"] =
            "appends to the log of the bound tenant, for instances of the release before",
        ["record_deed(text,uuid,uuid,jsonb)"] = "appends to the log of the bound tenant",
        ["audit_tenant_operation()"] = "a trigger: appends to the log of the row's own tenant",
        ["audit_tenant_inserts()"] = "a trigger: appends to the logs of the rows' own tenants",
        ["audit_unsealed_tenants(timestamp with time zone,integer)"] = "platform: ids of tenants with unsealed lines",
        ["seal_audit_log(uuid,integer)"] = "platform: seals a tenant's log; changes no line of it",
        ["expire_audit_log(uuid,timestamp with time zone,integer)"] =
            "platform: retention; refuses what is younger than a month",
        ["slug_is_taken(text)"] = "platform: one exact name in, yes or no out",
        ["reserve_slug(text,uuid)"] = "platform: takes one free name for a tenant that is being founded",
        ["route_slug(text,uuid)"] = "platform: lets the host of one tenant's own name answer",
        ["quarantine_names(uuid,timestamp with time zone)"] = "platform: takes one tenant's names out of service",
        ["quarantine_hosts(uuid,timestamp with time zone)"] = "platform: keeps one deleted tenant's hosts from others",
        ["release_names(uuid,text)"] = "platform: frees the names of one tenant that is gone",
        ["names_to_release(timestamp with time zone,integer)"] = "platform: ids of tenants whose names may be freed",
        ["purge_tenant_rows(uuid,text,integer,bytea)"] =
            "platform: erases rows of one tenant whose purge is under way, and of no other",
        ["entomb_tenant(uuid,text)"] = "platform: empties one tenant's own row whose purge was begun, and no other",
        ["forget_reasons(uuid)"] = "platform: takes free text about one tenant that is gone out of the platform's log",
        ["expire_tenant_rows(uuid,integer)"] =
            "platform: deletes rows of the bound tenant whose time is over; judges their ages itself",
        ["keep_audit_partitions()"] = "platform: makes the months to come, drops empty ones",
    };

    /// <summary>What roles that log in may call: role, function.</summary>
    public static readonly IReadOnlyList<(string Role, string Function)> Callable =
    [
        ("application_role", "resolve_tenant(text,text)"),
        ("application_role", "record_deed(uuid,timestamp with time zone,text,uuid,uuid,text)"),
        ("application_role", "record_deed(text,uuid,uuid,jsonb)"),
        ("application_role", "set_tenant_context(uuid,uuid,text)"),
        ("application_role", "set_tenant_context(uuid,uuid,text,text,uuid,text,text)"),
        ("application_role", "plan_limit(plans,text)"),
        ("application_role", "audit_digest(audit_logs)"),
        ("application_role", "audit_content(uuid[],bytea[])"),
        ("application_role",
            "audit_head(bytea,bigint,bytea,timestamp with time zone,timestamp with time zone,integer)"),
        ("application_role", "verify_audit_log(uuid,bigint,integer)"),
        ("application_role", "unsealed_audit_rows(uuid,integer)"),
        ("platform_role", "set_tenant_context(uuid,uuid,text,text,uuid,text,text)"),
        ("platform_role", "record_deed(text,uuid,uuid,jsonb)"),
        ("platform_role", "audit_unsealed_tenants(timestamp with time zone,integer)"),
        ("platform_role", "seal_audit_log(uuid,integer)"),
        ("platform_role", "expire_audit_log(uuid,timestamp with time zone,integer)"),
        ("platform_role", "keep_audit_partitions()"),
        ("platform_role", "slug_is_taken(text)"),
        ("platform_role", "reserve_slug(text,uuid)"),
        ("platform_role", "route_slug(text,uuid)"),
        ("platform_role", "quarantine_names(uuid,timestamp with time zone)"),
        ("platform_role", "quarantine_hosts(uuid,timestamp with time zone)"),
        ("platform_role", "release_names(uuid,text)"),
        ("platform_role", "names_to_release(timestamp with time zone,integer)"),
        ("platform_role", "purge_tenant_rows(uuid,text,integer,bytea)"),
        ("platform_role", "entomb_tenant(uuid,text)"),
        ("platform_role", "forget_reasons(uuid)"),
        ("platform_role", "expire_tenant_rows(uuid,integer)"),
    ];

    public static string KeyOf(string table) => table == "organizations" ? "id" : "org_id";
}
