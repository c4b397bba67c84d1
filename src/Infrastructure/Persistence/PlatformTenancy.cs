using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Outbox;
using CleanTenancy.Infrastructure.Outbox;
using CleanTenancy.Infrastructure.Signals;
using CleanTenancy.Infrastructure.Tenancy;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Opens transactions of platform_role that are about one tenant, and bound to it: the platform's part in a tenant's
/// life. The policies let such a transaction write no other tenant's rows.
/// </summary>
internal sealed class PlatformTenancy(
    [FromKeyedServices(DependencyInjection.Platform)] NpgsqlDataSource platform, PlatformLog log,
    CachedTenants cached, OutboxBell bell, ICaller caller, TimeProvider clock)
{
    /// <summary>Dispose without a commit rolls it back.</summary>
    public async Task<PlatformTransaction> BeginAsync(TenantId org, CancellationToken cancellationToken)
    {
        var connection = await platform.OpenConnectionAsync(cancellationToken);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var binding = Binding(org);
            await using var bind = TenantContext.Command(binding, connection, transaction);
            TenantContext.Prove(binding, await bind.ExecuteScalarAsync(CancellationToken.None));
            return new PlatformTransaction(org, connection, transaction, log, cached, bell, caller, clock);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>An operator, a timer of ours, or the tenant's own member whose deed only the platform can do.</summary>
    private TenantBinding Binding(TenantId org) => caller.Operator is { } person
        ? new TenantBinding(org, new UserId(person.Id.Value), caller.Address)
        {
            Kind = ActorKind.Operator,
            RequestId = caller.RequestId,
            TraceId = caller.TraceId,
        }
        : caller.IsSystem
            ? new TenantBinding(org) { RequestId = caller.RequestId, TraceId = caller.TraceId }
            : TenantBindings.Of(caller, org);
}

/// <summary>One transaction of platform_role, bound to one tenant.</summary>
internal sealed class PlatformTransaction(
    TenantId org, NpgsqlConnection connection, NpgsqlTransaction transaction, PlatformLog log, CachedTenants cached,
    OutboxBell bell, ICaller caller, TimeProvider clock) : IAsyncDisposable
{
    private bool _queued, _changed, _peopleChanged;

    public TenantId OrgId => org;

    public NpgsqlCommand Command(string sql) => new(sql, connection, transaction);

    /// <summary>A purged tenant looks like one that never was; the canaries are among them.</summary>
    public async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        await using var exists = Command(
            "select exists (select from organizations where id = $1 and state <> 'purged')").With(org.Value);
        return (bool)(await exists.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The deed in the tenant's own log.</summary>
    public async Task RecordAsync(string deed, Guid? row, object? details, CancellationToken cancellationToken)
    {
        await using var record = Command("select record_deed($1, $2, null, $3)").With(deed)
            .WithNullable(row, NpgsqlDbType.Uuid)
            .WithNullable(details is null ? null : JsonSerializer.Serialize(details, Wire.Json), NpgsqlDbType.Jsonb);
        await record.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The same in the platform's log, for what operators and sweeps do.</summary>
    public Task RecordForPlatformAsync(string deed, object? details, CancellationToken cancellationToken) =>
        log.AppendAsync(connection, deed, caller.Operator?.Id, org.Value, details, cancellationToken);

    /// <summary>Queues what happens outside after the commit; a message of the same id is queued once.</summary>
    public async Task QueueAsync<T>(
        string kind, T message, CancellationToken cancellationToken, Guid? id = null, DateTimeOffset? availableAt = null)
    {
        var queued = OutboxMessage.Of(org, kind, JsonSerializer.Serialize(message, Wire.Json), clock.Now());
        await using var insert = Command(
            """
            insert into outbox (org_id, id, kind, payload, created_at, available_at) values ($1, $2, $3, $4, $5, $6)
            on conflict do nothing
            """).With(org.Value).With(id ?? queued.Id.Value).With(kind).With(queued.Payload)
            .With(queued.CreatedAt.UtcDateTime).With((availableAt ?? queued.AvailableAt).UtcDateTime);
        await insert.ExecuteNonQueryAsync(cancellationToken);
        _queued = true;
    }

    /// <summary>What is cached of the tenant is no longer true: told to every instance with the commit.</summary>
    public async Task SignalAsync(CancellationToken cancellationToken)
    {
        await connection.NotifyAsync(
            SignalChannel.Name, SignalChannel.Message(SignalChannel.Tenant, org.Value), cancellationToken);
        _changed = true;
    }

    /// <summary>The same of its people: their sessions, permissions and keys.</summary>
    public async Task SignalPeopleAsync(CancellationToken cancellationToken)
    {
        await connection.NotifyAsync(
            SignalChannel.Name, SignalChannel.Message(SignalChannel.People, org.Value), cancellationToken);
        _peopleChanged = true;
    }

    public async Task CommitAsync()
    {
        // A client that goes away now must not leave it open whether the change was made.
        await transaction.CommitAsync(CancellationToken.None);
        if (_changed) cached.Tenants.Forget(org);
        if (_peopleChanged) cached.ForgetPeople(org);
        if (_queued) bell.Ring(org);
    }

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}

/// <summary>What this instance has cached of tenants.</summary>
internal sealed class CachedTenants(TenantDirectory tenants, SessionDirectory sessions, ApiKeyDirectory keys)
{
    public TenantDirectory Tenants => tenants;

    public void ForgetPeople(TenantId org)
    {
        sessions.Forget(org);
        keys.Forget(org);
    }
}
