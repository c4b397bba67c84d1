using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;

namespace CleanTenancy.Application.SignUps;

/// <summary>Shows how far the setting up of an organization is: its steps and its state, and nobody's name.</summary>
public sealed record GetSignUpStatus(TenantId Id) : IPublicPlatformQuery<SignUpStatus>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

/// <summary>How far it is.</summary>
/// <param name="TenantId">The organization.</param>
/// <param name="State">
/// provisioning until the link in the mail is followed; then trial, or active on the free plan; or provisioning_failed.
/// </param>
/// <param name="Steps">In their order.</param>
public sealed record SignUpStatus(
    [property: Required] TenantId TenantId, [property: Required] TenantState State,
    [property: Required] IReadOnlyList<SignUpStep> Steps);

/// <summary>One step of setting up.</summary>
/// <param name="Task">What it makes.</param>
/// <param name="Status">Whether it is done.</param>
/// <param name="Reason">Why it is not.</param>
public sealed record SignUpStep(
    [property: Required] ProvisioningTask Task, [property: Required] ProvisioningStepStatus Status, string? Reason);

internal sealed class GetSignUpStatusHandler(ISignUps signUps)
    : IRequestHandler<GetSignUpStatus, Result<SignUpStatus>>
{
    public async Task<Result<SignUpStatus>> Handle(GetSignUpStatus query, CancellationToken cancellationToken) =>
        await signUps.ProgressAsync(query.Id, cancellationToken) is { } progress
            ? new SignUpStatus(
                query.Id,
                progress.State,
                [.. progress.Steps.Select(step => new SignUpStep(step.Task, step.Status, step.Reason))])
            : Error.NotFound;
}
