using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.SignUps;

/// <summary>
/// Activates an organization with the token of the mail: a paid plan begins its trial, the free one is for good. Its owner
/// signs in on its own host from then on.
/// </summary>
public sealed record ActivateTenant : IPublicPlatformCommand<TenantActivated>
{
    [Required]
    public string Token { get; init; } = "";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "tenant.activated",
    };
}

internal sealed class ActivateTenantValidator : AbstractValidator<ActivateTenant>
{
    private const int TokenMaxLength = 200;

    public ActivateTenantValidator() => RuleFor(c => c.Token).NotEmpty().MaximumLength(TokenMaxLength);
}

/// <summary>An organization that has begun.</summary>
/// <param name="TenantId">Its id.</param>
/// <param name="Host">Where its owner signs in.</param>
/// <param name="State">trial, or active on the free plan.</param>
/// <param name="TrialEndsAt">Null on the free plan.</param>
public sealed record TenantActivated(
    [property: Required] TenantId TenantId, [property: Required] string Host, [property: Required] TenantState State,
    DateTimeOffset? TrialEndsAt);

internal sealed class ActivateTenantHandler(ISignUps signUps, ILinks links)
    : IRequestHandler<ActivateTenant, Result<TenantActivated>>
{
    public async Task<Result<TenantActivated>> Handle(ActivateTenant command, CancellationToken cancellationToken)
    {
        if (ActivationToken.Read(command.Token) is not { } token) return SignUpErrors.InvalidToken;

        var activated = await signUps.ActivateAsync(token, cancellationToken);
        return activated.Error is { } refusal
            ? refusal
            : new TenantActivated(
                activated.Value.Id, links.HostOf(activated.Value.Slug), activated.Value.State,
                activated.Value.TrialEndsAt);
    }
}
