using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.EventTemplates;

/// <summary>Creates an event template.</summary>
public sealed record CreateEventTemplate(EventTemplateContent Content) : ICommand<EventTemplateDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "event_template.created",
        Idempotent = true,
    };
}

internal sealed class CreateEventTemplateValidator : AbstractValidator<CreateEventTemplate>
{
    public CreateEventTemplateValidator() =>
        RuleFor(command => command.Content).SetValidator(new EventTemplateContentValidator());
}

internal sealed class CreateEventTemplateHandler(IAppDbContext db, ICaller caller, TimeProvider clock)
    : IRequestHandler<CreateEventTemplate, Result<EventTemplateDetails>>
{
    public async Task<Result<EventTemplateDetails>> Handle(
        CreateEventTemplate command, CancellationToken cancellationToken)
    {
        if (await db.CheckCategoryAsync(command.Content.CategoryId, cancellationToken) is { } unknown) return unknown;

        var template = EventTemplate.Make(caller.RequiredTenant().Id, command.Content, clock.Now());
        db.EventTemplates.Add(template);
        return EventTemplateDetails.Of(template);
    }
}
