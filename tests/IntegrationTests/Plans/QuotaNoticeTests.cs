using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Plans;

/// <summary>Owners get a mail when 80 or 100 per cent of a limit are reached: once for each crossing.</summary>
public sealed class QuotaNoticeTests(TestHost host)
{
    [Fact]
    public async Task Each_crossing_is_one_mail_to_each_owner_and_to_nobody_else()
    {
        var tenant = await host.NewTenantAsync(Tier.Starter);
        var organizer = await tenant.OrganizerAsync();

        for (var n = 0; n < 3; n++) await organizer.DraftEventAsync();
        (await SubjectsAsync(tenant)).ShouldBeEmpty();
        var fourth = (await organizer.DraftEventAsync()).Id;
        (await SubjectsAsync(tenant)).ShouldBe([Subject(tenant, 80, "행사")]);
        await organizer.DraftEventAsync();
        (await SubjectsAsync(tenant)).ShouldBe([Subject(tenant, 80, "행사"), Subject(tenant, 100, "행사")]);
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
        (await SubjectsAsync(tenant)).Count.ShouldBe(2);

        // Below 100 and back: another crossing of 100, and none of 80.
        (await organizer.PostAsync($"/v1/events/{fourth}/cancel")).ShouldBe(HttpStatusCode.OK);
        await organizer.DraftEventAsync();
        (await SubjectsAsync(tenant)).Skip(2).ShouldBe([Subject(tenant, 100, "행사")]);
        (await tenant.MailsAsync(tenant.Email(BuiltInRoles.Admin))).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_mail_says_what_is_used_of_what_and_what_happens_now()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        await tenant.Api.ExecuteAsync("update organizations set locale = 'en' where id = $1", tenant.Id.Value);

        await (await tenant.OrganizerAsync()).DraftEventAsync();

        // One event is all that a free plan has: both marks are crossed at once, and the higher one counts.
        var mail = (await tenant.MailsAsync(tenant.Email(BuiltInRoles.SuperAdmin))).ShouldHaveSingleItem();
        mail.Subject.ShouldBe($"Tenant {tenant.Slug} uses 100 % of its plan: events");
        mail.Text.ShouldContain($"Tenant {tenant.Slug} uses 1 of 1 (events) since ");
        mail.Text.ShouldContain("Nothing more of it can be added. What is there stays and can be read.");
    }

    [Fact]
    public async Task Parallel_reservations_across_the_mark_are_one_crossing()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();
        var live = await organizer.LiveEventAsync();
        await tenant.MailsAsync(tenant.Email(BuiltInRoles.SuperAdmin));
        await tenant.FillAsync(live, 70);

        var answers = await Answers.ParallelAsync(40, n => organizer.PostAsync($"/v1/events/{live}/registrations", Sample.Attendee($"Guest {n}")));

        answers.Tally().ShouldBe("30 x 201, 10 x 409 quota_exceeded");
        (await SubjectsAsync(tenant)).Skip(1).ShouldBe([Subject(tenant, 80, "참가자"), Subject(tenant, 100, "참가자")]);
    }

    [Fact]
    public async Task What_is_rolled_back_is_no_crossing()
    {
        var tenant = await host.NewTenantAsync(Tier.Starter);
        var organizer = await tenant.OrganizerAsync();
        for (var n = 0; n < 3; n++) await organizer.DraftEventAsync();

        var key = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString();
        (await organizer.PostAsync("/v1/events", Sample.Event().With("""{"endsAt":"2035-04-01T08:00:00Z"}"""))).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await organizer.PostAsync("/v1/events", Sample.Event(), ("Idempotency-Key", key))).ShouldBe(HttpStatusCode.Created);
        (await organizer.PostAsync("/v1/events", Sample.Event(), ("Idempotency-Key", key))).IsReplayed().ShouldBeTrue();

        (await SubjectsAsync(tenant)).ShouldBe([Subject(tenant, 80, "행사")]);
    }

    [Fact]
    public async Task Unlimited_has_no_marks()
    {
        var tenant = await host.NewTenantAsync(Tier.Enterprise);
        var organizer = await tenant.OrganizerAsync();

        for (var n = 0; n < 12; n++) await organizer.DraftEventAsync();

        (await SubjectsAsync(tenant)).ShouldBeEmpty();
    }

    private static async Task<IReadOnlyList<string>> SubjectsAsync(TestTenant tenant) =>
        [.. (await tenant.MailsAsync(tenant.Email(BuiltInRoles.SuperAdmin))).Select(mail => mail.Subject)];

    private static string Subject(TestTenant tenant, int percent, string what) =>
        $"Tenant {tenant.Slug}: 요금제의 {percent}%를 사용했습니다 ({what})";
}
