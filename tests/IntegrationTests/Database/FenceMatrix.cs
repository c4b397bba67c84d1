using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using CleanTenancy.Infrastructure.Persistence.Isolation;
using CleanTenancy.IntegrationTests.Battery;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>A tenant table with what the attacks need: how many rows are whose, and rows to put in.</summary>
internal sealed record MatrixTable(CataloguedTable Of, IReadOnlyDictionary<Guid, MatrixRow> Rows)
{
    public string Name => Of.Name;

    public string Key => Of.Key;
}

/// <summary>A tenant's rows in a table.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Present">One that is there, as JSON.</param>
/// <param name="Another">One that is not there.</param>
/// <param name="Unfenced">What refuses that other one underneath the fence, if anything does.</param>
internal sealed record MatrixRow(long Count, string Present, string Another, string? Unfenced);

/// <summary>What a role reaches of a tenant table.</summary>
/// <param name="Privileges">What it may do with rows that its policies show.</param>
/// <param name="Grants">The grants as the catalogue has them; the owner of a table needs none.</param>
/// <param name="Policies">Its policies' names.</param>
/// <param name="Reason">Why it must.</param>
internal sealed record Reach(string Privileges, string Grants, string Policies, string Reason)
{
    /// <summary>Its policy asks for the binding: it is attacked as application_role is.</summary>
    public bool IsBound { get; init; }

    /// <summary>It is bound for the rows that it makes, and not for those that it changes.</summary>
    public bool MakesOwn { get; init; }

    /// <summary>It is bound for what it writes, and another policy shows it every tenant's rows.</summary>
    public bool ReadsAll { get; init; }
}

/// <summary>What the setting is, and whose rows that shows.</summary>
internal sealed record MatrixContext(string? Setting, Guid? Tenant, bool IsNoUuid = false);

/// <summary>
/// Every tenant table of the catalogue, by every command, bound in every way there is, as every role: raw SQL
/// underneath EF and its filter.
/// </summary>
internal static class FenceMatrix
{
    public const string App = "application_role", Platform = "platform_role", Owner = "cleantenancy_owner",
        Audit = "audit_role", Purge = "purge_role", Stranger = "cleantenancy_stranger";

    /// <summary>A tenant that was purged: tokens and bindings of it may live on for a while.</summary>
    public static readonly Guid Gone = new("0197a000-0000-7000-8000-00000000dead");

    public static readonly IReadOnlyList<string> Roles = [App, Platform, Owner, Audit, Purge, Stranger];

    public static readonly IReadOnlyDictionary<string, MatrixContext> Contexts = new Dictionary<string, MatrixContext>
    {
        ["own"] = new(OwnDatabase.A.ToString(), OwnDatabase.A),
        ["other"] = new(OwnDatabase.B.ToString(), OwnDatabase.B),
        ["none"] = new(Setting: null, Tenant: null),
        ["empty"] = new("", Tenant: null),
        ["whitespace"] = new("  ", Tenant: null, IsNoUuid: true),
        ["garbage"] = new("garbage", Tenant: null, IsNoUuid: true),
        ["braces"] = new($"{{{OwnDatabase.A.ToString().ToUpperInvariant()}}}", OwnDatabase.A),
        ["deleted tenant"] = new(Gone.ToString(), Gone),
    };

    /// <summary>
    /// What other roles than application_role reach of tenants' tables, beyond what a table's owner may do under FORCE.
    /// </summary>
    public static readonly IReadOnlyDictionary<(string Role, string Table), Reach> Reached =
        new Dictionary<(string, string), Reach>(Purged())
        {
            [(Purge, "organizations")] = new(
                "SELECT, UPDATE", "SELECT, UPDATE", "tombstone_policy", "Its function empties the bound tenant's own row.")
            {
                IsBound = true,
            },
            [(Audit, "audit_logs")] = new(
                "DELETE, INSERT, SELECT", Grants: "", "audit_append_policy, audit_read_policy, audit_retention_policy",
                "Its functions append, seal and delete what is old; nobody logs in as it."),
            [(Audit, "audit_seals")] = new(
                "DELETE, INSERT, SELECT, UPDATE", Grants: "", "audit_seal_policy", "Its functions seal the log."),
            [(Platform, "outbox")] = new(
                "INSERT, SELECT, UPDATE", "INSERT, SELECT, UPDATE",
                "platform_dispatch_policy, platform_queue_policy, platform_read_policy",
                "The dispatcher claims and finishes every tenant's messages; who queues one is bound to its tenant.")
            { MakesOwn = true },
            [(Platform, "organizations")] = new(
                "INSERT, SELECT, UPDATE", "INSERT, SELECT, UPDATE",
                "platform_found_policy, platform_lifecycle_policy, platform_read_policy",
                "Sweeps ask for each tenant's plan and state; transitions change the bound tenant's.")
            { IsBound = true, ReadsAll = true },
            [(Platform, "operations")] = new(
                "SELECT, UPDATE", "SELECT, UPDATE", "platform_lifecycle_policy, platform_read_policy",
                "Instances look for work that waits, and claim the bound tenant's.")
            { IsBound = true, ReadsAll = true },
            [(Platform, "sign_ups")] = Lived("INSERT, SELECT, UPDATE"),
            [(Platform, "provisioning_steps")] = Lived("INSERT, SELECT, UPDATE"),
            [(Platform, "lifecycle_notices")] = new(
                "INSERT, SELECT", "INSERT, SELECT", "platform_lifecycle_policy, platform_read_policy",
                "The sweep looks for deadlines of which nobody has been told, and tells the bound tenant's.")
            { IsBound = true, ReadsAll = true },
            [(Platform, "usage_counters")] = Lived("INSERT, SELECT"),
            [(Platform, "sessions")] = Lived("SELECT, UPDATE"),
            [(Platform, "api_keys")] = Lived("SELECT, UPDATE"),
            [(Platform, "tenant_overrides")] = new(
                "DELETE, INSERT, SELECT, UPDATE", "DELETE, INSERT, SELECT, UPDATE", "platform_overrides_policy",
                "Operators promise one tenant more, or less, than its plan.")
            { IsBound = true },
            [(Platform, "uploads")] = new(
                "SELECT", "SELECT", "platform_read_policy", "The sweep looks for what dead uploads left: ids and numbers."),
        };

    private static Reach Lived(string privileges) =>
        new(privileges, privileges, "platform_lifecycle_policy", "The platform's part in the life of the bound tenant.")
        {
            IsBound = true,
        };

    private static Dictionary<(string, string), Reach> Purged() => FenceManifest.TenantTables.Keys
        .Where(table => table != "organizations")
        .ToDictionary(table => (Purge, table), _ => new Reach(
            "DELETE, SELECT", "DELETE, SELECT", "purge_policy", "Its one function erases the bound tenant's rows.")
        {
            IsBound = true,
        });

    /// <summary>Tables in which the seeded rows leave no other one to make, and why.</summary>
    private static readonly Dictionary<string, string> NoOtherRow = new()
    {
        ["user_roles"] = "one person and one role make one pair",
    };

    private static readonly ConcurrentDictionary<string, Task<IReadOnlyList<MatrixTable>>> Tables = new();

    /// <summary>Read once for a database: no test of the matrix leaves anything behind.</summary>
    public static Task<IReadOnlyList<MatrixTable>> TablesAsync(OwnDatabase database) =>
        Tables.GetOrAdd(database.Name, _ => ReadAsync(database));

    /// <summary>A role with nothing but CONNECT: what everybody has by being anybody.</summary>
    public static async Task EnsureStrangerAsync(NpgsqlConnection superuser) => await superuser.ExecuteAsync(
        $"""
        do $do$
        begin
          lock table pg_authid in share row exclusive mode; -- roles belong to the cluster
          if not exists (select from pg_roles where rolname = '{Stranger}') then
            create role {Stranger} nologin;
          end if;
          execute format('grant connect on database %I to {Stranger}', current_database());
        end
        $do$
        """);

    private static async Task<IReadOnlyList<MatrixTable>> ReadAsync(OwnDatabase database)
    {
        await using var superuser = await database.SuperuserAsync();
        await EnsureStrangerAsync(superuser);
        await using var transaction = await superuser.BeginTransactionAsync();
        return await ReadAsync(superuser);
    }

    /// <summary>In a superuser's open transaction.</summary>
    /// <exception cref="InvalidOperationException">
    /// A table cannot be attacked: nobody has listed it, or no row of it is seeded.
    /// </exception>
    public static async Task<IReadOnlyList<MatrixTable>> ReadAsync(NpgsqlConnection superuser)
    {
        var read = new List<MatrixTable>();
        foreach (var table in await Catalogue.TablesAsync(superuser))
            read.Add(new MatrixTable(table, await RowsAsync(superuser, table)));
        return read;
    }

    private static async Task<IReadOnlyDictionary<Guid, MatrixRow>> RowsAsync(
        NpgsqlConnection superuser, CataloguedTable table)
    {
        var rows = new Dictionary<Guid, MatrixRow>();
        foreach (var tenant in new[] { OwnDatabase.A, OwnDatabase.B })
        {
            var count = await superuser.ScalarAsync<long>(
                $"select count(*) from {table.Name} where {table.Key} = $1", tenant);
            if (count == 0)
                throw new InvalidOperationException(
                    $"{table.Name} has no row of tenant {tenant}: the battery cannot attack it. Seed one.");

            var present = (await superuser.ScalarAsync<string>(
                $"select to_jsonb(t)::text from {table.Name} t where {table.Key} = $1 order by 1 limit 1", tenant))!;
            var another = table.Another(present);
            var unfenced = await UnfencedAsync(superuser, table, another);
            if (table.May("INSERT") && unfenced is not null && !NoOtherRow.ContainsKey(table.Name))
                throw new InvalidOperationException(
                    $"{table.Name}: the battery cannot make another row ({unfenced}): {another}");

            rows[tenant] = new MatrixRow(count, present, another, unfenced);
        }

        // The purged one had the same.
        var gone = JsonNode.Parse(rows[OwnDatabase.A].Another)!.AsObject();
        gone[table.Key] = Gone;
        rows[Gone] = new MatrixRow(
            0, gone.ToJsonString(), gone.ToJsonString(), await UnfencedAsync(superuser, table, gone.ToJsonString()));
        return rows;
    }

    private static async Task<string?> UnfencedAsync(NpgsqlConnection superuser, CataloguedTable table, string row)
    {
        await superuser.ExecuteAsync("savepoint one");
        var (state, _) = await Sql.RefusalAsync(() => superuser.ExecuteAsync(table.Insert, row));
        await superuser.ExecuteAsync("rollback to savepoint one");
        return state;
    }

    /// <summary>Binds, in the open transaction.</summary>
    public static async Task BindAsync(NpgsqlConnection connection, string context)
    {
        if (Contexts[context].Setting is { } setting)
            await connection.ScalarAsync<string>("select set_config('app.current_org_id', $1, true)", setting);
    }

    /// <returns>What went otherwise than it must; empty is good.</returns>
    public static async Task<IReadOnlyList<string>> AttackAsync(
        NpgsqlConnection connection, string role, string context, IEnumerable<MatrixTable> tables,
        Tally.Run? block = null)
    {
        var findings = new List<string>();
        foreach (var table in tables)
        {
            var attack = new FenceAttack(connection, role, context, table, findings);
            await attack.RunAsync();
            block?.Count(table.Name, attack.Statements);
        }

        return findings;
    }
}
