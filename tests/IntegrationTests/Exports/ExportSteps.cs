using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CleanTenancy.Domain.Members;
using CleanTenancy.Infrastructure.Archives;
using CleanTenancy.Infrastructure.Operations;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Exports;

internal static class ExportSteps
{
    public static Task<Answer> StartExportAsync(this ApiClient client, string? key = null) =>
        client.PostAsync("/v1/exports", body: null, ("Idempotency-Key", key ?? $"{Answers.RandomId()}"));

    /// <summary>Runs what waits for the tenant, on the API of the tests.</summary>
    public static Task<long> RunOperationsAsync(this TestTenant tenant) =>
        tenant.Api.Services.GetRequiredService<OperationDispatcher>()
            .DispatchAsync(tenant.Id, TestContext.Current.CancellationToken);

    /// <summary>The owner exports; answers the operation when it has succeeded.</summary>
    public static async Task<Answer> ExportAsync(this TestTenant tenant, ApiClient? by = null)
    {
        var owner = by ?? await tenant.OwnerAsync();
        var started = (await owner.StartExportAsync()).ShouldBe(HttpStatusCode.Accepted);
        (await tenant.RunOperationsAsync()).ShouldBe(1);
        var done = await owner.GetAsync($"/v1/operations/{started.Id}");
        done.Get<string>("status").ShouldBe("succeeded", done.Text);
        return done;
    }

    public static string Link(this Answer operation) => operation.Body!["result"]!["link"]!.GetValue<string>();

    public static async Task<HttpResponseMessage> DownloadAsync(
        this TestTenant tenant, ApiClient client, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = tenant.Host;
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {client.Token}");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await tenant.Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>Exports and downloads.</summary>
    public static async Task<ReadArchive> ArchiveAsync(this TestTenant tenant)
    {
        var owner = await tenant.OwnerAsync();
        using var answer = await tenant.DownloadAsync(owner, (await tenant.ExportAsync(owner)).Link());
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return new(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Something in every table of the archive that people's requests do not fill.</summary>
    public static Task FillAsync(this TestTenant tenant) => tenant.Api.ExecuteAsync(
        """
        with template as (
          insert into event_templates
            (org_id, id, name, title, duration_minutes, attendance_mode, visibility, version, created_at, updated_at)
            values ($1, gen_random_uuid(), '봄 모임', 'Meetup', 60, 'online', 'private', 1, now(), now())
            on conflict do nothing)
        insert into email_templates (org_id, id, key, locale, subject, body, version, created_at, updated_at)
          values ($1, gen_random_uuid(), 'invitation', 'en', 'Come <soon>', E'Line 1\nLine 2', 1, now(), now())
          on conflict do nothing
        """,
        tenant.Id.Value);

    /// <summary>A live event with so many people registered, made by the database.</summary>
    public static async Task<Guid> CrowdAsync(this TestTenant tenant, int people)
    {
        var id = await (await tenant.AsAsync(BuiltInRoles.SuperAdmin)).LiveEventAsync();
        await tenant.Api.ExecuteAsync(
            """
            insert into registrations
              (org_id, id, event_id, name, email, normalized_email, status, version, created_at, updated_at)
            select $1, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $2, '김 ' || n, 'kim' || n || '@crowd.test',
              'kim' || n || '@crowd.test', 'active', 1, now(), now()
            from generate_series(1, $3) n
            """,
            tenant.Id.Value, id, people);
        return id;
    }
}

/// <summary>An archive as somebody would open it who has nothing but the page of its format.</summary>
internal sealed class ReadArchive
{
    public ReadArchive(byte[] bytes)
    {
        Bytes = bytes;
        using var zip = new ZipArchive(new MemoryStream(bytes));
        Entries = [.. zip.Entries.Select(entry => (entry.FullName, ReadAll(entry)))];
        Manifest = JsonNode.Parse(this["manifest.json"])!;
    }

    public byte[] Bytes { get; }

    public IReadOnlyList<(string Path, byte[] Content)> Entries { get; }

    public JsonNode Manifest { get; }

    public byte[] this[string path] => Entries.Single(entry => entry.Path == path).Content;

    public JsonNode Organization => JsonNode.Parse(this[ArchiveModel.OrganizationPath])!;

    public IReadOnlyList<JsonNode> Lines(string table) =>
    [
        .. Encoding.UTF8.GetString(this[$"entities/{table}.ndjson"]).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!),
    ];

    /// <summary>The manifest says what is there, in its order, to the byte.</summary>
    public void ShouldBeWhole()
    {
        Entries[^1].Path.ShouldBe(ArchiveModel.ManifestPath);
        var listed = Manifest["entries"]!.AsArray();
        listed.Select(entry => entry!["path"]!.GetValue<string>()).ShouldBe(Entries.SkipLast(1).Select(entry => entry.Path));
        foreach (var entry in listed)
        {
            var content = this[entry!["path"]!.GetValue<string>()];
            entry["bytes"]!.GetValue<long>().ShouldBe(content.Length);
            entry["sha256"]!.GetValue<string>().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(content)));
            if (entry["entity"] is null) continue;

            entry["count"]!.GetValue<long>().ShouldBe(content.Count(one => one == '\n'));
            if (content.Length > 0) content[^1].ShouldBe((byte)'\n');
        }
    }

    private static byte[] ReadAll(ZipArchiveEntry entry)
    {
        using var content = entry.Open();
        var bytes = new MemoryStream();
        content.CopyTo(bytes);
        return bytes.ToArray();
    }
}
