using System.Diagnostics.Metrics;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Denied attempts, each in a short transaction of its own. A flood of them is cut: after so many in a minute from one
/// person or address the last line says that there were more, and a counter goes on.
/// </summary>
internal sealed partial class Denials(
    IDbContextFactory<AppDbContext> contexts, ICaller caller, DenialLimit limit, ILogger<Denials> log) : IDenials
{
    private static readonly Counter<long> Denied = Telemetry.Meter.CreateCounter<long>(
        "cleantenancy.access.denied", description: "Attempts that were denied.");

    public async Task RecordAsync(Denial denial, CancellationToken cancellationToken)
    {
        if (caller.Tenant is not { } tenant) return; // the platform's requests are logged by their handlers

        Denied.Add(1, new KeyValuePair<string, object?>("code", denial.Code));
        if (!limit.TryEnter(tenant.Id, caller.Member?.Id.ToString() ?? caller.Address, out var isLast)) return;

        try
        {
            await WriteAsync(tenant, denial, isLast, cancellationToken);
        }
        catch (Exception failure) when (failure
            is NpgsqlException or TimeoutException or InvalidOperationException or TenantMismatchException)
        {
            // The refusal stands, and must not become a 500.
            Lost(failure, denial.Deed, denial.Code, caller.RequestId);
        }
    }

    private async Task WriteAsync(Tenant tenant, Denial denial, bool isLast, CancellationToken cancellationToken)
    {
        var details = new Dictionary<string, object> { ["request"] = denial.Request, ["code"] = denial.Code };
        if (isLast) details["more"] = "further attempts of this minute are not recorded";

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Bind(TenantBindings.Of(caller, tenant.Id));
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await using (var command = DeedCommand.Of(
            db, denial.Deed, denial.Subject, actor: null, JsonSerializer.Serialize(details, Wire.Json)))
            await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Deed} ({Code}) of request {RequestId} was not recorded")]
    private partial void Lost(Exception failure, string deed, string code, string requestId);
}

/// <summary>How many denials of one person or address are recorded in a minute.</summary>
internal sealed class DenialLimit(TimeProvider clock)
{
    private const int PerMinute = 30;

    private readonly ExpiringCache<(TenantId Org, string Who), Window> _windows = new(capacity: 20_000, clock);

    private sealed class Window
    {
        private int _count;

        public int Next() => Interlocked.Increment(ref _count);
    }

    /// <param name="isLast">Nothing more is recorded of them in this minute.</param>
    public bool TryEnter(TenantId org, string who, out bool isLast)
    {
        var count = WindowOf((org, who)).Next();
        isLast = count == PerMinute;
        return count <= PerMinute;
    }

    private Window WindowOf((TenantId Org, string Who) key)
    {
        if (_windows.TryGet(key, out var window)) return window;

        lock (_windows) // a window that is opened twice counts twice
        {
            if (!_windows.TryGet(key, out window))
                _windows.Set(key, window = new Window(), clock.GetUtcNow().AddMinutes(1));
            return window;
        }
    }
}
