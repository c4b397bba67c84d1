using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Events;

/// <summary>Creates a draft event.</summary>
public sealed record CreateEvent(EventContent Content) : ICommand<EventDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Quota = Quota.Events,
        Audit = "event.created",
        Idempotent = true,
    };
}

internal sealed class CreateEventValidator : AbstractValidator<CreateEvent>
{
    public CreateEventValidator() => RuleFor(command => command.Content).SetValidator(new EventContentValidator());
}

internal sealed class CreateEventHandler(IAppDbContext db, ICaller caller, TimeProvider clock)
    : IRequestHandler<CreateEvent, Result<EventDetails>>
{
    public async Task<Result<EventDetails>> Handle(CreateEvent command, CancellationToken cancellationToken)
    {
        if (await db.CheckCategoryAsync(command.Content.CategoryId, cancellationToken) is { } unknown) return unknown;
        if (await db.CheckCoverAsync(command.Content.CoverFileId, cancellationToken) is { } unfit) return unfit;

        var (tenant, now) = (caller.RequiredTenant(), clock.Now());
        var draft = Event.Draft(tenant.Id, command.Content, tenant.TimeZone, tenant.Currency, now);
        db.Events.Add(draft);
        return EventDetails.Of(draft, now);
    }
}
