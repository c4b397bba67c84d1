using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.EventTemplates;

/// <summary>Changes an event template by a JSON Merge Patch.</summary>
public sealed record ChangeEventTemplate(
    EventTemplateId Id, VersionCondition IfMatch, MergePatch<EventTemplateContent> Patch)
    : ICommand<EventTemplateDetails>, IConditional
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "event_template.changed",
    };
}

internal sealed class ChangeEventTemplateValidator : AbstractValidator<ChangeEventTemplate>
{
    public ChangeEventTemplateValidator() => this.AddPatchRules(command => command.Patch);
}

internal sealed class ChangeEventTemplateHandler(
    IAppDbContext db, TimeProvider clock, IValidator<EventTemplateContent> validator)
    : IRequestHandler<ChangeEventTemplate, Result<EventTemplateDetails>>
{
    public async Task<Result<EventTemplateDetails>> Handle(
        ChangeEventTemplate command, CancellationToken cancellationToken)
    {
        if (await db.EventTemplates.AsTracking().SingleOrDefaultAsync(t => t.Id == command.Id, cancellationToken)
            is not { } template)
            return Error.NotFound;
        if (command.IfMatch.Check(template) is { } stale) return stale;

        var merged = command.Patch.ApplyTo(template.Content);
        if (merged.Error is { } unfit) return unfit;
        if (validator.Validate(merged.Value) is { IsValid: false } invalid) return invalid.ToError();
        if (merged.Value.CategoryId != template.CategoryId
            && await db.CheckCategoryAsync(merged.Value.CategoryId, cancellationToken) is { } unknown)
            return unknown;

        template.Change(merged.Value, clock.Now());
        return EventTemplateDetails.Of(template);
    }
}
