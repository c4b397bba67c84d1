using System.Net.Sockets;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="ITenantTransaction"/>
internal sealed class TenantTransaction(AppDbContext db, ICaller caller) : ITenantTransaction
{
    private const int Attempts = 5;

    private readonly List<Action> _afterCommit = [];

    public void NameTenant()
    {
        var tenant = caller.RequiredTenant();
        if (caller.Member is { } member && member.OrgId != tenant.Id)
            throw new TenantMismatchException("the person belongs to another one than the host");

        db.Bind(TenantBindings.Of(caller, tenant.Id));
    }

    public async Task<TResponse> RunAsync<TResponse>(Func<Task<TResponse>> work, CancellationToken cancellationToken)
        where TResponse : IRefusable<TResponse>
    {
        NameTenant();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await RunOnceAsync(work, cancellationToken);
            }
            catch (Exception failure) when (attempt < Attempts && IsVictim(failure))
            {
                // The server has rolled the whole transaction back: starting over has no effect twice.
            }
            catch (DbUpdateConcurrencyException stale)
            {
                throw new StaleRowException(stale);
            }
            catch (Exception failure)
                when (Refusal(failure) is { SqlState: PostgresErrorCodes.LockNotAvailable })
            {
                throw new BusyException(failure);
            }
            catch (Exception failure) when (Refusal(failure) is { ConstraintName: { } constraint })
            {
                throw new ConstraintViolatedException(constraint, failure);
            }
        }
    }

    private async Task<TResponse> RunOnceAsync<TResponse>(
        Func<Task<TResponse>> work, CancellationToken cancellationToken)
        where TResponse : IRefusable<TResponse>
    {
        db.ChangeTracker.Clear();
        _afterCommit.Clear();
        await using var transaction = await BeginAsync(cancellationToken);
        var response = await work();
        if (response.Error is not null)
        {
            await transaction.RollbackAsync(CancellationToken.None);
            db.ChangeTracker.Clear();
            return response;
        }

        await db.SaveChangesAsync(cancellationToken);
        // A client that goes away now must not leave it open whether the change was made.
        await transaction.CommitAsync(CancellationToken.None);
        foreach (var action in _afterCommit) action();
        return response;
    }

    /// <summary>
    /// Again where the connection turned out to be lost, as those are that were idle when the server restarted: nothing
    /// has been done on it yet.
    /// </summary>
    private async Task<IDbContextTransaction> BeginAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await db.Database.BeginTransactionAsync(cancellationToken);
            }
            catch (Exception failure) when (attempt < Attempts && IsOfTheConnection(failure))
            {
                // It has left the pool.
            }
        }
    }

    public Task FlushAsync(CancellationToken cancellationToken) => db.SaveChangesAsync(cancellationToken);

    public void AfterCommit(Action action) => _afterCommit.Add(action);

    private static bool IsVictim(Exception failure) => Refusal(failure)?.SqlState
        is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    /// <summary>Ended from outside, cut, or out of step; a pool that is empty will be no fuller at once.</summary>
    private static bool IsOfTheConnection(Exception failure) => failure switch
    {
        PostgresException refusal =>
            refusal.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.QueryCanceled,
        NpgsqlException { InnerException: IOException or SocketException } => true,
        // The driver has no type of its own for an answer that it did not expect.
        _ => failure.GetType() == typeof(Exception),
    };

    /// <summary>EF wraps what the driver threw once, and twice where the driver calls it transient.</summary>
    private static PostgresException? Refusal(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
            if (cause is PostgresException refusal)
                return refusal;
        return null;
    }
}

internal static class TenantBindings
{
    /// <summary>
    /// For a deed of the caller. An operator who acts as a member is the actor, and the member the one on whose behalf;
    /// a member of another tenant is nobody here, and their id is none of this tenant's business.
    /// </summary>
    public static TenantBinding Of(ICaller caller, TenantId org)
    {
        var member = caller.Member?.OrgId == org ? caller.Member : null;
        return new TenantBinding(
            org,
            member?.ImpersonatorId is { } impersonator ? new UserId(impersonator.Value) : member?.Id,
            caller.Address)
        {
            Kind = member is null ? ActorKind.Public : member.ImpersonatorId is null ? member.Kind : ActorKind.Operator,
            OnBehalfOf = member?.ImpersonatorId is null ? null : member.Id.Value,
            RequestId = caller.RequestId,
            TraceId = caller.TraceId,
        };
    }
}
