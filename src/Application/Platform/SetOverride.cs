using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using FluentValidation.Results;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>
/// Gives a tenant more, or less, of one entitlement than its plan has, until an instant or for good. It counts from the
/// tenant's next request, and the tenant reads the reason in its log.
/// </summary>
/// <param name="Id">The tenant.</param>
/// <param name="Key">The limit or the feature, as the plan names it.</param>
/// <param name="Content">What it shall have instead.</param>
public sealed record SetOverride(TenantId Id, string Key, OverrideContent Content) : IPlatformCommand<OverrideDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "override.granted",
    };
}

/// <summary>Exactly one of limit, unlimited and enabled, as the key asks for it.</summary>
public sealed record OverrideContent
{
    /// <summary>For a limit.</summary>
    public long? Limit { get; init; }

    /// <summary>For a limit that shall be none: true. Said aloud, so that nobody forgets a number.</summary>
    public bool? Unlimited { get; init; }

    /// <summary>For a feature.</summary>
    public bool? Enabled { get; init; }

    /// <summary>From then on the plan counts again; null is never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The tenant reads it.</summary>
    [Required]
    public string Reason { get; init; } = "";
}

internal sealed class SetOverrideValidator : AbstractValidator<SetOverride>
{
    private const int MostRequestsPerMinute = 1_000_000;

    public SetOverrideValidator()
    {
        RuleFor(c => c.Content.Reason).NotEmpty().MaximumLength(PlanOverride.ReasonMaxLength).IsWellFormed();
        RuleFor(c => c).Custom((command, context) =>
        {
            if (!Wire.TryParse<Entitlement>(command.Key, out var key)) return; // not found

            if (Misfit(key, command.Content) is var (member, code, english, korean))
                context.AddFailure(
                    new ValidationFailure($"/{member}", TextRules.Say(english, korean)) { ErrorCode = code });
        });
    }

    private static (string Member, string Code, string English, string Korean)? Misfit(
        Entitlement key, OverrideContent content)
    {
        if (Entitlements.IsFeature(key))
            return content is { Enabled: not null, Limit: null, Unlimited: null }
                ? null
                : ("enabled", "feature_expected", "A feature is enabled or not, and has no limit.", "기능은 enabled로 지정합니다.");

        var isUnlimited = content.Unlimited is true;
        if (content.Enabled is not null || content.Unlimited is false || content.Limit is null != isUnlimited)
            return ("limit", "limit_expected", "Either a limit or unlimited: true is expected.", "limit 또는 unlimited: true 중 하나여야 합니다.");

        var (least, most) = Range(key);
        if (isUnlimited)
            return key is Entitlement.ConcurrentRequests
                ? ("unlimited", "never_unlimited", "This limit protects the other tenants.", "이 한도는 다른 조직을 보호합니다.")
                : null;
        return content.Limit >= least && content.Limit <= most
            ? null
            : ("limit", "inclusive_between", $"{least} to {most} is expected.", $"{least}~{most}이어야 합니다.");
    }

    private static (long Least, long Most) Range(Entitlement key) => key switch
    {
        Entitlement.Members => (1, long.MaxValue),
        Entitlement.RequestsPerMinute => (1, MostRequestsPerMinute),
        Entitlement.ConcurrentRequests => (1, Plan.MaxConcurrentRequests),
        _ => (0, long.MaxValue),
    };
}

internal sealed class SetOverrideHandler(IPlanOverrides overrides, TimeProvider clock)
    : IRequestHandler<SetOverride, Result<OverrideDetails>>
{
    public async Task<Result<OverrideDetails>> Handle(SetOverride command, CancellationToken cancellationToken)
    {
        if (!Wire.TryParse<Entitlement>(command.Key, out var key)) return Error.NotFound;

        var (now, content) = (clock.Now(), command.Content);
        if (content.ExpiresAt <= now)
            return Error.Validation(new Failure(
                "/expiresAt", "in_the_past", TextRules.Say("An instant to come is expected.", "미래 시각이어야 합니다.")));

        var wanted = PlanOverride.Of(
            command.Id, key, content.Limit, content.Enabled, content.ExpiresAt?.ToUniversalTime(), content.Reason, now);
        return await overrides.SetAsync(wanted, cancellationToken) is { } refusal
            ? refusal
            : OverrideDetails.Of(wanted);
    }
}
