using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Files;

public sealed class GetFileContentTests(TestHost host)
{
    [Fact]
    public async Task A_download_is_saved_and_not_run()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        const string Page = "<!DOCTYPE html><script>alert(1)</script>";
        var file = (await organizer.UploadAsync(Page, "봄 \u202efdp.html")).ShouldBe(HttpStatusCode.Created);

        using var answer = await GetAsync(organizer, tenant, $"/v1/files/{file.Id}/content");

        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(Page);
        Header(answer, "Content-Type").ShouldBe("text/plain; charset=utf-8");
        Header(answer, "Content-Disposition").ShouldBe("attachment; filename=\"_ fdp.html\"; filename*=UTF-8''%EB%B4%84%20fdp.html");
        Header(answer, "Content-Length").ShouldBe($"{Page.Length}");
        Header(answer, "X-Content-Type-Options").ShouldBe("nosniff");
        Header(answer, "Content-Security-Policy").ShouldBe("default-src 'none'; sandbox");
        Header(answer, "Cache-Control").ShouldBe("no-cache, private");
        Header(answer, "ETag").ShouldBe($"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Page)))}\"");
    }

    [Fact]
    public async Task Who_has_it_already_does_not_get_it_again()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var path = $"/v1/files/{(await organizer.UploadAsync("Plan A")).Id}/content";
        using var first = await GetAsync(organizer, tenant, path);
        var tag = Header(first, "ETag");
        Directory.Delete(Path.Combine(TestFiles.RootOf(host.Api.Database), tenant.Id.ToString()), recursive: true);

        using var again = await GetAsync(organizer, tenant, path, ("If-None-Match", $"\"other\", {tag}"));

        again.StatusCode.ShouldBe(HttpStatusCode.NotModified, "and the store was not asked");
        Header(again, "ETag").ShouldBe(tag);
        (await again.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).ShouldBeEmpty();
        (await organizer.GetAsync(path)).ShouldBeProblem(HttpStatusCode.InternalServerError, "internal_error");
    }

    [Theory]
    [InlineData("bytes=0-3", "Plan", "bytes 0-3/6")]
    [InlineData("bytes=5-", "A", "bytes 5-5/6")]
    [InlineData("bytes=-2", " A", "bytes 4-5/6")]
    public async Task A_part_is_given_to_who_asks_for_it(string range, string part, string contentRange)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var path = $"/v1/files/{(await organizer.UploadAsync("Plan A")).Id}/content";

        using var answer = await GetAsync(organizer, tenant, path, ("Range", range));

        answer.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe(part);
        Header(answer, "Content-Range").ShouldBe(contentRange);
        (await organizer.GetAsync(path, ("Range", "bytes=6-"))).ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable).Text.ShouldBeEmpty();
        using var changed = await GetAsync(organizer, tenant, path, ("Range", range), ("If-Range", "\"other\""));
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("a\"; filename=\"evil.exe")]
    [InlineData("a\\\"b.txt")]
    [InlineData("a;b=c.txt")]
    [InlineData("%0d%0aX-Injected: 1")]
    [InlineData("../../x'y.txt")]
    public async Task A_name_cannot_break_out_of_its_header(string name)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        using var form = TestFiles.Parts(TestFiles.Part(
            "x"u8.ToArray(), $"form-data; name=\"file\"; filename*=UTF-8''{Uri.EscapeDataString(name)}"));
        var file = (await organizer.SendAsync(HttpMethod.Post, "/v1/files", form)).ShouldBe(HttpStatusCode.Created);

        using var answer = await GetAsync(organizer, tenant, $"/v1/files/{file.Id}/content");

        answer.Headers.Contains("X-Injected").ShouldBeFalse();
        var disposition = ContentDispositionHeaderValue.Parse(Header(answer, "Content-Disposition"));
        (disposition.DispositionType, disposition.FileNameStar).ShouldBe(("attachment", file.Get<string>("name")));
        disposition.Parameters.Select(parameter => parameter.Name).ShouldBe(["filename", "filename*"]);
    }

    [Fact]
    public async Task Who_may_not_and_other_tenants_see_nothing()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var file = (await (await tenant.OrganizerAsync()).UploadAsync("Plan A")).Id;

        foreach (var path in new[] { $"/v1/files/{file}", $"/v1/files/{file}/content" })
        {
            (await (await tenant.AsAsync(BuiltInRoles.Viewer)).GetAsync(path)).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
            (await (await other.OwnerAsync()).GetAsync(path)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
            (await tenant.Anonymous.GetAsync(path)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        }
    }

    internal static string Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) || answer.Content.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : "";

    internal static async Task<HttpResponseMessage> GetAsync(
        ApiClient client, TestTenant tenant, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = tenant.Host;
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {client.Token}");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await tenant.Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
