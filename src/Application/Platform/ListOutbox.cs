using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Lists messages of the tenants' outboxes, newest first, without what they hold.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
/// <param name="Status">Only those that are due, done or dead.</param>
/// <param name="Tenant">Only those of this tenant.</param>
public sealed record ListOutbox(int? Limit, string? Cursor, string? Status, Guid? Tenant)
    : IPlatformQuery<Page<OutboxMessageDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListOutboxValidator : AbstractValidator<ListOutbox>
{
    public ListOutboxValidator()
    {
        this.AddPagingRules();
        RuleFor(q => q.Status).Must(status => status is null || Wire.TryParse<OutboxStatus>(status, out _))
            .Saying("unknown_status", "due, done or dead is expected.", "due, done 또는 dead여야 합니다.")
            .OverridePropertyName("?status");
    }
}

internal sealed class ListOutboxHandler(IOutboxDesk outbox) : IRequestHandler<ListOutbox, Result<Page<OutboxMessageDetails>>>
{
    public async Task<Result<Page<OutboxMessageDetails>>> Handle(
        ListOutbox query, CancellationToken cancellationToken)
    {
        OutboxStatus? status = query.Status is null ? null : Wire.Parse<OutboxStatus>(query.Status);
        TenantId? tenant = query.Tenant is { } org ? new(org) : null;
        var rows = await outbox.ListAsync(
            status, tenant, query.Before<MessageId>(), query.Take() + 1, cancellationToken);
        return query.ToPage(rows, row => (row.CreatedAt, row.Id.Value));
    }
}
