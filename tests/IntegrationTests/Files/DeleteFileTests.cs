using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Files;

public sealed class DeleteFileTests(TestHost host)
{
    [Fact]
    public async Task A_deleted_file_is_gone_with_its_bytes_and_its_room_in_the_quota()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var file = (await organizer.UploadAsync(TestFiles.Bytes(1_000))).ShouldBe(HttpStatusCode.Created);
        var other = (await organizer.UploadAsync(TestFiles.Bytes(10))).ShouldBe(HttpStatusCode.Created);

        (await organizer.DeleteAsync($"/v1/files/{file.Id}", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent).Text.ShouldBeEmpty();

        foreach (var path in new[] { $"/v1/files/{file.Id}", $"/v1/files/{file.Id}/content" })
            (await organizer.GetAsync(path)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await organizer.DeleteAsync($"/v1/files/{file.Id}", ifMatch: null)).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await organizer.GetAsync("/v1/files")).Ids().ShouldBe([other.Id]);
        (await tenant.UsedAsync(Quota.Storage)).ShouldBe(10);
        (await tenant.DeedsAsync()).ShouldBe(["file.uploaded", "file.uploaded", "file.deleted"]);
        await host.Api.SweepAsync(new DispatchOutbox { OrgId = tenant.Id });
        tenant.KeptFiles().ShouldBe([$"{other.Id}"]);
    }

    [Fact]
    public async Task A_cover_stays_until_no_event_shows_it()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var file = (await organizer.UploadAsync(TestFiles.Png, "cover.png")).Id;
        var one = await organizer.PostAsync("/v1/events", Sample.Event().With($$"""{"coverFileId":"{{file}}"}"""));
        var two = await organizer.PostAsync("/v1/events", Sample.Event().With($$"""{"coverFileId":"{{file}}"}"""));
        var before = await tenant.TraceAsync();

        (await organizer.DeleteAsync($"/v1/files/{file}", ifMatch: null)).ShouldBeProblem(HttpStatusCode.Conflict, "file_in_use");

        (await tenant.TraceAsync()).ShouldBe(before);
        tenant.KeptFiles().ShouldBe([$"{file}"]);
        (await organizer.PatchAsync($"/v1/events/{one.Id}", new { coverFileId = (Guid?)null }, "*")).ShouldBe(HttpStatusCode.OK);
        (await organizer.DeleteAsync($"/v1/files/{file}", ifMatch: null)).ShouldBeProblem(HttpStatusCode.Conflict, "file_in_use");
        (await organizer.DeleteAsync($"/v1/events/{two.Id}", "*")).ShouldBe(HttpStatusCode.NoContent);
        (await organizer.DeleteAsync($"/v1/files/{file}", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Deleted_many_times_at_once_it_is_given_back_once()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var file = (await organizer.UploadAsync(TestFiles.Bytes(1_000))).Id;

        var answers = await Answers.ParallelAsync(12, _ => organizer.DeleteAsync($"/v1/files/{file}", ifMatch: null));

        answers.Tally().ShouldBe("1 x 204, 11 x 404 not_found");
        (await tenant.UsedAsync(Quota.Storage)).ShouldBe(0);
        (await tenant.RowsAsync("outbox")).ShouldBe(1);
    }

    [Fact]
    public async Task Made_a_cover_and_deleted_at_once_one_of_both_is_refused_by_its_name()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        for (var round = 0; round < 10; round++)
        {
            var file = (await organizer.UploadAsync(TestFiles.Png, "cover.png")).Id;
            var draft = (await organizer.DraftEventAsync()).Id;

            var answers = await Answers.ParallelAsync(6, n => (n % 3) switch
            {
                0 => organizer.DeleteAsync($"/v1/files/{file}", ifMatch: null),
                1 => organizer.PatchAsync($"/v1/events/{draft}", new { coverFileId = file }, "*"),
                _ => organizer.PostAsync("/v1/events", Sample.Event().With($$"""{"coverFileId":"{{file}}"}""")),
            });

            var isDeleted = answers.Where((_, n) => n % 3 == 0).Any(a => a.Status == HttpStatusCode.NoContent);
            foreach (var deletion in answers.Where((_, n) => n % 3 == 0))
                if (isDeleted) (deletion.Code ?? "not_found").ShouldBe("not_found");
                else deletion.Code.ShouldBe("file_in_use");
            foreach (var cover in answers.Where((_, n) => n % 3 != 0))
                cover.Code.ShouldBe(isDeleted ? "unknown_file" : null);
        }

        await tenant.ShouldBalanceAsync();
    }
}
