using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Plans;

/// <summary>
/// Replaces the terms of a plan: every tenant of it has the new ones from its next request, but for its overrides.
/// </summary>
/// <param name="Tier">free, starter, pro or enterprise.</param>
/// <param name="IfMatch">The version that was read.</param>
/// <param name="Content">All terms: what is not named is refused, never unlimited.</param>
public sealed record ReplacePlan(string Tier, VersionCondition IfMatch, PlanContent Content)
    : IPlatformCommand<PlanDetails>, IConditional
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "plan.changed",
    };
}

/// <summary>The terms of a plan.</summary>
public sealed record PlanContent
{
    /// <summary>One for each interval and currency; none on a plan that cannot be bought.</summary>
    [Required]
    public required IReadOnlyList<PlanPriceDetails> Prices { get; init; }

    [Required]
    public required PlanLimits Limits { get; init; }

    [Required]
    public required IReadOnlyList<Feature> Features { get; init; }

    /// <summary>Days, 30 to 730.</summary>
    [Required]
    public required int AuditRetentionDays { get; init; }
}

internal sealed class ReplacePlanValidator : AbstractValidator<ReplacePlan>
{
    private const int MostPrices = 100;

    public ReplacePlanValidator()
    {
        RuleFor(c => c.Content.Limits.Events).GreaterThanOrEqualTo(0);
        RuleFor(c => c.Content.Limits.Participants).GreaterThanOrEqualTo(0);
        RuleFor(c => c.Content.Limits.StorageBytes).GreaterThanOrEqualTo(0);
        RuleFor(c => c.Content.Limits.Members).GreaterThanOrEqualTo(1); // the owner
        RuleFor(c => c.Content.Limits.RequestsPerMinute).GreaterThanOrEqualTo(1);
        RuleFor(c => c.Content.Limits.ConcurrentRequests).InclusiveBetween(1, Plan.MaxConcurrentRequests);
        RuleFor(c => c.Content.AuditRetentionDays)
            .InclusiveBetween(Plan.MinAuditRetentionDays, Plan.MaxAuditRetentionDays);
        RuleFor(c => c.Content.Features).Must(features => !features.Contains(Feature.None))
            .Saying("unknown_feature", "Names of features are expected.", "기능 이름이어야 합니다.");
        RuleFor(c => c.Content.Prices).Must(prices => prices.Count <= MostPrices)
            .Saying("too_many", "Too many prices.", "가격이 너무 많습니다.")
            .Must(prices => prices.DistinctBy(price => (price?.Interval, price?.Currency)).Count() == prices.Count)
            .Saying("duplicate", "One price for each interval and currency.", "주기와 통화마다 가격은 하나입니다.");
        RuleForEach(c => c.Content.Prices).NotNull().ChildRules(price =>
        {
            price.RuleFor(p => p.Interval).Must(interval => interval is "month" or "year")
                .Saying("unknown_interval", "month or year is expected.", "month 또는 year여야 합니다.");
            price.RuleFor(p => p.Amount).GreaterThanOrEqualTo(0);
            price.RuleFor(p => p.Currency)
                .Must(currency => currency is { Length: 3 } && currency.All(char.IsAsciiLetterUpper))
                .Saying("unknown_currency", "A currency's code is expected (ISO 4217).", "통화 코드여야 합니다 (ISO 4217).");
        });
        // A free tenant is never asked to pay: with a price it would be nobody's plan.
        RuleForEach(c => c.Content.Prices).Must((command, price) => command.Tier != "free" || price is null or { Amount: 0 })
            .Saying("free_costs_nothing", "The free plan costs nothing.", "무료 요금제의 가격은 0이어야 합니다.");
    }
}

internal sealed class ReplacePlanHandler(IPlanCatalogue plans) : IRequestHandler<ReplacePlan, Result<PlanDetails>>
{
    public async Task<Result<PlanDetails>> Handle(ReplacePlan command, CancellationToken cancellationToken)
    {
        if (!Wire.TryParse<Tier>(command.Tier, out var tier)) return Error.NotFound;

        var content = command.Content;
        var changed = await plans.ChangeAsync(
            tier,
            command.IfMatch,
            plan => plan.Replace(
                content.Limits,
                content.Features,
                content.Prices.Select(price => PlanPrice.Of(tier, price.Interval, price.Amount, price.Currency)),
                content.AuditRetentionDays),
            cancellationToken);
        return changed.Error is { } refusal ? refusal : PlanDetails.Of(changed.Value);
    }
}
