using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Deletes a tenant: sessions and keys end at once, and after some time its data are purged.</summary>
public sealed record DeleteTenant(TenantId Id, DeletionGrounds Content) : IPlatformCommand<TenantDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "tenant.deleted",
    };
}

/// <summary>Why, and what becomes of tickets.</summary>
public sealed record DeletionGrounds
{
    /// <summary>The tenant reads it.</summary>
    [Required]
    public string Reason { get; init; } = "";

    /// <summary>Of events to come; null says nothing about them.</summary>
    public TicketDisposition? Disposition { get; init; }
}

internal sealed class DeleteTenantValidator : AbstractValidator<DeleteTenant>
{
    public DeleteTenantValidator() => RuleFor(c => c.Content.Reason).IsReason();
}

internal sealed class DeleteTenantHandler(ITenantLifecycle lifecycle, TenantView view)
    : IRequestHandler<DeleteTenant, Result<TenantDetails>>
{
    public async Task<Result<TenantDetails>> Handle(DeleteTenant command, CancellationToken cancellationToken)
    {
        var move = new TenantMove(TenantTrigger.Delete)
        {
            Reason = command.Content.Reason,
            Disposition = command.Content.Disposition,
        };
        return await view.ShowAsync(
            command.Id, await lifecycle.MoveAsync(command.Id, move, cancellationToken), cancellationToken);
    }
}
