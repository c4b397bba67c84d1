using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Suspends a tenant; tickets that are sold stay good, and its owner can sign in.</summary>
public sealed record SuspendTenant(TenantId Id, OperatorGrounds Content) : IPlatformCommand<TenantDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "tenant.suspended",
    };
}

internal sealed class SuspendTenantValidator : AbstractValidator<SuspendTenant>
{
    public SuspendTenantValidator() => RuleFor(c => c.Content.Reason).IsReason();
}

internal sealed class SuspendTenantHandler(ITenantLifecycle lifecycle, TenantView view)
    : IRequestHandler<SuspendTenant, Result<TenantDetails>>
{
    public async Task<Result<TenantDetails>> Handle(SuspendTenant command, CancellationToken cancellationToken)
    {
        var move = new TenantMove(TenantTrigger.OperatorSuspend) { Reason = command.Content.Reason };
        return await view.ShowAsync(
            command.Id, await lifecycle.MoveAsync(command.Id, move, cancellationToken), cancellationToken);
    }
}
