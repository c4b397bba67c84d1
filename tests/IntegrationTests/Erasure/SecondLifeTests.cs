using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Fixtures;
using CleanTenancy.IntegrationTests.SignUps;

namespace CleanTenancy.IntegrationTests.Erasure;

/// <summary>One tenant from a sign-up that failed to a purge: what undid the first try is not in the way of the end.</summary>
public sealed class SecondLifeTests(TestHost host, OwnDatabase database) : IClassFixture<OwnDatabase>
{
    [Fact]
    public async Task A_tenant_that_was_set_up_at_the_second_try_is_purged_as_any_other()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var (visitor, operators) = (await new Visitor(api).FailAsync(), await api.OperatorAsync());
        var tenant = new Doomed(database, visitor.Id, visitor.Slug);
        (await operators.PostAsync($"{tenant.Path}/retry", new { reason = "Ticket 4713" })).ShouldBe(HttpStatusCode.NoContent);
        await visitor.ProvisionAsync();
        (await visitor.ActivateAsync()).ShouldBe(HttpStatusCode.OK);
        var content = TestFiles.Bytes(1_234);
        (await (await visitor.OwnerAsync()).UploadAsync(content)).ShouldBe(HttpStatusCode.Created);
        (await operators.PostAsync($"{tenant.Path}/delete", new { reason = "By letter" })).ShouldBe(HttpStatusCode.OK);

        (await operators.PostAsync($"{tenant.Path}/purge", new { reason = "By letter", confirm = tenant.Slug, early = true }))
            .ShouldBe(HttpStatusCode.Accepted);
        (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        var rows = await tenant.RowsAsync();
        rows["files"].ShouldBe(1);
        await api.SweepAsync(new PurgeTenants());

        await tenant.ShouldBeGoneAsync();
        var certificate = (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).ShouldBe(HttpStatusCode.OK);
        (certificate.Get<string>("kind"), certificate.Get<string>("reason")).ShouldBe(("purge", "By letter"));
        (certificate.Get<long>("files"), certificate.Get<long>("bytes")).ShouldBe((1, content.Length));
        certificate.Body!["tables"]!.AsArray().ToDictionary(
            table => table!["table"]!.GetValue<string>(), table => table!["rows"]!.GetValue<long>()).ShouldBe(rows, ignoreOrder: true);
    }
}
