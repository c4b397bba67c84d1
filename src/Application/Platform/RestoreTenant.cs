using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Takes a deletion back, as long as nothing is purged.</summary>
public sealed record RestoreTenant(TenantId Id, OperatorGrounds Content) : IPlatformCommand<TenantDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "tenant.restored",
    };
}

internal sealed class RestoreTenantValidator : AbstractValidator<RestoreTenant>
{
    public RestoreTenantValidator() => RuleFor(c => c.Content.Reason).IsReason();
}

internal sealed class RestoreTenantHandler(ITenantLifecycle lifecycle, TenantView view)
    : IRequestHandler<RestoreTenant, Result<TenantDetails>>
{
    public async Task<Result<TenantDetails>> Handle(RestoreTenant command, CancellationToken cancellationToken)
    {
        var move = new TenantMove(TenantTrigger.Restore) { Reason = command.Content.Reason };
        return await view.ShowAsync(
            command.Id, await lifecycle.MoveAsync(command.Id, move, cancellationToken), cancellationToken);
    }
}
