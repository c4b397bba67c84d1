using System.Diagnostics;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;

namespace CleanTenancy.Benchmarks;

/// <summary>
/// What a reservation adds to the transaction that it belongs to, spread over tenants; and how many one hot tenant,
/// all of whose reservations wait for one row, can make while each is durable.
/// </summary>
internal static class QuotaCost
{
    public const string Name = "8";

    private const int Tenants = 50, Turns = 100, Racers = 16, WantedPerSecond = 900;

    private static readonly TimeSpan HotFor = TimeSpan.FromSeconds(4);

    public static async Task MeasureAsync(Data data, int rounds, Table table)
    {
        table.Add(new(Name, "insert with a reservation, elapsed", 1.20), await SpreadAsync(data, rounds));
        table.Add(new(Name, "one hot tenant, a durable reservation", 1.00), await HotAsync());
    }

    private static async Task<Measured> SpreadAsync(Data data, int rounds)
    {
        var sample = await data.SampleAsync(Tenants);
        await using var source = Source(data.App);
        var contexts = Contexts(source);
        var (floors, all) = (new List<double>(), new List<double>());
        for (var i = -1; i < rounds * Turns / 10; i++)
        {
            foreach (var (org, events) in sample)
            {
                var floor = await InsertAsync(contexts, org, events[0], reserves: false);
                var ours = await InsertAsync(contexts, org, events[0], reserves: true);
                if (i < 0) continue; // it prepared the statements

                floors.Add(floor);
                all.Add(ours);
            }
        }

        return Measured.Microseconds(floors, all);
    }

    private static async Task<double> InsertAsync(
        PooledDbContextFactory<AppDbContext> contexts, Guid org, Guid eventId, bool reserves)
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var db = contexts.CreateDbContext();
        db.Bind(new TenantBinding(new TenantId(org)));
        var watch = Stopwatch.StartNew();
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            if (reserves && await Quotas(db).ReserveAsync(Quota.Participants, 1, CancellationToken.None) is { } refusal)
                throw new InvalidOperationException(refusal.Code);
            await using var insert = db.Command(
                """
                insert into registrations
                  (org_id, id, event_id, name, email, normalized_email, status, version, created_at, updated_at)
                values ($1, $2, $3, 'Kim Minji', 'minji@example.test', 'minji@example.test', 'active', 1, now(), now())
                """);
            insert.With(org).With(Guid.CreateVersion7(now)).With(eventId);
            await insert.ExecuteNonQueryAsync();
            await transaction.CommitAsync();
        }

        return watch.Elapsed.TotalMicroseconds;
    }

    /// <summary>On a cluster that waits for the disk at each commit, unlike the others here.</summary>
    private static async Task<Measured> HotAsync()
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataFolder = "/tmp/clean-tenancy-bench-durable", Durable = true }, CancellationToken.None);
        var database = $"hot_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";
        await ExecuteAsync(postgres.ConnectionString("postgres", "postgres"), $"create database {database}");
        var superuser = postgres.ConnectionString(database, "postgres");
        await DatabaseSetup.CreateRolesAsync(superuser, new RolePasswords(postgres.Secret, postgres.Secret, postgres.Secret), CancellationToken.None);
        await DatabaseSetup.MigrateAsync(postgres.ConnectionString(database, "cleantenancy_migrator"), CancellationToken.None);
        var org = TenantId.New(TimeProvider.System.Now());
        await using (var seeder = new TenantSeeder(postgres.ConnectionString(database, "cleantenancy_migrator")))
            await seeder.CreateAsync(
                Organization.Start(org, "hot-tenant", "Hot", Tier.Pro, TimeProvider.System.Now()),
                [("owner@hot.test", "Owner", BuiltInRoles.SuperAdmin)], "x", fill: null, CancellationToken.None);

        await using var source = Source(postgres.ConnectionString(database, "application_role"));
        var contexts = Contexts(source);
        await RaceAsync(contexts, org, TimeSpan.FromSeconds(1)); // warm
        var made = await RaceAsync(contexts, org, HotFor);
        NpgsqlConnection.ClearAllPools();
        await ExecuteAsync(postgres.ConnectionString("postgres", "postgres"), $"drop database {database} with (force)");
        return new Measured(1_000_000.0 / WantedPerSecond, HotFor.TotalMicroseconds / made, " us");
    }

    private static async Task<long> RaceAsync(
        PooledDbContextFactory<AppDbContext> contexts, TenantId org, TimeSpan time)
    {
        var (made, watch) = (0L, Stopwatch.StartNew());
        await Task.WhenAll(Enumerable.Range(0, Racers).Select(_ => Task.Run(async () =>
        {
            while (watch.Elapsed < time)
            {
                await using var db = await contexts.CreateDbContextAsync();
                db.Bind(new TenantBinding(org));
                await using var transaction = await db.Database.BeginTransactionAsync();
                if (await Quotas(db).ReserveAsync(Quota.Participants, 1, CancellationToken.None) is { } refusal)
                    throw new InvalidOperationException(refusal.Code);
                await transaction.CommitAsync();
                Interlocked.Increment(ref made);
            }
        })));
        return made;
    }

    /// <summary>Connections as the API makes them.</summary>
    private static NpgsqlDataSource Source(string connectionString) => NpgsqlDataSource.Create(
        connectionString + ";No Reset On Close=true;Max Auto Prepare=64;Auto Prepare Min Usages=2");

    private static PooledDbContextFactory<AppDbContext> Contexts(NpgsqlDataSource source)
    {
        var options = new DbContextOptionsBuilder<AppDbContext>();
        options.UseTenants(source);
        return new PooledDbContextFactory<AppDbContext>(options.Options);
    }

    private static Quotas Quotas(AppDbContext db) => new(db, new QuotaNotices(db, new NoMails()), TimeProvider.System);

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = await Data.OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The plan of these tenants has no limit, and so no marks.</summary>
    private sealed class NoMails : IOutbox
    {
        public Task MailAsync(Mail mail, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("No limit, no mail.");

        public Task EraseFileAsync(FileKey file, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("Nothing is stored here.");
    }
}
