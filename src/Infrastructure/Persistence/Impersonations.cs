using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Persistence.Isolation;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="IImpersonations"/>
internal sealed class Impersonations(
    IDbContextFactory<AppDbContext> contexts, IOperators operators, LifecycleTimes times, ICaller caller,
    TimeProvider clock) : IImpersonations
{
    private const string Deed = "impersonation.started";

    public async Task<Result<ImpersonationSession>> StartAsync(
        TenantId org, UserId user, string reason, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        if (CanaryProbe.IsCanary(org)) return Error.NotFound;

        var person = caller.RequiredOperator();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Bind(new TenantBinding(org, new UserId(person.Id.Value), caller.Address)
        {
            Kind = ActorKind.Operator,
            OnBehalfOf = user.Value,
            RequestId = caller.RequestId,
            TraceId = caller.TraceId,
        });
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = clock.Now();
        var tenant = await db.Organizations.SingleOrDefaultAsync(cancellationToken);
        if (tenant is null or { State: TenantState.Purged }) return Error.NotFound;
        var standing = tenant.Standing.At(now, times);
        if (!TenantLifecycle.Allows(standing.State, standing.Reason, Capability.SignIn))
            return TenantErrors.NotAllowed(standing.State, standing.Reason, standing.Since);
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == user && u.Status == UserStatus.Active, cancellationToken)
            is not { } member)
            return Error.NotFound;

        var session = Session.Impersonate(
            member, person.Id, reason, lifetime, caller.Address, caller.UserAgent, now);
        db.Sessions.Add(session);
        await db.SaveChangesAsync(cancellationToken);
        await RecordAsync(db, person, session, reason, lifetime, cancellationToken);
        // The platform's log first: it may hold an attempt that came to nothing, never miss one that did not.
        await operators.RecordAsync(
            Deed, person.Id, session.Id.Value, new { org, user, reason, Minutes = lifetime.TotalMinutes },
            cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        return new ImpersonationSession(org, tenant.Slug, user, session.Id, session.ExpiresAt);
    }

    /// <summary>In the tenant's log, where its people read who, why and for how long.</summary>
    private static async Task RecordAsync(
        AppDbContext db, Operator person, Session session, string reason, TimeSpan lifetime,
        CancellationToken cancellationToken)
    {
        var details = JsonSerializer.Serialize(
            new { Operator = person.Name, reason, Minutes = lifetime.TotalMinutes }, Wire.Json);
        await using var command = DeedCommand.Of(db, Deed, session.Id.Value, actor: null, details);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
