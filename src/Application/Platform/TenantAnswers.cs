using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;

namespace CleanTenancy.Application.Platform;

/// <summary>Why an operator does it.</summary>
public sealed record OperatorGrounds
{
    public const int ReasonMaxLength = 500;

    /// <summary>The tenant reads it.</summary>
    [Required]
    public string Reason { get; init; } = "";
}

internal static class OperatorRules
{
    public static void IsReason<T>(this IRuleBuilder<T, string> rule) =>
        rule.NotEmpty().MaximumLength(OperatorGrounds.ReasonMaxLength).IsWellFormed();
}

/// <summary>A tenant as operators see it in the list; its state is by the clock.</summary>
public sealed record TenantSummary
{
    [Required] public required TenantId Id { get; init; }

    [Required] public required string Slug { get; init; }

    [Required] public required string Name { get; init; }

    [Required] public required Tier Plan { get; init; }

    [Required] public required TenantState State { get; init; }

    public required SuspensionReason? SuspensionReason { get; init; }

    [Required] public required DateTimeOffset StateSince { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    internal static TenantSummary Of(TenantRecord tenant, LifecycleTimes times, DateTimeOffset now)
    {
        var standing = tenant.StandingAt(now, times);
        return new()
        {
            Id = tenant.Id,
            Slug = tenant.Slug,
            Name = tenant.Name,
            Plan = tenant.Tier,
            State = standing.State,
            SuspensionReason = standing.State is TenantState.Suspended ? standing.Because : null,
            StateSince = standing.Since,
            CreatedAt = tenant.CreatedAt,
        };
    }
}

/// <summary>One tenant as operators see it; its state is by the clock.</summary>
public sealed record TenantDetails : IVersioned
{
    [Required] public required TenantId Id { get; init; }

    [Required] public required string Slug { get; init; }

    [Required] public required string Name { get; init; }

    [Required] public required Tier Plan { get; init; }

    [Required] public required TenantState State { get; init; }

    public required SuspensionReason? SuspensionReason { get; init; }

    [Required] public required DateTimeOffset StateSince { get; init; }

    public required DateTimeOffset? TrialEndsAt { get; init; }

    /// <summary>Until when it is paid.</summary>
    public required DateTimeOffset? PeriodEndsAt { get; init; }

    /// <summary>Then it is deleted.</summary>
    [Required] public required bool CancelsAtPeriodEnd { get; init; }

    /// <summary>Suspended for want of payment: then it is deleted.</summary>
    public required DateTimeOffset? GraceEndsAt { get; init; }

    /// <summary>Deleted: until then it can be restored.</summary>
    public required DateTimeOffset? PurgeDueAt { get; init; }

    public required TicketDisposition? Disposition { get; init; }

    [Required] public required string Locale { get; init; }

    [Required] public required string TimeZone { get; init; }

    [Required] public required string Currency { get; init; }

    [Required] public required IReadOnlyList<TenantUsage> Usage { get; init; }

    [Required] public required TenantHealthDetails Health { get; init; }

    /// <summary>Also the ETag.</summary>
    [Required] public required long Version { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    [Required] public required DateTimeOffset UpdatedAt { get; init; }

    internal static TenantDetails Of(
        TenantRecord tenant, TenantHealth health, PlanLimits limits, LifecycleTimes times, DateTimeOffset now)
    {
        var standing = tenant.StandingAt(now, times);
        return new()
        {
            Id = tenant.Id,
            Slug = tenant.Slug,
            Name = tenant.Name,
            Plan = tenant.Tier,
            State = standing.State,
            SuspensionReason = standing.State is TenantState.Suspended ? standing.Because : null,
            StateSince = standing.Since,
            TrialEndsAt = standing.TrialEndsAt,
            PeriodEndsAt = standing.PeriodEndsAt,
            CancelsAtPeriodEnd = standing.CancelsAtPeriodEnd,
            GraceEndsAt = standing.GraceEndsAt,
            PurgeDueAt = standing.PurgeDueAt,
            Disposition = tenant.Disposition,
            Locale = tenant.Locale,
            TimeZone = tenant.TimeZone,
            Currency = tenant.Currency,
            Usage = [.. health.Used.OrderBy(one => one.Key).Select(one => TenantUsage.Of(one.Key, one.Value, limits))],
            Health = new(health.OutboxWaiting, health.OutboxDead, health.OldestWaitingSince),
            Version = tenant.Version,
            CreatedAt = tenant.CreatedAt,
            UpdatedAt = tenant.UpdatedAt,
        };
    }
}

/// <summary>What a tenant uses of one quota.</summary>
/// <param name="Resource">What is counted.</param>
/// <param name="Limit">Of the plan, or of an override; null is unlimited.</param>
/// <param name="Used">May be more than the limit, after a downgrade.</param>
public sealed record TenantUsage([property: Required] Quota Resource, long? Limit, [property: Required] long Used)
{
    internal static TenantUsage Of(Quota resource, long used, PlanLimits limits) =>
        new(resource, limits.Of(resource), used);
}

/// <summary>What waits for an operator.</summary>
/// <param name="OutboxWaiting">Messages that are not done yet.</param>
/// <param name="OutboxDead">Messages that were given up.</param>
/// <param name="OldestWaitingSince">Since when the oldest of the waiting is due.</param>
public sealed record TenantHealthDetails(
    [property: Required] long OutboxWaiting, [property: Required] long OutboxDead, DateTimeOffset? OldestWaitingSince);

internal static class TenantRecordRules
{
    /// <summary>By the clock; whose purge is due is deleted still, until it is done.</summary>
    public static TenantStanding StandingAt(this TenantRecord tenant, DateTimeOffset now, LifecycleTimes times)
    {
        var standing = tenant.Standing.At(now, times);
        return standing.State is TenantState.Purged ? tenant.Standing : standing;
    }
}

/// <summary>A tenant with what it uses and what waits: read after each deed, as the answer.</summary>
internal sealed class TenantView(
    ITenantRecords tenants, IPlanCatalogue plans, IPlanOverrides overrides, LifecycleTimes times, TimeProvider clock)
{
    /// <returns>The tenant, or not_found.</returns>
    public async Task<Result<TenantDetails>> ShowAsync(TenantId id, CancellationToken cancellationToken)
    {
        if (await tenants.FindAsync(id, cancellationToken) is not { } tenant
            || await overrides.ListAsync(id, cancellationToken) is not { } promised)
            return Error.NotFound;

        var now = clock.Now();
        var entitled = Entitlements.Of(await plans.FindAsync(tenant.Tier, cancellationToken), promised, now);
        var health = await tenants.LookAsync(id, cancellationToken);
        return TenantDetails.Of(tenant, health, entitled.Limits, times, now);
    }

    /// <summary>After a deed that was not refused.</summary>
    public async Task<Result<TenantDetails>> ShowAsync(
        TenantId id, Error? refusal, CancellationToken cancellationToken) =>
        refusal ?? await ShowAsync(id, cancellationToken);
}
