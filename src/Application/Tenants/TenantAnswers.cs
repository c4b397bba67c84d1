using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.Application.Tenants;

/// <summary>The tenant, as its own people see it; its state is by the clock.</summary>
public sealed record OwnTenant : IVersioned
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

    [Required] public required string Locale { get; init; }

    [Required] public required string TimeZone { get; init; }

    [Required] public required string Currency { get; init; }

    public required Branding? Branding { get; init; }

    /// <summary>Also the ETag.</summary>
    [Required] public required long Version { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    [Required] public required DateTimeOffset UpdatedAt { get; init; }

    internal static OwnTenant Of(TenantRecord tenant, LifecycleTimes times, DateTimeOffset now)
    {
        var standing = tenant.Standing.At(now, times);
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
            Locale = tenant.Locale,
            TimeZone = tenant.TimeZone,
            Currency = tenant.Currency,
            Branding = tenant.Branding,
            Version = tenant.Version,
            CreatedAt = tenant.CreatedAt,
            UpdatedAt = tenant.UpdatedAt,
        };
    }

    /// <summary>Of the row that the tenant itself may read.</summary>
    internal static OwnTenant Of(Organization row, LifecycleTimes times, DateTimeOffset now) => Of(
        new TenantRecord
        {
            Id = row.Id,
            Slug = row.Slug,
            Name = row.Name,
            Tier = row.Tier,
            Standing = row.Standing,
            Disposition = row.Disposition is { } word ? Wire.Parse<TicketDisposition>(word) : null,
            Branding = BrandingOf(row.Branding),
            Locale = row.Locale,
            TimeZone = row.TimeZone,
            Currency = row.Currency,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        },
        times,
        now);

    internal static Branding? BrandingOf(string? json) =>
        json is null ? null : JsonSerializer.Deserialize<Branding>(json, Wire.Json);
}
