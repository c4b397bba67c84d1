using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Development;
using CleanTenancy.Infrastructure.Security;
using CleanTenancy.IntegrationTests.Battery;
using CleanTenancy.IntegrationTests.Fixtures;
using Npgsql;

[assembly: AssemblyFixture(typeof(TestHost))]

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>
/// One PostgreSQL, one database and one API for all tests that need nothing special: each test makes its own tenant,
/// and the fence itself keeps them apart. Tests that need another API or database start their own.
/// </summary>
public sealed class TestHost : IAsyncLifetime
{
    public const string Password = DevelopmentData.Password;

    private readonly Lazy<Task<TestApi>> _battery;
    private string _passwordHash = "";

    public TestHost() => _battery = new(async () => await StartApiAsync(await Postgres.NewDatabaseAsync()));

    public TestPostgres Postgres { get; private set; } = null!;

    public TestApi Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Postgres = await TestPostgres.StartAsync();
        using var passwords = new Passwords();
        _passwordHash = await passwords.HashAsync(Password, CancellationToken.None);
        Api = await StartApiAsync(await Postgres.NewDatabaseAsync());
    }

    public async ValueTask DisposeAsync()
    {
        Repository.Report("isolation.txt", Tally.Report());
        if (_battery.IsValueCreated) await (await _battery.Value).DisposeAsync();
        await Api.DisposeAsync();
        NpgsqlConnection.ClearAllPools();
        await Postgres.DisposeAsync();
        TestFiles.Delete();
    }

    /// <summary>The battery's own, on a database of its own: it changes the plans, which are everybody's.</summary>
    public Task<TestApi> BatteryAsync() => _battery.Value;

    /// <summary>Another API, on this or another database, with settings and services of its own.</summary>
    public Task<TestApi> StartApiAsync(string database, Action<TestApiOptions>? configure = null) =>
        TestApi.StartAsync(Postgres, database, _passwordHash, configure);

    /// <summary>A tenant of the shared API with five people, one for each built-in role.</summary>
    public Task<TestTenant> NewTenantAsync(Tier tier = Tier.Pro, Action<Organization>? configure = null) =>
        Api.NewTenantAsync(tier, configure);
}
