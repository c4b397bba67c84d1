using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Persistence.Erasure;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Erasure;

/// <summary>A sign-up that failed leaves neither rows nor a name that is taken.</summary>
public sealed class UndoSignUpTests(TestHost host, OwnDatabase database) : IClassFixture<OwnDatabase>
{
    [Fact]
    public async Task The_name_is_free_at_once_and_only_what_became_of_it_stays()
    {
        await using var api = await host.StartApiAsync(database.Name);
        var tenant = await Doomed.MakeAsync(database);
        await api.ExecuteAsync("update organizations set state = 'provisioning_failed' where id = $1", tenant.Id.Value);

        (await UndoAsync(api, tenant)).ShouldBeTrue();

        (await tenant.RowsAsync()).Where(table => table.Value > 0).ShouldBe(
            ErasurePlan.KeptOfSignUps.Select(table => KeyValuePair.Create(table, 1L)), ignoreOrder: true);
        (await api.QueryAsync<bool>("select reserve_slug($1, gen_random_uuid())", tenant.Slug)).ShouldBeTrue();
        (await api.QueryAsync<string>("select concat_ws('/', state, name) from organizations where id = $1", tenant.Id.Value))
            .ShouldBe("provisioning_failed/");
        (await UndoAsync(api, tenant)).ShouldBeTrue("there is nothing left to do");
    }

    [Fact]
    public async Task Whose_sign_up_did_not_fail_is_left_alone()
    {
        await using var api = await host.StartApiAsync(database.Name);
        var tenant = await Doomed.MakeAsync(database);
        var before = await Doomed.ChecksumAsync(database, tenant.Id.Value);

        (await UndoAsync(api, tenant)).ShouldBeFalse();

        (await Doomed.ChecksumAsync(database, tenant.Id.Value)).ShouldBe(before);
    }

    private static async Task<bool> UndoAsync(TestApi api, Doomed tenant)
    {
        await using var scope = api.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ISystemCaller>().BecomeSystem();
        return await scope.ServiceProvider.GetRequiredService<TenantEraser>()
            .UndoSignUpAsync(tenant.Id, TestContext.Current.CancellationToken);
    }
}
