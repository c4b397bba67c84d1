using CleanTenancy.Application.Common;
using CleanTenancy.Infrastructure.Signals;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>An API on the shared database whose clock the tests of one class set, one after the other.</summary>
public sealed class ClockedApi(TestHost host) : IAsyncLifetime
{
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.Now());

    public TestApi Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Api = await host.StartApiAsync(
            host.Api.Database, options => options.Services = services => services.AddSingleton<TimeProvider>(Clock));
        // When it begins to listen it forgets what it has cached: not in the middle of a test.
        await Api.Services.GetServices<IHostedService>().OfType<SignalListener>().Single().Listening;
    }

    public ValueTask DisposeAsync() => Api.DisposeAsync();
}
