using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Fixtures;

public sealed class TestApiOptions
{
    public Dictionary<string, string?> Settings { get; } = [];

    public Action<IServiceCollection>? Services { get; set; }

    public ILoggerProvider? Logs { get; set; }
}

/// <summary>The real API on a real socket, as application_role.</summary>
public sealed class TestApi : IAsyncDisposable
{
    private readonly Factory _factory;
    private readonly string _passwordHash;
    private readonly TenantSeeder _seeder;
    private readonly NpgsqlDataSource _superuser;

    private TestApi(Factory factory, string passwordHash, string database, TestPostgres postgres)
    {
        _factory = factory;
        _passwordHash = passwordHash;
        Database = database;
        _seeder = new TenantSeeder(postgres.ConnectionString(database, "cleantenancy_migrator"));
        _superuser = NpgsqlDataSource.Create(
            // Checksums over all tables are asked for again and again, and planning them takes longer than running them.
            postgres.Superuser(database) + ";Max Auto Prepare=20;Auto Prepare Min Usages=3");
    }

    public string Database { get; }

    public Uri Address { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public IServiceProvider Services => _factory.Services;

    public TenantSeeder Seeder => _seeder;

    public static async Task<TestApi> StartAsync(
        TestPostgres postgres, string database, string passwordHash, Action<TestApiOptions>? configure)
    {
        var options = new TestApiOptions
        {
            Settings =
            {
                ["ConnectionStrings:App"] = postgres.ConnectionString(database, "application_role"),
                ["ConnectionStrings:Platform"] = postgres.ConnectionString(database, "platform_role"),
                ["OpenApi:Enabled"] = "true",
                ["Mail:Host"] = "127.0.0.1",
                ["Mail:Port"] = $"{SmtpSink.Shared.Port}",
                ["Mail:From"] = "events@platform.test",
                ["Files:Root"] = TestFiles.RootOf(database),
                // Tests send the sweeps that they are about.
                ["Sweeps:Enabled"] = "false",
                // All tests come from one address; those about limits and operators' codes start an API of their own.
                ["Throttle:Factor"] = "1000",
                ["RateLimits:Factor"] = "1000",
                ["Platform:RequireTotp"] = "false",
            },
        };
        configure?.Invoke(options);
        var api = new TestApi(new Factory(options), passwordHash, database, postgres);
        try
        {
            api._factory.UseKestrel(0);
            api._factory.StartServer();
        }
        catch
        {
            await api.DisposeAsync();
            throw;
        }

        var addresses = api.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        api.Address = new UriBuilder(addresses.First()) { Host = "127.0.0.1" }.Uri;
        api.Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = api.Address,
        };
        return api;
    }

    /// <summary>A tenant with five people: owner, admin, organizer, staff, viewer.</summary>
    public async Task<TestTenant> NewTenantAsync(Tier tier = Tier.Pro, Action<Organization>? configure = null)
    {
        var now = TimeProvider.System.Now();
        var id = TenantId.New(now);
        var slug = $"t{id.Value:N}"[..1] + id.Value.ToString("N")[^14..];
        var organization = Organization.Start(id, slug, $"Tenant {slug}", tier, now);
        configure?.Invoke(organization);
        var people = BuiltInRoles.All.Keys
            .Select(role => ($"{TestTenant.Person(role)}@{slug}.test", TestTenant.Person(role), role)).ToList();
        var users = await _seeder.CreateAsync(organization, people, _passwordHash, fill: null, CancellationToken.None);
        return new TestTenant(this, id, slug, users);
    }

    /// <summary>A client of a host, signed in by nobody.</summary>
    public ApiClient Client(string host, string? token = null) => new(Http, host, token);

    /// <summary>The client of the platform host.</summary>
    public ApiClient Platform => Client("localhost");

    /// <summary>Sends what a timer would send.</summary>
    public async Task<T> SweepAsync<T>(ISweep<T> sweep)
    {
        await using var scope = Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ISystemCaller>().BecomeSystem();
        return (await scope.ServiceProvider.GetRequiredService<ISender>().Send(sweep, CancellationToken.None)).Value;
    }

    /// <summary>A new operator of the platform, by address; the password is everybody's.</summary>
    public async Task<string> NewOperatorAsync()
    {
        var now = TimeProvider.System.Now();
        var email = $"operator-{Guid.CreateVersion7(now):N}@platform.test";
        await _seeder.AddOperatorAsync(email, "Operator", _passwordHash, now, CancellationToken.None);
        return email;
    }

    /// <summary>A client of the platform host, signed in as a new operator.</summary>
    public async Task<ApiClient> OperatorAsync()
    {
        var body = new { email = await NewOperatorAsync(), password = TestHost.Password };
        var answer = await Platform.PostAsync("/v1/platform/auth/login", body);
        return Platform.With(answer.ShouldBe(System.Net.HttpStatusCode.OK).Get<string>("accessToken"));
    }

    /// <summary>A signed-in session made without a password, for tests that are not about signing in.</summary>
    public async Task<string> TokenAsync(User user, DateTimeOffset? now = null)
    {
        var at = now ?? Services.GetRequiredService<TimeProvider>().Now();
        var session = Session.Start(user.OrgId, user.Id, "test", at);
        await ExecuteAsync(
            """
            insert into sessions (org_id, id, user_id, created_at, authenticated_at, last_used_at, expires_at, client_address)
            values ($1, $2, $3, $4, $4, $4, $5, 'test')
            """,
            session.OrgId.Value, session.Id.Value, session.UserId.Value, session.CreatedAt.UtcDateTime, session.ExpiresAt.UtcDateTime);
        return Services.GetRequiredService<ITokens>().IssueAccess(user.OrgId, user.Id, session.Id, at);
    }

    /// <summary>Looks underneath the fence, as a superuser: what is really there.</summary>
    public async Task<T> QueryAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        await _factory.DisposeAsync();
        await _seeder.DisposeAsync();
        await _superuser.DisposeAsync();
    }

    private NpgsqlCommand Command(string sql, object[] parameters)
    {
        var command = _superuser.CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return command;
    }

    /// <summary>Writes nothing; but where nobody logs, the framework makes no traces either.</summary>
    private sealed class Tracing : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Critical;

        public void Log<TState>(
            LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class Factory(TestApiOptions options) : WebApplicationFactory<Program>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            builder.UseEnvironment("Testing");
            foreach (var (name, value) in options.Settings) builder.UseSetting(name, value);
            builder.ConfigureLogging(logging =>
            {
                logging.ClearProviders().AddProvider(new Tracing());
                if (options.Logs is not null) logging.AddProvider(options.Logs).SetMinimumLevel(LogLevel.Trace);
            });
            if (options.Services is not null) builder.ConfigureTestServices(options.Services);
        }
    }
}
