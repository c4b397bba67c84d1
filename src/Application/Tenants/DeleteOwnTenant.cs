using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Tenants;

/// <summary>
/// Deletes the tenant: sessions and keys end at once. Its owner can sign in again, take the data out, and take the
/// deletion back until it is purged.
/// </summary>
public sealed record DeleteOwnTenant(FarewellContent Content) : ICommand<OwnTenant>, IOwnTransactions
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TenantDelete,
        Feature = Feature.None,
        Capability = Capability.Delete,
        StepUp = true,
        Audit = "tenant.deleted",
    };
}

/// <summary>Said aloud, so that nobody deletes the wrong one.</summary>
public sealed record FarewellContent
{
    /// <summary>The tenant's slug.</summary>
    [Required]
    public string Confirm { get; init; } = "";

    /// <summary>Of the tickets of events to come; needed when there are any.</summary>
    public TicketDisposition? Disposition { get; init; }
}

internal sealed class DeleteOwnTenantValidator : AbstractValidator<DeleteOwnTenant>
{
    public DeleteOwnTenantValidator() => RuleFor(c => c.Content.Confirm).NotEmpty().MaximumLength(Slug.MaxLength);
}

internal sealed class DeleteOwnTenantHandler(
    IAppDbContext db, ITenantLifecycle lifecycle, ICaller caller, LifecycleTimes times, TimeProvider clock)
    : IRequestHandler<DeleteOwnTenant, Result<OwnTenant>>
{
    public async Task<Result<OwnTenant>> Handle(DeleteOwnTenant command, CancellationToken cancellationToken)
    {
        var (tenant, content) = (caller.RequiredTenant(), command.Content);
        if (content.Confirm != tenant.Slug)
            return Error.Validation(new Failure(
                "/confirm", "no_match", TextRules.Say("The slug of this organization is expected.", "이 조직의 슬러그를 입력해야 합니다.")));
        if (content.Disposition is null && await EventsToComeAsync(cancellationToken) is > 0 and var events)
            return TenantErrors.DispositionRequired(events);

        var move = new TenantMove(TenantTrigger.Delete) { Disposition = content.Disposition };
        if (await lifecycle.MoveAsync(tenant.Id, move, cancellationToken) is { } refusal) return refusal;

        return OwnTenant.Of(await db.Organizations.SingleAsync(cancellationToken), times, clock.Now());
    }

    /// <summary>At which places are taken.</summary>
    private Task<int> EventsToComeAsync(CancellationToken cancellationToken)
    {
        var now = clock.Now();
        return db.Events.CountAsync(
            e => e.Status == EventStatus.Live && e.EndsAt > now && e.Registered > 0, cancellationToken);
    }
}
