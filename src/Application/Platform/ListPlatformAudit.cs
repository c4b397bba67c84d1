using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Lists the platform's own log, newest first: what operators did, and what sweeps did or found.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
/// <param name="Action">Only this deed, e.g. override.granted.</param>
/// <param name="Tenant">Only what is about this tenant.</param>
public sealed record ListPlatformAudit(int? Limit, string? Cursor, string? Action, Guid? Tenant)
    : IPlatformQuery<Page<PlatformAuditEntry>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListPlatformAuditValidator : AbstractValidator<ListPlatformAudit>
{
    public ListPlatformAuditValidator()
    {
        this.AddPagingRules();
        RuleFor(q => q.Action).MaximumLength(80).OverridePropertyName("?action");
    }
}

internal sealed class ListPlatformAuditHandler(IPlatformAudit log)
    : IRequestHandler<ListPlatformAudit, Result<Page<PlatformAuditEntry>>>
{
    public async Task<Result<Page<PlatformAuditEntry>>> Handle(
        ListPlatformAudit query, CancellationToken cancellationToken)
    {
        TenantId? tenant = query.Tenant is { } org ? new(org) : null;
        var rows = await log.ListAsync(
            query.Action, tenant, query.Before<AuditEntryId>(), query.Take() + 1, cancellationToken);
        return query.ToPage(rows, row => (row.At, row.Id.Value));
    }
}
