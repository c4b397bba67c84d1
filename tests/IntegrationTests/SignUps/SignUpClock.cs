using CleanTenancy.Application.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.IntegrationTests.SignUps;

/// <summary>
/// An API whose clock the tests of one class set, on a database of its own: on the shared one its sweeps would undo what
/// other tests have under way.
/// </summary>
public sealed class SignUpClock(TestHost host) : IAsyncLifetime
{
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.Now());

    public TestApi Api { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Api = await host.StartApiAsync(
        await host.Postgres.NewDatabaseAsync(), options => options.Services = services => services.AddSingleton<TimeProvider>(Clock));

    public ValueTask DisposeAsync() => Api.DisposeAsync();
}
