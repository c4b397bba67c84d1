using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Exports;

public sealed class GetExportContentTests(TestHost host)
{
    [Fact]
    public async Task It_is_what_the_operation_says_whole_and_in_parts()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var done = await tenant.ExportAsync(owner);

        using var answer = await tenant.DownloadAsync(owner, done.Link());
        var bytes = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        using var part = await tenant.DownloadAsync(owner, done.Link(), ("Range", "bytes=10-19"));

        var result = done.Body!["result"]!;
        bytes.LongLength.ShouldBe(result["bytes"]!.GetValue<long>());
        Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe(result["sha256"]!.GetValue<string>());
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/zip");
        answer.Content.Headers.ContentDisposition!.FileName.ShouldStartWith(tenant.Slug);
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await part.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).ShouldBe(bytes[10..20]);
    }

    [Fact]
    public async Task One_JSON_document_tells_the_same()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        await Stage.WithPeopleAsync(tenant);
        await tenant.CrowdAsync(3000);
        var done = await tenant.ExportAsync(owner);

        var answer = (await owner.GetAsync(done.Link() + "?format=json")).ShouldBe(HttpStatusCode.OK);
        using var zip = await tenant.DownloadAsync(owner, done.Link());
        var archive = new ReadArchive(await zip.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));

        answer.MediaType.ShouldBe("application/json");
        var document = answer.Body!.AsObject();
        document.Select(member => member.Key).ShouldBe(["organization", "events", "programs", "registrations", "users", "payments"]);
        JsonNode.DeepEquals(document["organization"], archive.Organization).ShouldBeTrue();
        foreach (var table in new[] { "events", "programs", "registrations" })
            document[table]!.AsArray().Select(row => row!.ToJsonString())
                .ShouldBe(archive.Lines(table).Select(line => line.ToJsonString()), table);
        document["payments"]!.AsArray().ShouldBeEmpty();
        var users = document["users"]!.AsArray();
        users.Count.ShouldBe(archive.Lines("users").Count);
        users.ShouldAllBe(user => string.Join(',', user!.AsObject().Select(member => member.Key)) == "id,email,name,roles");
        foreach (var role in BuiltInRoles.All.Keys)
            users.Single(user => user!["email"]!.GetValue<string>() == tenant.Email(role))!["roles"]!.ToJsonString().ShouldContain($"\"{role}\"");
    }

    [Fact]
    public async Task Another_form_is_refused()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        (await owner.GetAsync((await tenant.ExportAsync(owner)).Link() + "?format=csv"))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed").Text.ShouldContain("?format");
    }

    [Fact]
    public async Task It_is_for_those_who_may_export_in_this_tenant_and_have_just_proved_who_they_are()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var owner = await tenant.OwnerAsync();
        var link = (await tenant.ExportAsync(owner)).Link();

        (await (await tenant.AsAsync(BuiltInRoles.Admin)).GetAsync(link)).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        (await (await other.OwnerAsync()).GetAsync(link)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await tenant.Anonymous.GetAsync(link)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        var stale = await tenant.OwnerAsync();
        await host.Api.ExecuteAsync(
            "update sessions set authenticated_at = authenticated_at - interval '11 minutes' where org_id = $1", tenant.Id.Value);
        (await stale.GetAsync(link)).ShouldBeProblem(HttpStatusCode.Forbidden, "step_up_required");
        (await (await tenant.OwnerAsync()).GetAsync(link)).Status.ShouldBe(HttpStatusCode.OK, "of a new session");
    }

    [Fact]
    public async Task What_is_not_finished_or_no_export_is_not_there()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var started = await owner.StartExportAsync();

        (await owner.GetAsync($"/v1/exports/{started.Id}/content")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await owner.GetAsync($"/v1/exports/{Answers.RandomId()}/content")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }
}
