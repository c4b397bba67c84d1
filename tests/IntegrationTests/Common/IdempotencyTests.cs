using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Common;

public sealed class IdempotencyTests(TestHost host)
{
    private const string Key = "0198c0de-3b1f-7c55";

    public static TheoryData<string> CommandsThatTakeAKey => ["CreateEvent", "CreateCategory", "CreateEventTemplate", "AddProgram", "EnterRegistration", "InviteMember", "CreateRole", "UploadFile"];

    /// <summary>
    /// CreateApiKey makes a second key: its own tests say so, and why. Those that need a key have tests of their own, too.
    /// </summary>
    public static TheoryData<string> CommandsThatTakeNone =>
    [
        .. CommandRoute.All.Where(route => !route.NeedsKey).Select(route => route.Command).Except(CommandsThatTakeAKey.Select(row => row.Data))
            .Except(["CreateApiKey"]),
    ];

    [Theory]
    [MemberData(nameof(CommandsThatTakeAKey))]
    public async Task The_same_request_again_gets_the_same_answer_and_has_one_effect(string command)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OwnerAsync();
        var (route, stage) = (CommandRoute.Of(command), await Stage.SetAsync(organizer));
        var first = await route.SendAsync(organizer, stage, headers: WithKey());
        var before = await tenant.TraceAsync();

        var again = await route.SendAsync(organizer, stage, headers: WithKey());

        again.ShouldBe(first.ShouldBe(HttpStatusCode.Created).Status).Text.ShouldBe(first.Text);
        (again.ETag, again.Headers.Location).ShouldBe((first.ETag, first.Headers.Location));
        again.IsReplayed().ShouldBeTrue();
        first.IsReplayed().ShouldBeFalse();
        (await tenant.TraceAsync()).ShouldBe(before);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task The_same_request_in_other_letters_is_the_same()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var first = await organizer.PostAsync("/v1/events", Sample.Event(), WithKey());
        using var rewritten = new StringContent(
            """ { "endsAt": "2035-04-02T02:00:00+09:00", "startsAt": "2035-04-01T18:00:00.000+09:00", "title": "Spring\u0020Meetup" } """,
            System.Text.Encoding.UTF8, "application/json");

        var again = await organizer.SendAsync(HttpMethod.Post, "/v1/events", rewritten, WithKey());

        again.Text.ShouldBe(first.Text);
        again.IsReplayed().ShouldBeTrue();
    }

    [Fact]
    public async Task Without_a_key_each_request_has_its_effect()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        (await organizer.DraftEventAsync()).Id.ShouldNotBe((await organizer.DraftEventAsync()).Id);

        (await tenant.RowsAsync("idempotency_keys")).ShouldBe(0);
    }

    [Fact]
    public async Task Parallel_requests_with_one_key_have_one_effect()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        var answers = await Answers.ParallelAsync(8, _ => organizer.PostAsync("/v1/events", Sample.Event(), WithKey()));

        answers.Count(a => a.Status == HttpStatusCode.Created && !a.IsReplayed()).ShouldBe(1);
        var only = answers.Single(a => a.Status == HttpStatusCode.Created && !a.IsReplayed());
        foreach (var other in answers.Where(a => a != only))
        {
            if (other.Status == HttpStatusCode.Created) other.Text.ShouldBe(only.Text);
            else other.ShouldBeProblem(HttpStatusCode.Conflict, "idempotency_in_flight");
        }

        (await tenant.RowsAsync("events"), await tenant.UsedAsync(Quota.Events)).ShouldBe((1, 1));
        (await tenant.DeedsAsync()).ShouldBe(["event.created"]);
    }

    [Fact]
    public async Task While_the_first_still_runs_the_second_is_told_to_come_back()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        Task<Answer> first;
        await using (var held = await RowLock.TakeAsync(
            host, "select 1 from usage_counters where org_id = $1 and resource = 'events' for update", tenant.Id.Value))
        {
            first = organizer.PostAsync("/v1/events", Sample.Event(), WithKey());
            await held.WaitForOneAsync();

            var second = await organizer.PostAsync("/v1/events", Sample.Event(), WithKey());

            second.ShouldBeProblem(HttpStatusCode.Conflict, "idempotency_in_flight");
            second.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        }

        (await first).ShouldBe(HttpStatusCode.Created);
        (await organizer.PostAsync("/v1/events", Sample.Event(), WithKey())).Text.ShouldBe((await first).Text);
        (await tenant.RowsAsync("events")).ShouldBe(1);
    }

    [Fact]
    public async Task Another_body_or_another_route_under_the_same_key_is_refused_and_leaves_no_trace()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var (first, other) = (await organizer.LiveEventAsync(), await organizer.LiveEventAsync());
        (await organizer.PostAsync($"/v1/events/{first}/registrations", Sample.Attendee(), WithKey())).ShouldBe(HttpStatusCode.Created);
        var before = await tenant.TraceAsync();

        foreach (var (path, body) in new[]
        {
            ($"/v1/events/{first}/registrations", Sample.Attendee("Lee Jun")),
            ($"/v1/events/{other}/registrations", Sample.Attendee()),
            ("/v1/events", Sample.Event()),
        })
            (await organizer.PostAsync(path, body, WithKey())).ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Anothers_key_is_another_key()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        ApiClient[] callers = [await tenant.OrganizerAsync(), await tenant.AsAsync(BuiltInRoles.Admin), await other.OrganizerAsync()];

        var answers = new List<Answer>();
        foreach (var caller in callers) answers.Add(await caller.PostAsync("/v1/events", Sample.Event(), WithKey()));

        answers.Tally().ShouldBe("3 x 201");
        answers.ShouldAllBe(a => !a.IsReplayed());
        answers.Select(a => a.Id).Distinct().Count().ShouldBe(3);
        (await tenant.UsedAsync(Quota.Events), await other.UsedAsync(Quota.Events)).ShouldBe((2, 1));
    }

    [Fact]
    public async Task Another_session_of_the_same_person_is_the_same_caller()
    {
        var tenant = await host.NewTenantAsync();
        var first = await (await tenant.OrganizerAsync()).PostAsync("/v1/events", Sample.Event(), WithKey());

        (await (await tenant.OrganizerAsync()).PostAsync("/v1/events", Sample.Event(), WithKey())).Text.ShouldBe(first.Text);
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(25, true)]
    public async Task After_a_day_a_key_is_new_again(int hours, bool executes)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var first = await organizer.PostAsync("/v1/events", Sample.Event(), WithKey());
        await host.Api.ExecuteAsync(
            "update idempotency_keys set created_at = created_at - make_interval(hours => $2) where org_id = $1", tenant.Id.Value, hours);

        var again = await organizer.PostAsync("/v1/events", Sample.Event(), WithKey());

        (again.Id != first.Id).ShouldBe(executes);
        again.IsReplayed().ShouldBe(!executes);
        (await organizer.PostAsync("/v1/events", Sample.Event(), WithKey())).Text.ShouldBe(again.Text, "the newer answer is the one kept");
        (await tenant.RowsAsync("events")).ShouldBe(executes ? 2 : 1);
        (await tenant.RowsAsync("idempotency_keys")).ShouldBe(1);
    }

    [Fact]
    public async Task A_refusal_is_not_remembered()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();
        var only = await organizer.DraftEventAsync();
        (await organizer.PostAsync("/v1/events", Sample.Event(), WithKey())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
        (await tenant.RowsAsync("idempotency_keys")).ShouldBe(0);
        (await organizer.DeleteAsync($"/v1/events/{only.Id}", only.ETag)).ShouldBe(HttpStatusCode.NoContent);

        var again = await organizer.PostAsync("/v1/events", Sample.Event(), WithKey());

        again.ShouldBe(HttpStatusCode.Created).IsReplayed().ShouldBeFalse();
        (await organizer.PostAsync("/v1/events", Sample.Event(), WithKey())).Text.ShouldBe(again.Text, "though the quota is used up");
    }

    [Fact]
    public async Task A_key_opens_nothing_to_who_lost_the_permission()
    {
        var tenant = await host.NewTenantAsync();
        var viewer = await tenant.AsAsync(BuiltInRoles.Viewer);
        await (await tenant.OrganizerAsync()).PostAsync("/v1/events", Sample.Event(), WithKey());
        var before = await tenant.TraceAsync();

        (await viewer.PostAsync("/v1/events", Sample.Event(), WithKey())).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public async Task A_key_has_1_to_255_characters(int length)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync("/v1/events", Sample.Event(), WithKey(new string('k', length))))
            .ShouldBeInvalid("Idempotency-Key", "invalid_length");

        (await tenant.TraceAsync()).ShouldBe(before);
        (await organizer.PostAsync("/v1/events", Sample.Event(), WithKey(new string('k', 255)))).ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [MemberData(nameof(CommandsThatTakeNone))]
    public async Task Routes_that_take_no_key_ignore_it(string command)
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var stage = await Stage.WithPeopleAsync(tenant);
        var route = CommandRoute.Of(command);

        var first = await route.SendAsync(owner, stage, headers: WithKey());
        var again = await route.SendAsync(owner, stage, headers: WithKey());

        first.ShouldBe(route.Success);
        if (command is not ("EndMemberSessions" or "ResendInvitation")) again.Status.ShouldNotBe(route.Success);
        again.IsReplayed().ShouldBeFalse();
        (await tenant.RowsAsync("idempotency_keys")).ShouldBe(0);
    }

    private static (string Name, string Value) WithKey(string key = Key) => ("Idempotency-Key", key);
}
