using CleanTenancy.Application.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>An API on the shared database whose clock the tests of one class set, one after the other.</summary>
public sealed class ClockedApi(TestHost host) : IAsyncLifetime
{
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.Now());

    public TestApi Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var before = await ListenersAsync();
        Api = await host.StartApiAsync(
            host.Api.Database, options => options.Services = services => services.AddSingleton<TimeProvider>(Clock));
        // When it begins to listen it forgets what it has cached: not in the middle of a test.
        await Eventually.HoldsAsync(async () => await ListenersAsync() > before, TimeSpan.FromSeconds(20));
        await Task.Delay(100);
    }

    private Task<long> ListenersAsync() => host.Api.QueryAsync<long>(
        "select count(*) from pg_stat_activity where datname = current_database() and query = 'listen cleantenancy'");

    public ValueTask DisposeAsync() => Api.DisposeAsync();
}
