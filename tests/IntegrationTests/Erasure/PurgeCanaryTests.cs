using System.Net;
using System.Text;
using CleanTenancy.Application.Platform;
using CleanTenancy.Infrastructure.Persistence.Isolation;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Fixtures;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Erasure;

/// <summary>
/// Words that stand nowhere else are planted wherever a tenant's texts can be; after the purge they are looked for in
/// everything that there is.
/// </summary>
public sealed class PurgeCanaryTests(TestHost host, OwnDatabase database) : IClassFixture<OwnDatabase>
{
    /// <summary>Short enough for every text column but those that hold words of ours.</summary>
    private const string Word = "cnry";

    [Fact]
    public async Task No_canary_is_found_in_any_table_file_or_log()
    {
        using var logs = new LogCapture();
        await using var api = await Doomed.StartApiAsync(host, database, options => options.Logs = logs);
        var (tenant, operators) = (await Doomed.MakeAsync(database), await api.OperatorAsync());
        (await operators.PutAsync($"{tenant.Path}/overrides/events", new { limit = 7, reason = $"{Word}-asked" })).ShouldBe(HttpStatusCode.OK);
        var (planted, refused) = await PlantAsync(tenant);
        await tenant.WriteAsync($"{Word}-name", Encoding.UTF8.GetBytes($"{Word}-content"));
        planted.Count.ShouldBeGreaterThanOrEqualTo(50);
        // Only where the schema itself lets no foreign word in.
        refused.ShouldAllBe(column => IsOurWord(column), string.Join(' ', refused));
        (await FindAsync()).Select(found => found.Split('.')[0]).Distinct().ShouldBe(
            planted.Select(column => column.Split('.')[0]).Append("audit_logs").Append("platform_audit_logs").Distinct(), ignoreOrder: true);
        Files().ShouldNotBeEmpty();

        await api.SweepAsync(new PurgeTenants());
        (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).ShouldBe(HttpStatusCode.OK).Text.ShouldNotContain(Word);

        (await FindAsync()).ShouldBeEmpty();
        Files().ShouldBeEmpty();
        logs.Lines.ShouldNotBeEmpty();
        logs.Lines.Where(line => line.Text.Contains(Word, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    /// <summary>Words of a CHECK, codes of a fixed length, other tables' keys.</summary>
    private static bool IsOurWord(string column) => column.Split('.')[1]
        is "status" or "state" or "tier" or "slug" or "kind" or "currency" or "suspension_reason" or "suspended_from" or "deleted_from"
        or "resource" or "entitlement" or "purpose" or "attendance_mode" or "visibility" or "task" or "actor_kind" or "disposition";

    /// <summary>A canary of its own in every column of every row of the tenant that holds text, JSON or bytes.</summary>
    private async Task<(List<string> Planted, List<string> Refused)> PlantAsync(Doomed tenant)
    {
        await using var superuser = await database.SuperuserAsync();
        var (planted, refused) = (new List<string>(), new List<string>());
        foreach (var table in FenceManifest.TenantTables.Keys)
            foreach (var column in await superuser.ListAsync<string>(
                """
                select column_name || ' ' || udt_name from information_schema.columns
                where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER'
                  and udt_name in ('varchar', 'text', 'bpchar', 'json', 'jsonb', 'bytea', '_text')
                """,
                table))
            {
                var (name, type) = (column.Split(' ')[0], column.Split(' ')[1]);
                var canary = $"{Word}{planted.Count}";
                var value = type switch
                {
                    "json" or "jsonb" => $$"""'{"x":"{{canary}}"}'""",
                    "bytea" => $"convert_to('{canary}', 'UTF8')",
                    "_text" => $"array['{canary}']",
                    _ => $"'{canary}'",
                };
                // One row: a unique index takes no second of the same text.
                var key = FenceManifest.KeyOf(table);
                try
                {
                    (await superuser.ExecuteAsync(
                        $"update {table} set {name} = {value} where {key} = $1 and ctid = (select min(ctid) from {table} where {key} = $1)",
                        tenant.Id.Value)).ShouldBe(1, $"{table} has a row");
                    planted.Add($"{table}.{name}");
                }
                catch (PostgresException refusal) when (refusal.SqlState.StartsWith("23", StringComparison.Ordinal)
                    || refusal.SqlState is PostgresErrorCodes.StringDataRightTruncation)
                {
                    refused.Add($"{table}.{name}");
                }
            }

        return (planted, refused);
    }

    /// <summary>Every column of every table of the database, tenants' or not, partitions too.</summary>
    private async Task<List<string>> FindAsync()
    {
        await using var superuser = await database.SuperuserAsync();
        var found = new List<string>();
        foreach (var table in await superuser.ListAsync<string>(
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition"))
            found.AddRange(await superuser.ListAsync<string>(
                $"""
                select distinct '{table}.' || each.key from "{table}" t, lateral jsonb_each_text(to_jsonb(t)) each
                where strpos(each.value, '{Word}') > 0 or strpos(each.value, encode(convert_to('{Word}', 'UTF8'), 'hex')) > 0
                """));
        return found;
    }

    /// <summary>Files of the store whose name or content has one.</summary>
    private string[] Files() =>
    [
        .. Directory.EnumerateFiles(TestFiles.RootOf(database.Name), "*", SearchOption.AllDirectories)
            .Where(path => path.Contains(Word, StringComparison.Ordinal) || File.ReadAllText(path).Contains(Word, StringComparison.Ordinal)),
    ];
}
