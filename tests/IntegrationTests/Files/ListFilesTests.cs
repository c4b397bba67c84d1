using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Files;

public sealed class ListFilesTests(TestHost host)
{
    [Fact]
    public async Task Pages_hold_all_files_newest_first_and_once_each()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        await (await other.OrganizerAsync()).UploadAsync("not here");
        var made = new List<Guid>();
        for (var n = 0; n < 5; n++) made.Add((await organizer.UploadAsync($"Plan {n}")).ShouldBe(HttpStatusCode.Created).Id);

        var pages = await organizer.PagesAsync("/v1/files?limit=2");

        pages.Select(page => page.Ids().Length).ShouldBe([2, 2, 1]);
        pages.SelectMany(page => page.Ids()).ShouldBe(made.AsEnumerable().Reverse());
        var first = pages[0].Data()[0];
        first.ToJsonString().ShouldBe((await organizer.GetAsync($"/v1/files/{made[^1]}")).Body!.ToJsonString());
    }

    [Fact]
    public async Task An_upload_under_way_is_no_file_yet()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        await using var upload = await RawUpload.StartAsync(organizer, tenant, 900_000);
        await upload.SendAsync(TestFiles.Bytes(500_000));
        await tenant.IsWrittenAsync();
        var id = await host.Api.QueryAsync<Guid>("select id from uploads where org_id = $1", tenant.Id.Value);

        (await organizer.GetAsync("/v1/files")).Ids().ShouldBeEmpty();
        (await organizer.GetAsync($"/v1/files/{id}")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await organizer.GetAsync($"/v1/files/{id}/content")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await organizer.DeleteAsync($"/v1/files/{id}", ifMatch: null)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Without_the_permission_it_is_refused()
    {
        var viewer = await (await host.NewTenantAsync()).AsAsync(BuiltInRoles.Viewer);

        (await viewer.GetAsync("/v1/files")).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
    }

    [Theory]
    [InlineData("limit=0", "?limit")]
    [InlineData("limit=101", "?limit")]
    [InlineData("cursor=x", "?cursor")]
    public async Task What_does_not_fit_is_named(string query, string pointer)
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();

        (await organizer.GetAsync($"/v1/files?{query}")).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed")
            .Body!["errors"]![0]!["pointer"]!.GetValue<string>().ShouldBe(pointer);
    }
}
