using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Takes a suspension back: the tenant is again what it was before. A trial that is over is extended instead.</summary>
public sealed record ReinstateTenant(TenantId Id, OperatorGrounds Content) : IPlatformCommand<TenantDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "tenant.reinstated",
    };
}

internal sealed class ReinstateTenantValidator : AbstractValidator<ReinstateTenant>
{
    public ReinstateTenantValidator() => RuleFor(c => c.Content.Reason).IsReason();
}

internal sealed class ReinstateTenantHandler(ITenantLifecycle lifecycle, TenantView view)
    : IRequestHandler<ReinstateTenant, Result<TenantDetails>>
{
    public async Task<Result<TenantDetails>> Handle(ReinstateTenant command, CancellationToken cancellationToken)
    {
        var move = new TenantMove(TenantTrigger.OperatorReinstate) { Reason = command.Content.Reason };
        return await view.ShowAsync(
            command.Id, await lifecycle.MoveAsync(command.Id, move, cancellationToken), cancellationToken);
    }
}
