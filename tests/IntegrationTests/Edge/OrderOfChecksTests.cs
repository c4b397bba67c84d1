using System.Net;
using System.Text;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Edge;

/// <summary>
/// Host, token, state, permission, feature, validation, If-Match, handler: the first that says no answers. Where the
/// limits stand is in PlanLimitTests and NetworkLimitTests.
/// </summary>
public sealed class OrderOfChecksTests(TestHost host)
{
    private const string Unknown = "01900000-0000-7000-8000-000000000000";

    /// <summary>No JSON; JSON that does not fit; values that do not fit.</summary>
    private static readonly string[] BadBodies =
        ["{", "null", "{\"x\":1}", "{\"title\":\"\",\"startsAt\":\"2035-04-01T09:00:00Z\",\"endsAt\":\"2034-04-01T09:00:00Z\"}"];

    [Fact]
    public async Task The_host_comes_before_the_token_and_the_body()
    {
        var owner = await (await host.NewTenantAsync()).OwnerAsync();

        foreach (var body in BadBodies)
            (await host.Api.Client("nobody-is-here.localhost", owner.Token).PostTextAsync("/v1/events", body))
                .ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");
    }

    [Fact]
    public async Task The_token_comes_before_the_body_and_the_state()
    {
        var tenant = await host.NewTenantAsync(Tier.Free, o => o.Suspend(SuspensionReason.Operator, o.CreatedAt));

        foreach (var body in BadBodies)
            (await tenant.Anonymous.PostTextAsync("/v1/events", body)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.Anonymous.PostTextAsync("/v1/events", new string(' ', 70_000)))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task The_state_comes_before_the_permission_and_the_body()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro, o => o.Suspend(SuspensionReason.Billing, o.CreatedAt));
        var viewer = await tenant.AsAsync(BuiltInRoles.Viewer);

        (await viewer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended");
        foreach (var body in BadBodies)
            (await viewer.PostTextAsync("/v1/events", body)).ShouldBeProblem(HttpStatusCode.Forbidden, "tenant_suspended");
    }

    [Fact]
    public async Task The_permission_comes_before_the_body_the_condition_and_the_row()
    {
        var tenant = await host.NewTenantAsync();
        var (organizer, viewer) = (await tenant.OrganizerAsync(), await tenant.AsAsync(BuiltInRoles.Viewer));
        var draft = await organizer.DraftEventAsync();

        foreach (var body in BadBodies)
        {
            (await viewer.PostTextAsync("/v1/events", body)).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
            using var patch = new StringContent(body, Encoding.UTF8, "application/merge-patch+json");
            (await viewer.SendAsync(HttpMethod.Patch, $"/v1/events/{draft.Id}", patch))
                .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        }

        (await viewer.DeleteAsync($"/v1/events/{draft.Id}", ifMatch: null)).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        (await viewer.DeleteAsync($"/v1/events/{Unknown}", "\"1\"")).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        (await viewer.PostAsync($"/v1/events/{Unknown}/publish")).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        (await viewer.PostTextAsync("/v1/events", new string(' ', 70_000))).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
    }

    [Fact]
    public async Task The_body_comes_before_the_condition_and_the_condition_before_the_row()
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();

        (await organizer.PatchAsync($"/v1/events/{Unknown}", new { unknown = 1 }, ifMatch: null))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");
        (await organizer.PatchAsync($"/v1/events/{Unknown}", new { title = "x" }, ifMatch: null))
            .ShouldBeProblem((HttpStatusCode)428, "precondition_required");
        (await organizer.PatchAsync($"/v1/events/{Unknown}", new { title = "x" }, "\"1\"")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task The_body_comes_before_the_quota()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();
        await organizer.DraftEventAsync();

        foreach (var body in BadBodies[2..])
            (await organizer.PostTextAsync("/v1/events", body)).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
    }

    [Fact]
    public async Task A_stored_answer_comes_before_the_quota_and_after_the_permission()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();
        var created = (await organizer.PostAsync("/v1/events", Sample.Event(), ("Idempotency-Key", "one"))).ShouldBe(HttpStatusCode.Created);

        (await organizer.PostAsync("/v1/events", Sample.Event(), ("Idempotency-Key", "one"))).ShouldBe(HttpStatusCode.Created).Id.ShouldBe(created.Id);
        (await (await tenant.AsAsync(BuiltInRoles.Viewer)).PostAsync("/v1/events", Sample.Event(), ("Idempotency-Key", "one")))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
    }
}
