using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using CleanTenancy.IntegrationTests.Lifecycle;

namespace CleanTenancy.IntegrationTests.Tenants;

/// <summary>What a tenant's own people see of it and do with it.</summary>
public sealed class OwnTenantTests(TestHost host)
{
    private const string Tenant = "/v1/tenant", Delete = "/v1/tenant/delete", Restore = "/v1/tenant/restore";

    [Fact]
    public async Task Members_see_name_plan_state_and_place()
    {
        var tenant = await host.NewTenantAsync(Tier.Starter);

        var shown = (await (await tenant.AsAsync(BuiltInRoles.Viewer)).GetAsync(Tenant)).ShouldBe(HttpStatusCode.OK);

        (shown.Get<string>("slug"), shown.Get<string>("plan"), shown.Get<string>("state"), shown.Get<string>("timeZone"), shown.ETag)
            .ShouldBe((tenant.Slug, "starter", "active", "Asia/Seoul", "\"1\""));
        (await tenant.Anonymous.GetAsync(Tenant)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Everybody_may_know_whose_page_it_is()
    {
        var tenant = await host.NewTenantAsync();
        await ChangeAsync(tenant, new { branding = new { primaryColor = "#1a73e8" } });

        var page = (await tenant.Anonymous.GetAsync("/v1/bootstrap")).ShouldBe(HttpStatusCode.OK);

        (page.Get<string>("state"), page.Get<string>("locale"), page.Body!["branding"]!["primaryColor"]!.GetValue<string>())
            .ShouldBe(("active", "ko", "#1a73e8"));
        page.Body["signInMethods"]!.AsArray().Select(method => method!.GetValue<string>()).ShouldBe(["password"]);
        page.Text.ShouldNotContain(tenant.Id.ToString());
    }

    [Fact]
    public async Task A_change_is_the_members_own_deed_and_counts_from_the_next_request()
    {
        var tenant = await host.NewTenantAsync();

        var changed = (await ChangeAsync(tenant, new { name = "Acme", timeZone = "Europe/Berlin", currency = "EUR", locale = "en" }))
            .ShouldBe(HttpStatusCode.OK);

        (changed.Get<string>("name"), changed.Get<long>("version"), changed.ETag).ShouldBe(("Acme", 2, "\"2\""));
        (await tenant.Anonymous.GetAsync("/v1/bootstrap")).Get<string>("currency").ShouldBe("EUR");
        (await (await tenant.OrganizerAsync()).DraftEventAsync()).Get<string>("timeZone").ShouldBe("Europe/Berlin");
        var line = (await (await tenant.OwnerAsync()).GetAsync("/v1/audit?action=tenant.changed")).Data().ShouldHaveSingleItem();
        (line["actor"]!["kind"]!.GetValue<string>(), line["actor"]!["id"]!.GetValue<Guid>())
            .ShouldBe(("user", tenant.User(BuiltInRoles.Admin).Id.Value));
    }

    [Theory]
    [InlineData("""{"name":""}""", "/name", "not_empty")]
    [InlineData("""{"name":null}""", "/name", "invalid_value")]
    [InlineData("""{"timeZone":"Mars/Olympus"}""", "/timeZone", "unknown_time_zone")]
    [InlineData("""{"currency":"ZZZ"}""", "/currency", "unknown_currency")]
    [InlineData("""{"locale":"Korean"}""", "/locale", "unknown_locale")]
    [InlineData("""{"branding":{"primaryColor":"red"}}""", "/branding/primaryColor", "not_a_color")]
    [InlineData("""{"branding":{"logoUrl":"http://example.test/a.png"}}""", "/branding/logoUrl", "not_https")]
    [InlineData("""{"plan":"enterprise"}""", "/plan", "unknown_member")]
    [InlineData("""{"state":"active"}""", "/state", "unknown_member")]
    public async Task What_does_not_fit_is_refused_and_leaves_no_trace(string patch, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var admin = await tenant.AsAsync(BuiltInRoles.Admin);
        var before = await tenant.TraceAsync();

        (await admin.PatchAsync(Tenant, new { }.With(patch), "*")).ShouldBeInvalid(pointer, code);

        (await tenant.TraceAsync()).ShouldBe(before);
        (await tenant.StandsAsync()).ShouldBe("active 1");
    }

    [Fact]
    public async Task Who_may_not_change_it_and_who_saw_another_version_is_refused()
    {
        var tenant = await host.NewTenantAsync();

        (await (await tenant.OrganizerAsync()).PatchAsync(Tenant, new { name = "Mine" }, "*"))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied").Get<string>("permission").ShouldBe("tenant:write");
        (await ChangeAsync(tenant, new { name = "Mine" }, "\"2\"")).ShouldBeProblem(HttpStatusCode.PreconditionFailed, "precondition_failed");
        (await ChangeAsync(tenant, new { name = "Mine" }, ifMatch: null)).ShouldBeProblem(HttpStatusCode.PreconditionRequired, "precondition_required");
        (await tenant.DeedsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_parallel_changes_of_one_version_one_is_made()
    {
        var tenant = await host.NewTenantAsync();
        var admin = await tenant.AsAsync(BuiltInRoles.Admin);

        (await Answers.ParallelAsync(12, n => admin.PatchAsync(Tenant, new { name = $"Name {n}" }, "\"1\""))).Tally()
            .ShouldBe("1 x 200, 11 x 412 precondition_failed");

        (await tenant.StandsAsync()).ShouldBe("active 2");
        (await tenant.DeedsAsync()).ShouldBe(["tenant.changed"]);
    }

    [Fact]
    public async Task An_owner_deletes_it_and_takes_it_back()
    {
        var tenant = await host.NewTenantAsync();
        var (owner, viewer) = (await tenant.OwnerAsync(), await tenant.AsAsync(BuiltInRoles.Viewer));

        var deleted = (await owner.PostAsync(Delete, new { confirm = tenant.Slug })).ShouldBe(HttpStatusCode.OK);
        deleted.Get<string>("state").ShouldBe("deleted");
        foreach (var client in new[] { owner, viewer })
            (await client.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.Anonymous.PostAsync("/v1/auth/login", new { email = tenant.Email(BuiltInRoles.Viewer), password = TestHost.Password }))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_deleted");

        var again = await tenant.Anonymous.PostAsync(
            "/v1/auth/login", new { email = tenant.Email(BuiltInRoles.SuperAdmin), password = TestHost.Password });
        owner = tenant.Anonymous.With(again.ShouldBe(HttpStatusCode.OK).Get<string>("accessToken"));
        (await owner.PostAsync(Restore)).ShouldBe(HttpStatusCode.OK).Get<string>("state").ShouldBe("active");

        await owner.DraftEventAsync();
        var line = (await owner.GetAsync("/v1/audit?action=tenant.deleted")).Data().ShouldHaveSingleItem();
        line["actor"]!["id"]!.GetValue<Guid>().ShouldBe(tenant.User(BuiltInRoles.SuperAdmin).Id.Value);
        (await tenant.DeedsAsync()).ShouldBe(["tenant.deleted", "session.started", "tenant.restored", "event.created"]);
    }

    [Fact]
    public async Task Nobody_deletes_the_wrong_one()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var before = await tenant.TraceAsync();

        foreach (var confirm in new[] { "acme", tenant.Slug.ToUpperInvariant(), $" {tenant.Slug}" })
            (await owner.PostAsync(Delete, new { confirm })).ShouldBeInvalid("/confirm", "no_match");
        (await owner.PostAsync(Delete, new { confirm = "" })).ShouldBeInvalid("/confirm", "not_empty");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Deleting_takes_the_owner_and_a_recent_proof()
    {
        var tenant = await host.NewTenantAsync();
        (await (await tenant.AsAsync(BuiltInRoles.Admin)).PostAsync(Delete, new { confirm = tenant.Slug }))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");

        var owner = await tenant.OwnerAsync();
        await host.Api.ExecuteAsync(
            "update sessions set authenticated_at = now() - interval '11 minutes' where org_id = $1", tenant.Id.Value);

        (await owner.PostAsync(Delete, new { confirm = tenant.Slug })).ShouldBeProblem(HttpStatusCode.Forbidden, "step_up_required");
        (await tenant.StandsAsync()).ShouldBe("active 1");
    }

    [Fact]
    public async Task Whoever_has_places_taken_at_events_to_come_says_what_becomes_of_them()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var live = await owner.LiveEventAsync();
        (await owner.PostAsync($"/v1/events/{live}/registrations", Sample.Attendee())).ShouldBe(HttpStatusCode.Created);

        (await owner.PostAsync(Delete, new { confirm = tenant.Slug })).ShouldBeProblem(HttpStatusCode.Conflict, "disposition_required")
            .Get<int>("events").ShouldBe(1);
        (await tenant.StandsAsync()).ShouldBe("active 1");
        (await owner.PostAsync(Delete, new { confirm = tenant.Slug, disposition = "refund" })).ShouldBe(HttpStatusCode.OK);

        (await host.Api.QueryAsync<string>("select disposition from organizations where id = $1", tenant.Id.Value)).ShouldBe("refund");
    }

    [Fact]
    public async Task A_deleted_tenants_custom_domains_are_nobody_elses_until_it_is_back()
    {
        var tenant = await host.NewTenantAsync();
        var domain = $"a-{tenant.Slug}.example";
        await host.Api.Seeder.AddHostAsync(tenant.Id, domain, TimeProvider.System.GetUtcNow(), CancellationToken.None);
        const string quarantine = "select quarantined_until > now() + interval '29 days' from tenant_hosts where host = $1";

        (await (await tenant.OwnerAsync()).PostAsync(Delete, new { confirm = tenant.Slug })).ShouldBe(HttpStatusCode.OK);
        (await host.Api.QueryAsync<bool>(quarantine, domain)).ShouldBeTrue();
        (await host.Api.Client(domain).GetAsync("/v1/bootstrap")).Get<string>("state").ShouldBe("deleted");

        (await (await tenant.OwnerAsync()).PostAsync(Restore)).ShouldBe(HttpStatusCode.OK);
        (await host.Api.QueryAsync<object>(quarantine, domain)).ShouldBe(DBNull.Value);
    }

    [Fact]
    public async Task Of_parallel_deletions_one_is_done()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        var answers = await Answers.ParallelAsync(8, _ => owner.PostAsync(Delete, new { confirm = tenant.Slug }));

        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(1);
        answers.Where(answer => answer.Status != HttpStatusCode.OK)
            .ShouldAllBe(answer => answer.Code == "invalid_transition" || answer.Code == "unauthenticated" || answer.Code == "tenant_deleted");
        (await tenant.StandsAsync()).ShouldBe("deleted 2");
        (await tenant.DeedsAsync()).ShouldBe(["tenant.deleted"]);
    }

    [Fact]
    public async Task Another_instance_hears_of_a_deletion_and_ends_its_sessions_too()
    {
        await using var other = await host.StartApiAsync(host.Api.Database);
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var there = other.Client(tenant.Host, owner.Token);
        (await there.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        (await owner.PostAsync(Delete, new { confirm = tenant.Slug })).ShouldBe(HttpStatusCode.OK);

        await Eventually.HoldsAsync(
            async () => (await there.GetAsync("/v1/me")).Status == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(5));
        (await other.Client(tenant.Host).GetAsync("/v1/bootstrap")).Get<string>("state").ShouldBe("deleted");
    }

    [Theory]
    [InlineData(SuspensionReason.Billing, HttpStatusCode.OK)]
    [InlineData(SuspensionReason.Operator, HttpStatusCode.Forbidden)]
    public async Task Who_cannot_pay_may_leave_and_who_is_locked_may_not(SuspensionReason reason, HttpStatusCode expected)
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Suspend(reason, o.CreatedAt));

        (await (await tenant.OwnerAsync()).PostAsync(Delete, new { confirm = tenant.Slug })).ShouldBe(expected);
    }

    private static async Task<Answer> ChangeAsync(TestTenant tenant, object patch, string? ifMatch = "\"1\"") =>
        await (await tenant.AsAsync(BuiltInRoles.Admin)).PatchAsync(Tenant, patch, ifMatch);
}
