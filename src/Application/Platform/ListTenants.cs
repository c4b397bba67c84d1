using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Lists tenants, newest first; none that is purged.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
/// <param name="Status">Only in this state, by the clock: active, suspended ...</param>
/// <param name="Plan">Only of this plan.</param>
/// <param name="Q">The beginning of the slug or the name.</param>
public sealed record ListTenants(int? Limit, string? Cursor, string? Status, string? Plan, string? Q)
    : IPlatformQuery<Page<TenantSummary>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListTenantsValidator : AbstractValidator<ListTenants>
{
    public ListTenantsValidator()
    {
        this.AddPagingRules();
        RuleFor(q => q.Status)
            .Must(text => text is null || (Wire.TryParse<TenantState>(text, out var state) && state is not TenantState.Purged))
            .Saying("unknown_state", "There is no such state.", "알 수 없는 상태입니다.").OverridePropertyName("?status");
        RuleFor(q => q.Plan).Must(text => text is null || Wire.TryParse<Tier>(text, out _))
            .Saying("unknown_plan", "There is no such plan.", "알 수 없는 요금제입니다.").OverridePropertyName("?plan");
        RuleFor(q => q.Q).MaximumLength(Organization.NameMaxLength).IsWellFormed().OverridePropertyName("?q");
    }
}

internal sealed class ListTenantsHandler(ITenantRecords tenants, LifecycleTimes times, TimeProvider clock)
    : IRequestHandler<ListTenants, Result<Page<TenantSummary>>>
{
    public async Task<Result<Page<TenantSummary>>> Handle(ListTenants query, CancellationToken cancellationToken)
    {
        var filter = new TenantFilter(
            query.Status is { } state ? Wire.Parse<TenantState>(state) : null,
            query.Plan is { } plan ? Wire.Parse<Tier>(plan) : null,
            query.Q,
            query.Before<TenantId>(),
            query.Take() + 1);
        var now = clock.Now();
        var found = await tenants.ListAsync(filter, cancellationToken);
        return query.ToPage(
            [.. found.Select(tenant => TenantSummary.Of(tenant, times, now))], row => (row.CreatedAt, row.Id.Value));
    }
}
