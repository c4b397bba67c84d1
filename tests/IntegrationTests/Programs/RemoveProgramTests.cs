using System.Net;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Events;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Programs;

public sealed class RemoveProgramTests(TestHost host)
{
    [Theory]
    [InlineData("draft")]
    [InlineData("live")]
    public async Task A_removed_program_is_gone_and_its_neighbour_is_not(string status)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync(status);
        var added = await organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program());
        var neighbour = await organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program());

        (await organizer.DeleteAsync($"/v1/programs/{added.Id}", added.ETag)).ShouldBe(HttpStatusCode.NoContent).Text.ShouldBeEmpty();

        (await organizer.GetAsync($"/v1/events/{id}/programs")).Ids().ShouldBe([neighbour.Id]);
        (await organizer.DeleteAsync($"/v1/programs/{added.Id}", "*")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Of_parallel_requests_one_removes()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = (await organizer.DraftEventAsync()).Id;
        var added = await organizer.PostAsync($"/v1/events/{id}/programs", Sample.Program());

        (await Answers.ParallelAsync(20, _ => organizer.DeleteAsync($"/v1/programs/{added.Id}", added.ETag))).Tally()
            .ShouldBe("1 x 204, 19 x 404 not_found");

        (await tenant.DeedsAsync()).ShouldBe(["event.created", "program.added", "program.removed"]);
    }
}
