using System.Net;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Exports;
using CleanTenancy.IntegrationTests.Fixtures;
using CleanTenancy.IntegrationTests.Operations;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Lifecycle;

/// <summary>The contract's "may, by state", each cell over HTTP, by who would do it.</summary>
public sealed class StateMatrixTests(TestHost host)
{
    private const string Yes = "yes", No = "tenant_suspended", Gone = "tenant_deleted", Wait = "tenant_provisioning",
        Wrong = "invalid_transition", Out = "unauthenticated";

    /// <summary>By column: one line of the contract after the other.</summary>
    [Theory]
    [InlineData("provisioning", Wait, Wait, Wait, Wait, Wait, Wait, Wait, Wait, Wait, Wait, Wait, Wait, Wait, Wait)]
    [InlineData("trial", Yes, Yes, Yes, Yes, Wrong, Yes, Yes, Yes, Yes, Yes, Yes, Yes, Yes, Yes)]
    [InlineData("active", Yes, Yes, Yes, Yes, Wrong, Yes, Yes, Yes, Yes, Yes, Yes, Yes, Yes, Yes)]
    [InlineData("suspended billing", Yes, Yes, Yes, No, No, Yes, Yes, No, Yes, Yes, Yes, Yes, No, Yes)]
    [InlineData("suspended operator", Yes, No, No, No, No, No, No, No, Yes, Yes, Yes, Yes, No, Yes)]
    [InlineData("deleted", Yes, Gone, Yes, Gone, Yes, Gone, Gone, Gone, Yes, Gone, Yes, Yes, Out, Yes)]
    public async Task A_state_allows_what_the_contract_says(
        string state, string ownerSignsIn, string pays, string exports, string imports, string restores, string memberSignsIn, string reads, string creates,
        string tickets, string ticketsOfTheEnded, string staffSignsIn, string cancels, string key, string customDomain)
    {
        var tenant = await host.NewTenantAsync();
        var stage = await TicketStage.SetAsync(tenant);
        await stage.PutAsync(state);

        (await stage.AskAsync()).ShouldBe(
        [
            $"owner signs in: {ownerSignsIn}", $"owner pays: {pays}", $"owner exports: {exports}",
            $"owner imports: {imports}", $"member signs in: {memberSignsIn}",
            $"member reads: {reads}", $"member creates: {creates}", $"tickets: {tickets}",
            $"tickets of what has ended: {ticketsOfTheEnded}", $"who checks tickets signs in: {staffSignsIn}",
            $"ticket is cancelled: {cancels}", $"key: {key}", $"custom domain: {customDomain}",
            $"owner restores: {restores}",
        ]);
    }

    [Theory]
    [InlineData("suspended operator", "tenant_suspended", "operator")]
    [InlineData("suspended billing", "tenant_suspended", "billing")]
    [InlineData("deleted", "tenant_deleted", "deleted")]
    public async Task On_a_custom_domain_what_the_state_does_not_allow_is_a_notice(string state, string code, string reason)
    {
        var tenant = await host.NewTenantAsync();
        var stage = await TicketStage.SetAsync(tenant);
        await stage.PutAsync(state);
        var organizer = await tenant.OrganizerAsync();

        (await host.Api.Client(stage.Domain, organizer.Token).PostAsync("/v1/events", Sample.Event()))
            .ShouldBeProblem(HttpStatusCode.Forbidden, code).Get<string>("reason").ShouldBe(reason);
    }

    /// <summary>A tenant with a ticket for an event to come, one for an event that has ended, a key and a domain.</summary>
    private sealed record TicketStage(TestTenant Tenant, Guid Live, Guid Ended, Guid Ticket, string Key, string Domain, string Export)
    {
        public static async Task<TicketStage> SetAsync(TestTenant tenant)
        {
            var owner = await tenant.OwnerAsync();
            var (live, ended) = (await owner.LiveEventAsync(), await owner.LiveEventAsync());
            var ticket = (await owner.PostAsync($"/v1/events/{live}/registrations", Sample.Attendee())).ShouldBe(HttpStatusCode.Created).Id;
            await owner.PostAsync($"/v1/events/{ended}/registrations", Sample.Attendee());
            await tenant.Api.ExecuteAsync(
                "update events set starts_at = now() - interval '2 days', ends_at = now() - interval '1 day' where org_id = $1 and id = $2",
                tenant.Id.Value, ended);
            var key = (await owner.PostAsync("/v1/api-keys", Sample.ApiKey())).ShouldBe(HttpStatusCode.Created).Get<string>("secret");
            var domain = $"tickets-{tenant.Slug}.example";
            await tenant.Api.Seeder.AddHostAsync(tenant.Id, domain, TimeProvider.System.GetUtcNow(), CancellationToken.None);
            return new(tenant, live, ended, ticket, key, domain, (await tenant.ExportAsync(owner)).Link());
        }

        public async Task PutAsync(string state)
        {
            switch (state)
            {
                case "active": return;
                case "suspended billing": (await Tenant.MoveAsync(new(TenantTrigger.PaymentFailed))).ShouldBeNull(); return;
                case "suspended operator": (await Tenant.MoveAsync(new(TenantTrigger.OperatorSuspend))).ShouldBeNull(); return;
                case "deleted": (await Tenant.MoveAsync(new(TenantTrigger.Delete))).ShouldBeNull(); return;
                default:
                    await Tenant.Api.ExecuteAsync(
                        "update organizations set state = $2, trial_ends_at = now() + interval '9 days' where id = $1",
                        Tenant.Id.Value, state);
                    Tenant.Api.Services.GetRequiredService<ITenantDirectory>().Forget(Tenant.Id);
                    return;
            }
        }

        public async Task<IReadOnlyList<string>> AskAsync()
        {
            var viewer = await Tenant.AsAsync(BuiltInRoles.Viewer);
            var organizer = await Tenant.OrganizerAsync();
            var staff = await Tenant.AsAsync(BuiltInRoles.Staff);
            var owner = await Tenant.OwnerAsync();
            return
            [
                Say("owner signs in", await SignInAsync(BuiltInRoles.SuperAdmin)),
                Say("owner pays", await owner.PostAsync("/v1/billing/change-plan/preview", new { plan = "starter" })),
                Say("owner exports", await owner.StartExportAsync(), await owner.GetAsync(Export)),
                Say("owner imports", await owner.StartImportAsync([1])),
                Say("member signs in", await SignInAsync(BuiltInRoles.Viewer)),
                Say("member reads", await viewer.GetAsync("/v1/events")),
                Say("member creates", await organizer.PostAsync("/v1/events", Sample.Event())),
                Say("tickets", await staff.GetAsync($"/v1/registrations/{Ticket}"), await staff.GetAsync($"/v1/events/{Live}/registrations")),
                Say("tickets of what has ended", await staff.GetAsync($"/v1/events/{Ended}/registrations")),
                Say("who checks tickets signs in", await SignInAsync(BuiltInRoles.Staff)),
                Say("ticket is cancelled", await organizer.PostAsync($"/v1/registrations/{Ticket}/cancel")),
                Say("key", await Tenant.Anonymous.With(Key).GetAsync("/v1/events")),
                Say("custom domain", await Tenant.Api.Client(Domain).GetAsync("/v1/bootstrap")),
                // Last: where it is allowed, the tenant is another one after it.
                Say("owner restores", await owner.PostAsync("/v1/tenant/restore")),
            ];
        }

        private Task<Answer> SignInAsync(string role) =>
            Tenant.Anonymous.PostAsync("/v1/auth/login", new { email = Tenant.Email(role), password = TestHost.Password });

        private static string Say(string what, params Answer[] answers) =>
            $"{what}: {string.Join('/', answers.Select(answer => answer.Code ?? (answer.Status is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.Accepted ? Yes : answer.Status.ToString())).Distinct())}";
    }
}
