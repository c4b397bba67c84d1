using System.Net;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Events;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Registrations;

public sealed class EnterRegistrationTests(TestHost host)
{
    [Fact]
    public async Task Somebody_gets_a_place_that_counts_for_the_event_and_for_the_plan()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync(capacity: 2);

        var entered = await organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee("김민지", "Minji@Example.test"));

        entered.ShouldBe(HttpStatusCode.Created);
        entered.Headers.Location!.ToString().ShouldBe($"/v1/registrations/{entered.Id}");
        entered.ETag.ShouldBe("\"1\"");
        (entered.Get<Guid>("eventId"), entered.Get<string>("name"), entered.Get<string>("email"), entered.Get<string>("status"))
            .ShouldBe((id, "김민지", "Minji@Example.test", "active"));
        (await organizer.GetAsync($"/v1/registrations/{entered.Id}")).Text.ShouldBe(entered.Text);
        (await organizer.GetAsync($"/v1/events/{id}")).Get<int>("registered").ShouldBe(1);
        (await tenant.UsedAsync(Quota.Participants)).ShouldBe(1);
    }

    [Fact]
    public async Task The_last_place_is_given_once()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync(capacity: 10);

        var answers = await Answers.ParallelAsync(40, n => organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee($"Guest {n}")));

        answers.Tally().ShouldBe("10 x 201, 30 x 409 sold_out");
        answers.First(a => a.Code == "sold_out").Body!["lines"]!.AsArray().ShouldBeEmpty();
        (await organizer.GetAsync($"/v1/events/{id}")).Get<int>("registered").ShouldBe(10);
        (await tenant.UsedAsync(Quota.Participants)).ShouldBe(10);
        (await tenant.RowsAsync("registrations")).ShouldBe(10);
        (await tenant.DeedsAsync()).Count(deed => deed == "registration.entered").ShouldBe(10);
    }

    [Fact]
    public async Task Parallel_requests_cannot_overspend_the_plan()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync();
        await host.Api.ExecuteAsync("update usage_counters set used = 97 where org_id = $1 and resource = 'participants'", tenant.Id.Value);

        var answers = await Answers.ParallelAsync(20, n => organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee($"Guest {n}")));

        answers.Tally().ShouldBe("3 x 201, 17 x 409 quota_exceeded");
        foreach (var refused in answers.Where(a => a.Code is not null))
            (refused.Get<string>("resource"), refused.Get<int>("limit"), refused.Get<int>("used")).ShouldBe(("participants", 100, 100));
        (await tenant.UsedAsync(Quota.Participants)).ShouldBe(100);
        (await organizer.GetAsync($"/v1/events/{id}")).Get<int>("registered").ShouldBe(3);
        (await tenant.RowsAsync("registrations")).ShouldBe(3);
    }

    [Fact]
    public async Task Above_the_limit_after_a_downgrade_what_is_there_stays_and_nobody_is_added()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync();
        var registration = (await organizer.RegisterAsync(id, people: 1))[0];
        await host.Api.ExecuteAsync("update usage_counters set used = 300 where org_id = $1 and resource = 'participants'", tenant.Id.Value);
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee()))
            .ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded").Get<int>("used").ShouldBe(300);

        (await tenant.TraceAsync()).ShouldBe(before);
        (await organizer.GetAsync($"/v1/registrations/{registration}")).ShouldBe(HttpStatusCode.OK);
        (await organizer.PostAsync($"/v1/registrations/{registration}/cancel")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_full_event_is_refused_and_leaves_no_trace()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync(capacity: 1);
        await organizer.RegisterAsync(id, people: 1);
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee())).ShouldBeProblem(HttpStatusCode.Conflict, "sold_out");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("draft")]
    [InlineData("cancelled")]
    [InlineData("archived")]
    public async Task Only_a_live_event_takes_people(string status)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync(status);
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee())).ShouldBeProblem(HttpStatusCode.Conflict, "event_not_live");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_deleted_event_is_not_found()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.EventInAsync("deleted");

        (await organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee())).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    public static TheoryData<string, string, string> UnfitContents => new()
    {
        { """{"name":""}""", "/name", "not_empty" },
        { """{"name":null}""", "/name", "invalid_value" },
        { """{"name":"a\u0007b"}""", "/name", "control_character" },
        { $$"""{"name":"{{new string('x', 201)}}"}""", "/name", "maximum_length" },
        { """{"email":""}""", "/email", "not_empty" },
        { """{"email":"nobody"}""", "/email", "not_an_email" },
        { """{"email":"a@b@c.test"}""", "/email", "not_an_email" },
        { $$"""{"email":"{{new string('x', 260)}}@example.test"}""", "/email", "not_an_email" },
        { """{"id":"0198c0de-0000-7000-8000-000000000001"}""", "/id", "unknown_member" },
        { """{"orgId":"0198c0de-0000-7000-8000-000000000001"}""", "/orgId", "unknown_member" },
        { """{"eventId":"0198c0de-0000-7000-8000-000000000001"}""", "/eventId", "unknown_member" },
        { """{"status":"held"}""", "/status", "unknown_member" },
        { """{"version":7}""", "/version", "unknown_member" },
    };

    [Theory]
    [MemberData(nameof(UnfitContents), DisableDiscoveryEnumeration = true)]
    public async Task What_does_not_fit_is_named_and_leaves_no_trace(string change, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var id = await organizer.LiveEventAsync();
        var before = await tenant.TraceAsync();

        (await organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee().With(change))).ShouldBeInvalid(pointer, code);

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Registering_cancelling_and_archiving_at_once_leave_the_books_balanced()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        for (var round = 0; round < 4; round++)
        {
            var id = await organizer.LiveEventAsync(capacity: 12);
            var people = await organizer.RegisterAsync(id, people: 8);

            var answers = await Answers.ParallelAsync(40, n => (n % 5) switch
            {
                0 or 1 => organizer.PostAsync($"/v1/events/{id}/registrations", Sample.Attendee($"Late {n}")),
                2 => organizer.PostAsync($"/v1/registrations/{people[n / 5]}/cancel"),
                3 => organizer.PatchAsync($"/v1/events/{id}", new { capacity = 12 + n }, "*"),
                _ => organizer.PostAsync($"/v1/events/{id}/{(n < 20 ? "cancel" : "archive")}"),
            });

            answers.Where(a => (int)a.Status >= 300).ShouldAllBe(a =>
                a.Status == HttpStatusCode.Conflict && (a.Code == "sold_out" || a.Code == "event_not_live" || a.Code == "invalid_transition"));
            answers.Count(a => a.Status == HttpStatusCode.OK && a.Body!["status"]!.GetValue<string>() == "archived").ShouldBe(1);
            await tenant.ShouldBalanceAsync();
        }

        (await tenant.UsedAsync(Quota.Participants)).ShouldBe(0, "all were archived");
    }
}
