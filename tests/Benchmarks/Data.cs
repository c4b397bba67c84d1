using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Postgres;
using CleanTenancy.Infrastructure.Security;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace CleanTenancy.Benchmarks;

/// <summary>An event to ask for, and what it takes to be let in.</summary>
internal sealed record Target(string Slug, Guid Org, Guid Event, string Token);

/// <summary>A database with tenants and events in it. It stays for the next run.</summary>
internal sealed class Data : IAsyncDisposable
{
    public const int EventsEach = 50;

    /// <summary>Enough that no tenant is hot by itself, and few enough to wait for: signing in takes a core for 80 ms.</summary>
    private const int SignedIn = 50;

    /// <summary>The body that makes one: by its title it is found again, and removed.</summary>
    public const string NewEvent = """
        {
          "title": "Bench",
          "description": "Two days of talks and workshops. Doors open at nine; bring the ticket.",
          "startsAt": "2031-04-01T09:00:00Z",
          "endsAt": "2031-04-01T17:00:00Z",
          "capacity": 200,
          "venue": { "name": "COEX", "address": "513 Yeongdong-daero, Gangnam-gu, Seoul" }
        }
        """;

    /// <summary>
    /// Removes what was measured before, and makes a second events and a second registrations: the same rows, indexes,
    /// keys and fence, without the audit trigger.
    /// </summary>
    private const string Tidy = """
        set session_replication_role = replica;
        delete from events where title = 'Bench';
        update organizations set tier = 'enterprise' where tier <> 'enterprise';
        truncate registrations, audit_logs, audit_seals;
        drop schema if exists bare cascade;
        create schema bare;
        grant usage, create on schema bare to cleantenancy_owner;
        grant usage on schema bare to cleantenancy_migrator, application_role;
        create table bare.events (like events including all);
        insert into bare.events select * from events;
        create table bare.registrations (like registrations including all);
        select fence_tenant_table('bare.events', 'select, insert, update');
        select fence_tenant_table('bare.registrations', 'select, insert, update');
        do $$
        declare key record;
        begin
          for key in
            select c.relname, pg_get_constraintdef(k.oid) as definition
            from pg_constraint k join pg_class c on c.oid = k.conrelid
            where k.contype = 'f' and k.conrelid in ('public.events'::regclass, 'public.registrations'::regclass)
          loop
            execute format('alter table bare.%I add %s', key.relname, key.definition);
          end loop;
        end
        $$;
        reset session_replication_role
        """;

    private const string Folder = "/tmp/clean-tenancy-bench", Password = "correct-horse-bench";

    private readonly EmbeddedPostgres _postgres;
    private readonly string _database;

    private Data(EmbeddedPostgres postgres, string database) => (_postgres, _database) = (postgres, database);

    public string App => _postgres.ConnectionString(_database, "application_role");

    public string Platform => _postgres.ConnectionString(_database, "platform_role");

    /// <summary>A tenant that is always there, and its one person.</summary>
    public static (string Slug, string Email) First => (Slug(0), Email(Slug(0)));

    /// <summary>Bypasses Row-Level Security.</summary>
    public string Migrator => _postgres.ConnectionString(_database, "cleantenancy_migrator");

    public string Superuser => _postgres.ConnectionString(_database, "postgres");

    /// <summary>The process all backends are children of.</summary>
    public int Postmaster { get; private set; }

    public static async Task<Data> PrepareAsync(int tenants)
    {
        var postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataFolder = Folder, Durable = false }, CancellationToken.None);
        var data = new Data(postgres, $"bench_{SchemaHash()}");
        try
        {
            await data.FillAsync(tenants);
            return data;
        }
        catch
        {
            await data.DisposeAsync();
            throw;
        }
    }

    /// <summary>Signs in to some tenants, spread over all, and names their events.</summary>
    public async Task<IReadOnlyList<Target>> SignInAsync(Server server)
    {
        var slugs = await SlugsAsync();
        using var client = new HttpClient();
        var targets = new List<Target>();
        foreach (var slug in slugs.Where((_, i) => i % Math.Max(1, slugs.Count / SignedIn) == 0).Take(SignedIn))
        {
            var token = await TokenAsync(client, server, slug);
            foreach (var (org, id) in await EventsAsync(slug)) targets.Add(new(slug, org, id, token));
        }

        return targets;
    }

    /// <summary>As it was before anything was measured.</summary>
    public async Task TidyAsync()
    {
        await using var connection = await OpenAsync(Superuser);
        // Vacuum at once, and not by the server's own hand in the middle of a round.
        foreach (var sql in (string[])[Tidy, "vacuum (analyze, freeze)", "checkpoint"])
        {
            await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>A connection that nobody else gets: its backend's CPU is its own.</summary>
    public static async Task<NpgsqlConnection> OpenAsync(string database)
    {
        var settings = new NpgsqlConnectionStringBuilder(database)
        {
            Pooling = false,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
        };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Events of so many tenants, spread over all.</summary>
    public async Task<IReadOnlyList<(Guid Org, Guid[] Events)>> SampleAsync(int tenants)
    {
        var slugs = await SlugsAsync();
        var sample = new List<(Guid, Guid[])>();
        foreach (var slug in slugs.Where((_, i) => i % Math.Max(1, slugs.Count / tenants) == 0).Take(tenants))
        {
            var events = await EventsAsync(slug);
            sample.Add((events[0].Org, [.. events.Select(e => e.Id)]));
        }

        return sample;
    }

    public ValueTask DisposeAsync() => _postgres.DisposeAsync();

    private async Task FillAsync(int tenants)
    {
        await using var superuser = new NpgsqlConnection(_postgres.ConnectionString("postgres", "postgres"));
        await superuser.OpenAsync();
        Postmaster = CpuMeter.ParentOf(superuser.ProcessID);
        await using (var exists = new NpgsqlCommand($"select exists (select from pg_database where datname = '{_database}')", superuser))
            if (!(bool)(await exists.ExecuteScalarAsync())!)
            {
                await using var create = new NpgsqlCommand($"create database {_database}", superuser);
                await create.ExecuteNonQueryAsync();
            }

        var secret = _postgres.Secret;
        await DatabaseSetup.CreateRolesAsync(
            _postgres.ConnectionString(_database, "postgres"), new RolePasswords(secret, secret, secret), CancellationToken.None);
        await DatabaseSetup.MigrateAsync(Migrator, CancellationToken.None);
        await AddTenantsAsync(tenants);
    }

    private async Task AddTenantsAsync(int tenants)
    {
        var there = (await SlugsAsync()).ToHashSet();
        var missing = Enumerable.Range(0, tenants).Select(Slug).Where(slug => !there.Contains(slug)).ToList();
        if (missing.Count == 0) return;

        Console.WriteLine($"Filling {_database}: {missing.Count} tenants ...");
        await using var seeder = new TenantSeeder(Migrator);
        using var passwords = new Passwords();
        var hash = await passwords.HashAsync(Password, CancellationToken.None);
        var now = TimeProvider.System.GetUtcNow();
        foreach (var slug in missing)
        {
            var organization = Organization.Start(TenantId.New(now), slug, $"Tenant {slug}", Tier.Enterprise, now);
            await seeder.CreateAsync(
                organization,
                [(Email(slug), "Bench", BuiltInRoles.SuperAdmin)],
                hash,
                db => db.Events.AddRange(Enumerable.Range(1, EventsEach).Select(n => Draft(organization, n, now))),
                CancellationToken.None);
        }
    }

    private static Event Draft(Organization organization, int number, DateTimeOffset now)
    {
        var start = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddDays(30 + number).AddHours(1);
        return Event.Draft(
            organization.Id,
            new EventContent
            {
                Title = $"Autumn Conference {number}",
                Description = "Two days of talks and workshops. Doors open at nine; bring the ticket and something to write with.",
                StartsAt = start,
                EndsAt = start.AddHours(8),
                Capacity = 200,
                Venue = new Venue { Name = "COEX", Address = "513 Yeongdong-daero, Gangnam-gu, Seoul" },
            },
            organization.TimeZone,
            organization.Currency,
            now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)));
    }

    private async Task<IReadOnlyList<string>> SlugsAsync()
    {
        await using var source = NpgsqlDataSource.Create(Migrator);
        await using var command = source.CreateCommand("select slug from tenant_slugs where slug like 'bench-%' order by slug");
        await using var reader = await command.ExecuteReaderAsync();
        var slugs = new List<string>();
        while (await reader.ReadAsync()) slugs.Add(reader.GetString(0));
        return slugs;
    }

    private async Task<IReadOnlyList<(Guid Org, Guid Id)>> EventsAsync(string slug)
    {
        await using var source = NpgsqlDataSource.Create(Migrator);
        await using var command = source.CreateCommand(
            "select e.org_id, e.id from events e join tenant_slugs s on s.org_id = e.org_id where s.slug = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = slug });
        await using var reader = await command.ExecuteReaderAsync();
        var events = new List<(Guid, Guid)>();
        while (await reader.ReadAsync()) events.Add((reader.GetGuid(0), reader.GetGuid(1)));
        return events;
    }

    public static async Task<string> TokenAsync(HttpClient client, Server server, string slug)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Url("/v1/auth/login"));
        request.Headers.Host = server.HostOf(slug);
        request.Content = JsonContent.Create(new { email = Email(slug), password = Password });
        using var response = await client.SendAsync(request);
        var answer = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        return answer.GetProperty("accessToken").GetString()!;
    }

    private static string Slug(int number) => string.Create(CultureInfo.InvariantCulture, $"bench-{number:00000}");

    private static string Email(string slug) => $"bench@{slug}.test";

    /// <summary>Of everything the migrations do: another schema is another database, for one that ran is not run again.</summary>
    private static string SchemaHash()
    {
        using var db = AppDbContextOptions.ForMigrations("Host=none");
        var script = db.GetService<IMigrator>().GenerateScript();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(script)))[..12];
    }
}
