using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CleanTenancy.Infrastructure.Archives;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Persistence.Configurations;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Exports;

/// <summary>What is in an archive: all of one organization, of one instant, and no secret.</summary>
public sealed class ArchiveTests(TestHost host)
{
    private const string Canary = "canary-0f6b1c";

    private ArchiveModel Model => host.Api.Services.GetRequiredService<ArchiveModel>();

    [Fact]
    public async Task Each_table_has_all_rows_with_all_values_and_the_manifest_says_so()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var stage = await Stage.WithPeopleAsync(tenant);
        await Stage.WithPeopleAsync(other);
        await tenant.FillAsync();

        var archive = await tenant.ArchiveAsync();

        archive.ShouldBeWhole();
        archive.Entries.Select(entry => entry.Path).Where(path => !path.StartsWith("files/", StringComparison.Ordinal)).ShouldBe(
            [ArchiveModel.OrganizationPath, .. Model.Tables.Select(table => table.Path), ArchiveModel.ManifestPath]);
        foreach (var table in Model.Tables)
        {
            var expected = await RowsAsync(tenant, table);
            expected.Count.ShouldBeGreaterThan(0, table.Name);
            // Its own line is written when the export is queued.
            archive.Lines(table.Name).Select(line => Text(table, line, isArchive: true))
                .ShouldBe(expected.Select(row => Text(table, row, isArchive: false)), table.Name);
        }

        archive[$"files/{stage.File}"].ShouldBe("Plan A"u8.ToArray());
        archive.Organization.AsObject().Select(member => member.Key).ShouldBe(ArchiveModel.OrganizationMembers.Values, ignoreOrder: true);
        archive.Organization["plan"]!.GetValue<string>().ShouldBe("pro");
        archive.Manifest["tenant"]!.ToJsonString().ShouldBe($"{{\"id\":\"{tenant.Id}\",\"slug\":\"{tenant.Slug}\"}}");
        (archive.Manifest["format"]!.GetValue<string>(), archive.Manifest["schemaVersion"]!.GetValue<int>())
            .ShouldBe(("cleantenancy-archive", 1));
        AllText(archive).ShouldNotContain($"{other.Id}");
    }

    [Fact]
    public async Task No_secret_is_in_it_whatever_column_it_stands_in()
    {
        var tenant = await host.NewTenantAsync();
        await Stage.WithPeopleAsync(tenant);
        await tenant.FillAsync();
        await PlantAsync(tenant);
        var owner = await tenant.OwnerAsync();

        var operation = await tenant.ExportAsync(owner);
        using var zip = await tenant.DownloadAsync(owner, operation.Link());
        var archive = new ReadArchive(await zip.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        var document = await owner.GetAsync(operation.Link() + "?format=json");

        foreach (var text in new[] { AllText(archive), document.ShouldBe(HttpStatusCode.OK).Text })
        {
            text.ShouldNotContain(Canary);
            text.ShouldNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary))[..16]);
            text.ShouldNotContain(Convert.ToHexString(Encoding.UTF8.GetBytes(Canary)), Case.Insensitive);
        }
    }

    /// <summary>Two places between which one person moves all the time: there is always exactly one of them.</summary>
    [Fact]
    public async Task It_is_of_one_instant_though_rows_change_while_it_is_made()
    {
        var tenant = await host.NewTenantAsync();
        await tenant.CrowdAsync(ArchiveSnapshot.AtATime + 1000);
        var (first, last) = (await NthAsync(tenant, "asc"), await NthAsync(tenant, "desc"));
        await host.Api.ExecuteAsync("update registrations set name = '0' where org_id = $1 and id in ($2, $3)", tenant.Id.Value, first, last);
        using var stop = new CancellationTokenSource();
        var moving = Task.Run(async () =>
        {
            var moves = 0;
            for (; !stop.IsCancellationRequested; moves++)
                await host.Api.ExecuteAsync(
                    "update registrations set name = (name::int + case when id = $2 then 1 else -1 end)::text where org_id = $1 and id in ($2, $3)",
                    tenant.Id.Value, first, last);
            return moves;
        });

        for (var n = 0; n < 4; n++)
        {
            var lines = (await tenant.ArchiveAsync()).Lines("registrations");
            lines.Count.ShouldBe(ArchiveSnapshot.AtATime + 1000);
            (Number(lines[0]) + Number(lines[^1])).ShouldBe(0);
        }

        await stop.CancelAsync();
        (await moving).ShouldBeGreaterThan(20, "else nothing was shown");

        static int Number(JsonNode line) => int.Parse(line["name"]!.GetValue<string>(), CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Batches_meet_without_a_gap_and_in_the_order_of_the_key()
    {
        var tenant = await host.NewTenantAsync();
        await tenant.CrowdAsync(2 * ArchiveSnapshot.AtATime);

        var ids = (await tenant.ArchiveAsync()).Lines("registrations").Select(line => line["id"]!.GetValue<string>()).ToList();

        ids.Count.ShouldBe(2 * ArchiveSnapshot.AtATime);
        ids.ShouldBeUnique();
        ids.ShouldBe(ids.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_file_whose_bytes_went_meanwhile_is_listed_as_missing()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var (kept, gone) = ((await owner.UploadAsync("Kept")).Id, (await owner.UploadAsync("Gone")).Id);
        File.Delete(Path.Combine(TestFiles.RootOf(host.Api.Database), $"{tenant.Id}", $"{gone}"));

        var archive = await tenant.ArchiveAsync();

        archive.ShouldBeWhole();
        archive.Manifest["missing"]!.ToJsonString().ShouldBe($"[\"files/{gone}\"]");
        archive.Entries.Select(entry => entry.Path).ShouldContain($"files/{kept}");
        archive.Lines("files").Count.ShouldBe(2);
    }

    [Fact]
    public async Task Json_with_line_feeds_still_makes_one_line()
    {
        var tenant = await host.NewTenantAsync();
        var id = (await (await tenant.OwnerAsync()).DraftEventAsync()).Id;
        await host.Api.ExecuteAsync(
            """
            update events set translations = E'{\n "en": {"title": "Spring",\r\n "description": null}}' where org_id = $1 and id = $2
            """,
            tenant.Id.Value, id);

        var line = (await tenant.ArchiveAsync()).Lines("events").ShouldHaveSingleItem();

        line["translations"]!["en"]!["title"]!.GetValue<string>().ShouldBe("Spring");
    }

    private static string AllText(ReadArchive archive) =>
        string.Concat(archive.Entries.Select(entry => Encoding.UTF8.GetString(entry.Content)));

    private Task<Guid> NthAsync(TestTenant tenant, string order) => host.Api.QueryAsync<Guid>(
        $"select id from registrations where org_id = $1 order by id {order} limit 1", tenant.Id.Value);

    private static async Task<IReadOnlyList<JsonNode>> RowsAsync(TestTenant tenant, ArchiveTable table)
    {
        var text = await tenant.Api.QueryAsync<string>(
            $"""
            select coalesce(jsonb_agg(to_jsonb(t) order by {string.Join(", ", table.Key.Select(key => key.Name))}), '[]')::text
            from {table.Name} t where org_id = $1
            """,
            tenant.Id.Value);
        return [.. JsonNode.Parse(text)!.AsArray().Select(row => row!)];
    }

    /// <summary>A row in words of its own: PostgreSQL writes instants and bytes otherwise than the archive.</summary>
    private static string Text(ArchiveTable table, JsonNode row, bool isArchive) => string.Join('|', table.Columns.Select(column =>
    {
        var value = row[isArchive ? column.Member : column.Name];
        return (value, column.Type) switch
        {
            (null, _) => "null",
            (_, ArchiveType.Instant) => $"{value.GetValue<DateTimeOffset>().UtcTicks}",
            (_, ArchiveType.Bytes) when isArchive => Convert.ToHexString(Convert.FromBase64String(value.GetValue<string>())),
            (_, ArchiveType.Bytes) => value.GetValue<string>()[2..].ToUpperInvariant(),
            (_, ArchiveType.Json) => Sorted(value).ToJsonString(),
            _ => value.ToJsonString(),
        };
    }));

    private static JsonNode Sorted(JsonNode node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, member.Value is null ? null : (JsonNode?)Sorted(member.Value)))),
        _ => node.DeepClone(),
    };

    /// <summary>Every column that the mapping calls a secret, and all of the tables that hold nothing else.</summary>
    private async Task PlantAsync(TestTenant tenant)
    {
        using var db = host.Api.Services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContext();
        var secrets = db.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties())
            .Where(property => AuditedTable.KindOf(property) is Auditing.Kind.Secret)
            .Select(property => (Table: ((IEntityType)property.DeclaringType).GetTableName()!, Column: property.GetColumnName(), property.ClrType))
            .ToList();
        secrets.Count.ShouldBeGreaterThan(5);
        await host.Api.ExecuteAsync(
            """
            insert into outbox (org_id, id, kind, payload, created_at, available_at) values ($1, gen_random_uuid(), 'test', $2, now(), now())
            """,
            tenant.Id.Value, Canary);
        await host.Api.ExecuteAsync(
            """
            insert into recovery_codes (org_id, user_id, hash) values ($1, $2, convert_to($3, 'UTF8'))
            """,
            tenant.Id.Value, tenant.User(Domain.Members.BuiltInRoles.Viewer).Id.Value, Canary);
        foreach (var (table, column, type) in secrets)
        {
            // Unique ones stay so: the row's place is behind the canary.
            var value = type == typeof(string) ? "$2 || c.n" : "convert_to($2 || c.n, 'UTF8')";
            await host.Api.ExecuteAsync(
                $"""
                update {table} t set {column} = {value}
                from (select ctid, row_number() over () as n from {table} where org_id = $1) c
                where t.org_id = $1 and t.ctid = c.ctid
                """,
                tenant.Id.Value, Canary);
        }
    }
}
