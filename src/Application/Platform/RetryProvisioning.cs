using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Sets an organization up from the beginning whose sign-up had failed and was undone.</summary>
/// <param name="Id">The tenant.</param>
/// <param name="Content">Why.</param>
public sealed record RetryProvisioning(TenantId Id, OperatorGrounds Content) : IPlatformCommand<Nothing>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "provisioning.retried",
    };
}

internal sealed class RetryProvisioningValidator : AbstractValidator<RetryProvisioning>
{
    public RetryProvisioningValidator() =>
        RuleFor(c => c.Content.Reason).IsReason();
}

internal sealed class RetryProvisioningHandler(ISignUps signUps) : IRequestHandler<RetryProvisioning, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(RetryProvisioning command, CancellationToken cancellationToken) =>
        await signUps.RetryAsync(command.Id, command.Content.Reason, cancellationToken) is { } refusal
            ? refusal
            : Nothing.Value;
}
