using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Persistence.Isolation;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Erasure;

/// <summary>A tenant with rows in every table and files in the store, which is deleted and shall be purged.</summary>
internal sealed class Doomed(OwnDatabase database, TenantId id, string slug)
{
    public TenantId Id => id;

    public string Slug => slug;

    public string Host => $"{slug}.localhost";

    public string Path => $"/v1/platform/tenants/{id}";

    private string Folder => System.IO.Path.Combine(TestFiles.RootOf(database.Name), id.ToString());

    /// <param name="database">Where.</param>
    /// <param name="due">Its time to be restored is over.</param>
    /// <param name="events">How many events it has.</param>
    public static async Task<Doomed> MakeAsync(OwnDatabase database, bool due = true, int events = 3)
    {
        var org = TenantId.New(TimeProvider.System.GetUtcNow());
        var made = new Doomed(database, org, $"d{org.Value.ToString("N")[^12..]}");
        await using var superuser = await database.SuperuserAsync();
        await OwnDatabase.SeedAsync(superuser, org.Value, made.Slug, events);
        await superuser.ExecuteAsync(
            """
            update organizations set name = 'Doomed', state = 'deleted', deleted_from = 'active',
              purge_due_at = now() + case when $2 then interval '-1 minute' else interval '20 days' end
            where id = $1
            """,
            org.Value, due);
        // The bytes of an upload that still comes are waited for; these do not come any more.
        await superuser.ExecuteAsync("update uploads set created_at = now() - interval '1 day' where org_id = $1", org.Value);
        await made.WriteAsync(org.ToString(), new byte[1_000]);
        await made.WriteAsync($"{org}.part", new byte[234]);
        return made;
    }

    public async Task WriteAsync(string name, byte[] content)
    {
        Directory.CreateDirectory(Folder);
        await File.WriteAllBytesAsync(System.IO.Path.Combine(Folder, name), content);
    }

    /// <summary>Rows of each table, of those that are emptied.</summary>
    public async Task<Dictionary<string, long>> RowsAsync()
    {
        await using var superuser = await database.SuperuserAsync();
        var rows = new Dictionary<string, long>();
        foreach (var table in FenceManifest.Purged)
            rows[table] = await superuser.ScalarAsync<long>($"select count(*) from {table} where org_id = $1", id.Value);
        return rows;
    }

    /// <summary>Of a table that fits into one batch: what its digest must be.</summary>
    public async Task<string> DigestAsync(string table)
    {
        await using var superuser = await database.SuperuserAsync();
        return Convert.ToHexStringLower((await superuser.ScalarAsync<byte[]>(
            $"""
            select sha256('\x'::bytea || sha256(convert_to(string_agg(t::text, chr(10) order by t::text), 'UTF8')))
            from {table} t where org_id = $1
            """,
            id.Value))!);
    }

    /// <summary>Nothing is left but a row that says nothing, and the line that the law keeps.</summary>
    public async Task ShouldBeGoneAsync()
    {
        (await RowsAsync()).Where(table => table.Value > 0).ShouldBeEmpty();
        Directory.Exists(Folder).ShouldBeFalse();
        await using var superuser = await database.SuperuserAsync();
        (await superuser.ScalarAsync<string>(
            "select concat_ws('/', state, name, branding, disposition, locale, time_zone, purge_due_at) from organizations where id = $1", id.Value))
            .ShouldBe("purged//en/UTC");
    }

    /// <summary>Everything of another tenant, as one hash.</summary>
    public static async Task<string> ChecksumAsync(OwnDatabase database, Guid org)
    {
        await using var superuser = await database.SuperuserAsync();
        var hashes = new List<string>();
        foreach (var table in FenceManifest.TenantTables.Keys)
            hashes.Add($"{table} " + await superuser.ScalarAsync<string>(
                $"select md5(coalesce(string_agg(t::text, ',' order by t::text), '')) from {table} t where {FenceManifest.KeyOf(table)} = $1",
                org));
        return string.Join('\n', hashes);
    }

    /// <summary>An API on the database whose purges need not settle.</summary>
    public static Task<TestApi> StartApiAsync(TestHost host, OwnDatabase database, Action<TestApiOptions>? configure = null) =>
        StartApiAsync(host, database.Name, configure);

    public static Task<TestApi> StartApiAsync(TestHost host, string database, Action<TestApiOptions>? configure = null) =>
        host.StartApiAsync(database, options =>
        {
            options.Settings["Purge:SettlingSeconds"] = "0";
            configure?.Invoke(options);
        });
}
