using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Files;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Events;

public sealed class GetEventCoverTests(TestHost host)
{
    [Fact]
    public async Task A_cover_is_shown_to_who_reads_events_and_not_run()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var file = (await organizer.UploadAsync(TestFiles.Png, "cover.png")).ShouldBe(HttpStatusCode.Created);
        file.Get<string>("contentType").ShouldBe("image/png");

        var made = await organizer.PostAsync("/v1/events", Sample.Event().With($$"""{"coverFileId":"{{file.Id}}"}"""));

        made.ShouldBe(HttpStatusCode.Created).Get<Guid>("coverFileId").ShouldBe(file.Id);
        (await organizer.GetAsync($"/v1/events/{made.Id}")).Get<Guid>("coverFileId").ShouldBe(file.Id);
        using var cover = await GetFileContentTests.GetAsync(
            await tenant.AsAsync(BuiltInRoles.Viewer), tenant, $"/v1/events/{made.Id}/cover");
        (await cover.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).ShouldBe(TestFiles.Png);
        GetFileContentTests.Header(cover, "Content-Type").ShouldBe("image/png");
        GetFileContentTests.Header(cover, "Content-Disposition").ShouldBe("inline");
        GetFileContentTests.Header(cover, "Content-Security-Policy").ShouldBe("default-src 'none'; sandbox");
        GetFileContentTests.Header(cover, "X-Content-Type-Options").ShouldBe("nosniff");
    }

    [Fact]
    public async Task A_cover_is_given_changed_and_taken_away_by_a_patch()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (one, two) = ((await organizer.UploadAsync(TestFiles.Png)).Id, (await organizer.UploadAsync("GIF89a")).Id);
        var draft = await organizer.DraftEventAsync();

        foreach (var file in new[] { one, one, two })
            (await organizer.PatchAsync($"/v1/events/{draft.Id}", new { coverFileId = file }, "*"))
                .ShouldBe(HttpStatusCode.OK).Get<Guid>("coverFileId").ShouldBe(file);
        using (var cover = await GetFileContentTests.GetAsync(organizer, tenant, $"/v1/events/{draft.Id}/cover"))
            GetFileContentTests.Header(cover, "Content-Type").ShouldBe("image/gif");
        (await organizer.PatchAsync($"/v1/events/{draft.Id}", new { title = "Other" }, "*")).Get<Guid>("coverFileId").ShouldBe(two);
        (await organizer.PatchAsync($"/v1/events/{draft.Id}", new { coverFileId = (Guid?)null }, "*")).ShouldBe(HttpStatusCode.OK);

        (await organizer.GetAsync($"/v1/events/{draft.Id}/cover")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Unknown_deleted_and_foreign_files_are_refused_alike_and_leave_no_trace()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        var foreign = (await (await other.OrganizerAsync()).UploadAsync(TestFiles.Png)).Id;
        var deleted = (await organizer.UploadAsync(TestFiles.Png)).Id;
        await organizer.DeleteAsync($"/v1/files/{deleted}", ifMatch: null);
        var draft = (await organizer.DraftEventAsync()).Id;
        var before = await tenant.TraceAsync();

        var answers = new List<Answer>();
        foreach (var id in new[] { foreign, deleted, Answers.RandomId() })
        {
            answers.Add(await organizer.PostAsync("/v1/events", Sample.Event().With($$"""{"coverFileId":"{{id}}"}""")));
            answers.Add(await organizer.PatchAsync($"/v1/events/{draft}", new { coverFileId = id }, "*"));
        }

        answers.Tally().ShouldBe("6 x 422 unknown_file");
        answers.ShouldAllBe(a => a.Comparable == answers[0].Comparable);
        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>")]
    [InlineData("%PDF-1.7")]
    [InlineData("")]
    public async Task Only_an_image_is_a_cover(string content)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var file = (await organizer.UploadAsync(content, "cover.png")).ShouldBe(HttpStatusCode.Created).Id;
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync("/v1/events", Sample.Event().With($$"""{"coverFileId":"{{file}}"}""")))
            .ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "file_not_an_image");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Another_tenants_cover_is_not_found()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var organizer = await tenant.OrganizerAsync();
        var file = (await organizer.UploadAsync(TestFiles.Png)).Id;
        var made = await organizer.PostAsync("/v1/events", Sample.Event().With($$"""{"coverFileId":"{{file}}"}"""));

        (await (await other.OwnerAsync()).GetAsync($"/v1/events/{made.Id}/cover")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }
}
