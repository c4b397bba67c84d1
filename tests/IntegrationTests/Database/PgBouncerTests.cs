using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Battery;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// Behind PgBouncer in transaction mode every transaction may be on another backend: what lives in the transaction
/// works, what would live in the session does not. Before 1.21 it keeps no prepared statements either.
/// </summary>
public sealed class PgBouncerTests(TestHost host, OwnDatabase database) : IClassFixture<OwnDatabase>, IAsyncLifetime
{
    private const string Program = "/usr/sbin/pgbouncer";
    private const int Operations = 2000;

    private readonly string _folder = Directory.CreateTempSubdirectory("pgbouncer").FullName;
    private Process? _bouncer;
    private int _port;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Program)) return;

        var server = new NpgsqlConnectionStringBuilder(database.App);
        _port = FreePort();
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "users.txt"), $"\"application_role\" \"{server.Password}\"\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "pgbouncer.ini"), $"""
            [databases]
            * = host={server.Host} port={server.Port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {_port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {_folder}/users.txt
            pool_mode = transaction
            default_pool_size = 4
            max_client_conn = 200
            server_login_retry = 1
            """);
        if (OperatingSystem.IsLinux() && Environment.UserName == "root")
            foreach (var path in Directory.GetFiles(_folder).Append(_folder))
                File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101); // it refuses to be root
        _bouncer = Process.Start(new ProcessStartInfo(
            Program,
            Environment.UserName == "root"
                ? ["-q", "-u", "nobody", $"{_folder}/pgbouncer.ini"]
                : ["-q", $"{_folder}/pgbouncer.ini"]))!;
        for (var attempt = 0; !await AnswersAsync(); attempt++)
        {
            (attempt < 50 && !_bouncer.HasExited).ShouldBeTrue("PgBouncer did not start.");
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_bouncer is not null)
        {
            _bouncer.Kill();
            await _bouncer.WaitForExitAsync();
            _bouncer.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task No_row_of_another_tenant_is_ever_read()
    {
        SkipWithoutProgram();
        await using (var superuser = await database.SuperuserAsync()) await PoolFuzz.SeedAsync(superuser);
        await using var source = NpgsqlDataSource.Create(
            Through(database.App) + ";Pooling=true;Maximum Pool Size=16;No Reset On Close=true;Max Auto Prepare=0");
        using var block = Tally.Start("SQL, through PgBouncer, fuzz");
        var fuzz = new PoolFuzz(source, () => Task.CompletedTask, Operations);

        await fuzz.RunAsync();

        block.Count("events", fuzz.Oracle.Checks);
        fuzz.Oracle.ShouldBeClean();
        block.Cases.ShouldBeGreaterThan(Operations);
    }

    /// <summary>A backend that was told for a session serves other sessions too.</summary>
    [Fact]
    public async Task The_same_fuzz_sees_a_binding_of_the_session_leaking()
    {
        SkipWithoutProgram();
        var leaking = new OwnDatabase(host);
        await leaking.InitializeAsync();
        await using (var superuser = await leaking.SuperuserAsync()) await PoolFuzz.SeedAsync(superuser);
        await using var source = NpgsqlDataSource.Create(
            Through(leaking.App) + ";Pooling=true;Maximum Pool Size=16;No Reset On Close=true;Max Auto Prepare=0");
        var fuzz = new PoolFuzz(source, () => Task.CompletedTask, Operations, SessionBinding.Use);

        await fuzz.RunAsync();

        fuzz.Oracle.Leaks.ShouldBePositive(fuzz.Oracle.ToString());
    }

    public static TheoryData<string> Contexts => [.. FenceMatrix.Contexts.Keys];

    [Theory]
    [MemberData(nameof(Contexts))]
    public async Task Only_own_rows_are_reached(string context)
    {
        SkipWithoutProgram();
        using var block = Tally.Start("SQL, through PgBouncer, matrix");
        var tables = await FenceMatrix.TablesAsync(database);
        await using var app = await database.OpenAsync(Through(database.App) + ";Max Auto Prepare=0");
        await app.ExecuteAsync("begin");
        await FenceMatrix.BindAsync(app, context);

        var findings = await FenceMatrix.AttackAsync(app, FenceMatrix.App, context, tables, block);

        await app.ExecuteAsync("rollback");
        string.Join('\n', findings.Take(20)).ShouldBeEmpty();
        block.Cases.ShouldBeGreaterThan(15 * tables.Count);
    }

    [Fact]
    public async Task The_API_works()
    {
        SkipWithoutProgram();
        using var block = Tally.Start("SQL, through PgBouncer, HTTP");
        var app = host.Postgres.ConnectionString(host.Api.Database, "application_role");
        await using var api = await host.StartApiAsync(
            host.Api.Database,
            options => options.Settings["ConnectionStrings:App"] = Through(app) + ";Max Auto Prepare=0");
        var tenant = await api.NewTenantAsync();
        var signedIn = await tenant.Anonymous.PostAsync(
            "/v1/auth/login", new { email = tenant.Email(BuiltInRoles.Organizer), password = TestHost.Password });
        var client = tenant.Anonymous.With(signedIn.ShouldBe(HttpStatusCode.OK).Get<string>("accessToken"));

        var created = await client.PostAsync("/v1/events", Sample.Event());

        created.ShouldBe(HttpStatusCode.Created);
        for (var n = 0; n < 20; n++)
            (await client.GetAsync("/v1/events")).Data().Count.ShouldBe(1);
        // Another tenant's people see their own, at the same time, over the same few backends.
        var other = await (await api.NewTenantAsync()).OrganizerAsync();
        var answers = await Answers.ParallelAsync(40, n => (n % 2 == 0 ? client : other).GetAsync("/v1/events"));
        answers.Select(a => a.Data().Count).ShouldBe(Enumerable.Range(0, 40).Select(n => n % 2 == 0 ? 1 : 0));
        (await other.GetAsync($"/v1/events/{created.Id}")).ShouldBe(HttpStatusCode.NotFound);
        await CommandsAsync(api);
        block.Count("events", 64);
        block.Count("commands", CommandRoute.All.Count);
    }

    /// <summary>Each command once.</summary>
    private static async Task CommandsAsync(TestApi api)
    {
        foreach (var route in CommandRoute.All)
        {
            var tenant = await api.NewTenantAsync();
            var stage = await Stage.WithPeopleAsync(tenant);
            (await route.SendAsync(await tenant.OwnerAsync(), stage)).Status.ShouldBe(route.Success, route.Command);
        }
    }

    /// <summary>LISTEN is accepted and heard by nobody: it stays on a backend that serves others.</summary>
    [Fact]
    public async Task A_signal_is_not_heard_through_it()
    {
        SkipWithoutProgram();
        await using var listener = await database.OpenAsync(Through(database.App) + ";Max Auto Prepare=0");
        var heard = 0;
        listener.Notification += (_, _) => heard++;
        await listener.ExecuteAsync("listen cleantenancy");
        await using var superuser = await database.SuperuserAsync();

        await superuser.ExecuteAsync("select pg_notify('cleantenancy', 'x')");

        (await listener.WaitAsync(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken)).ShouldBeFalse();
        heard.ShouldBe(0);
    }

    private static void SkipWithoutProgram() =>
        Assert.SkipUnless(File.Exists(Program), $"{Program} is not installed: apt-get install pgbouncer.");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string Through(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = _port }.ConnectionString;

    private async Task<bool> AnswersAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
