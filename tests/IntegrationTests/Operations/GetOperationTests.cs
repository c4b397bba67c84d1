using System.Net;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Operations;

public sealed class GetOperationTests(TestHost host)
{
    [Fact]
    public async Task Whoever_started_it_sees_how_far_it_is()
    {
        var tenant = await host.NewTenantAsync();
        var id = await tenant.QueueOperationAsync(BuiltInRoles.Viewer);
        await host.Api.ExecuteAsync(
            "update operations set status = 'running', done = 7, total = 12 where org_id = $1 and id = $2", tenant.Id.Value, id.Value);

        var answer = (await (await tenant.AsAsync(BuiltInRoles.Viewer)).GetAsync($"/v1/operations/{id}")).ShouldBe(HttpStatusCode.OK);

        (answer.Get<string>("kind"), answer.Get<string>("status")).ShouldBe(("export", "running"));
        answer.Body!["progress"]!.ToJsonString().ShouldBe("{\"done\":7,\"total\":12}");
        (answer.Body["result"], answer.Body["error"]).ShouldBe((null, null));
    }

    [Fact]
    public async Task For_everybody_else_it_is_not_there_be_it_the_owner()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var id = await tenant.QueueOperationAsync(BuiltInRoles.Viewer);

        var owner = await (await tenant.OwnerAsync()).GetAsync($"/v1/operations/{id}");
        var random = await (await tenant.OwnerAsync()).GetAsync($"/v1/operations/{OperationId.New(TimeProvider.System.GetUtcNow())}");

        owner.ShouldBeProblem(HttpStatusCode.NotFound, "not_found").Comparable.ShouldBe(random.Comparable);
        (await (await other.OwnerAsync()).GetAsync($"/v1/operations/{id}")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await tenant.Anonymous.GetAsync($"/v1/operations/{id}")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task An_owner_whose_tenant_is_suspended_or_deleted_still_sees_it()
    {
        foreach (var move in new Action<Organization>[] { o => o.Suspend(SuspensionReason.Billing, o.CreatedAt), o => o.Delete(o.CreatedAt) })
        {
            var tenant = await host.NewTenantAsync(Tier.Pro, move);
            var id = await tenant.QueueOperationAsync(BuiltInRoles.SuperAdmin);
            (await (await tenant.OwnerAsync()).GetAsync($"/v1/operations/{id}")).ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task What_failed_says_why()
    {
        var tenant = await host.NewTenantAsync();
        var id = await tenant.QueueOperationAsync(BuiltInRoles.SuperAdmin);
        await host.Api.ExecuteAsync(
            "update operations set status = 'failed', error = 'operation_failed', finished_at = now() where org_id = $1", tenant.Id.Value);

        var answer = await (await tenant.OwnerAsync()).GetAsync($"/v1/operations/{id}");

        (answer.Get<string>("status"), answer.Get<string>("error")).ShouldBe(("failed", "operation_failed"));
        answer.Body!["finishedAt"].ShouldNotBeNull();
    }
}
