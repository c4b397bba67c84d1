using CleanTenancy.Application.Common.Ports;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence.Isolation;

/// <summary>
/// Whether the role we log in as stands inside the fence, and the fence stands. At start-up a "no" ends the program;
/// later it takes this instance out of service. On connections of its own: requests that have taken them all must not
/// make it look broken.
/// </summary>
internal sealed class IsolationCheck : IReadiness, IIsolation
{
    private static readonly Guid
        Org = new("00000000-0000-7000-8000-00000000000a"), OrgsRow = new("00000000-0000-7000-8000-0000000000a1");

    private static readonly Lazy<IReadOnlyList<string>> Migrations = new(() =>
    {
        using var db = AppDbContextOptions.ForMigrations("Host=none");
        return [.. db.GetService<IMigrationsAssembly>().Migrations.Keys];
    });

    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private volatile CanaryReport? _canaries;
    private Task<IReadOnlyList<ReadinessProblem>>? _underWay;
    private int _broken;

    public IsolationCheck(
        [FromKeyedServices(DependencyInjection.Isolation)] NpgsqlDataSource source, TimeProvider clock)
    {
        (_source, _clock) = (source, clock);
        Telemetry.Meter.CreateObservableGauge(
            "cleantenancy.isolation.broken", () => Volatile.Read(ref _broken),
            description: "Rules of isolation that do not hold, when last looked at. Must stay 0.");
    }

    /// <summary>Who asks while one is under way shares it: nobody can pile them up.</summary>
    public Task<IReadOnlyList<ReadinessProblem>> CheckAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_underWay is null or { IsCompleted: true }) _underWay = CheckOnceAsync(CancellationToken.None);
            return _underWay.WaitAsync(cancellationToken);
        }
    }

    private async Task<IReadOnlyList<ReadinessProblem>> CheckOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(cancellationToken);
            if (await MissingMigrationAsync(connection, cancellationToken) is { } missing)
                return [new("migrations", $"{missing} has not run")]; // the rules ask for what it makes

            var isAhead = await IsAheadAsync(connection, cancellationToken);
            var rules = await RulesAsync(connection, cancellationToken);
            return
            [
                .. rules.Where(rule => !rule.Holds && !IsAdvice(rule, isAhead)).Select(Problem),
                .. _canaries is { Holds: false } found
                    ? [new ReadinessProblem("canaries", string.Join("; ", found.Broken))]
                    : Array.Empty<ReadinessProblem>(),
            ];
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException or InvalidOperationException)
        {
            return [new("database", "does not answer")];
        }
    }

    public async Task<IsolationReport> ReportAsync(CancellationToken cancellationToken)
    {
        var at = _clock.GetUtcNow();
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        var rules = await RulesAsync(connection, cancellationToken);
        var canaries = _canaries;
        return new(at, rules.All(rule => rule.Holds) && canaries?.Holds is not false, rules, canaries);
    }

    public async Task<CanaryReport> ProbeAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        return _canaries = await new CanaryProbe(connection).RunAsync(_clock.GetUtcNow(), cancellationToken);
    }

    private async Task<IReadOnlyList<IsolationRuleReport>> RulesAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<IsolationRuleReport> rules =
        [
            .. await IsolationCatalogue.ReadAsync(connection, cancellationToken),
            await ProbeAsync(connection, cancellationToken),
            ErrorsOf(connection),
        ];
        Volatile.Write(ref _broken, rules.Count(rule => !rule.Holds));
        return rules;
    }

    private static ReadinessProblem Problem(IsolationRuleReport rule) => new(
        $"{rule.Control}: {rule.Rule}",
        rule.Broken.Count > 0 ? string.Join("; ", rule.Broken) : "there is nothing to look at");

    private static bool IsAdvice(IsolationRuleReport report, bool isAhead) => IsolationRules.All.Any(rule =>
        rule.Name == report.Rule && (rule.IsAdvice || (isAhead && rule.IsOfRelease)));

    /// <summary>A newer release has migrated, and is about to take over from this one.</summary>
    private static async Task<bool> IsAheadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select exists (select from \"__EFMigrationsHistory\" where migration_id > all ($1))", connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. Migrations.Value] });
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    /// <summary>Bound to a tenant, exactly its one row; bound to nobody, none.</summary>
    private static async Task<IsolationRuleReport> ProbeAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("begin read only"));
        batch.BatchCommands.Add(TenantContext.BatchCommand(new TenantBinding(new(Org))));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select id from fence_probes"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select id from fence_probes"));
        var seen = new List<Guid>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.NextResultAsync(cancellationToken)) // the first result is the binding's
            while (await reader.ReadAsync(cancellationToken))
                seen.Add(reader.GetGuid(0));
        var holds = seen.Count == 1 && seen[0] == OrgsRow;
        return new(
            "A6", "A bound read sees its own row, and an unbound one nothing", holds, ["fence_probes"],
            holds ? [] : [$"fence_probes: {seen.Count} rows were seen"]);
    }

    /// <summary>A refused row stands in the error's detail: it must not even reach this process.</summary>
    private static IsolationRuleReport ErrorsOf(NpgsqlConnection connection)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection.ConnectionString);
        return new(
            "A19", "Errors of the database come without the rows that they are about", !settings.IncludeErrorDetail,
            ["Include Error Detail"], settings.IncludeErrorDetail ? ["Include Error Detail: is on"] : []);
    }

    private static async Task<string?> MissingMigrationAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await ScalarAsync<string>(
            connection, "select to_regclass('public.\"__EFMigrationsHistory\"')::text", cancellationToken) is null)
            return Migrations.Value[0];

        await using var command = new NpgsqlCommand(
            "select name from unnest($1) name "
            + "where name not in (select migration_id from \"__EFMigrationsHistory\") order by name limit 1",
            connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. Migrations.Value] });
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    private static async Task<T?> ScalarAsync<T>(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }
}
