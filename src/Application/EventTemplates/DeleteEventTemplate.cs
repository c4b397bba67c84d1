using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.EventTemplates;

/// <summary>Deletes an event template; the events that were made from it stay as they are.</summary>
public sealed record DeleteEventTemplate(EventTemplateId Id, VersionCondition IfMatch)
    : ICommand<Nothing>, IConditional, ISubject
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "event_template.deleted",
    };

    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class DeleteEventTemplateHandler(IAppDbContext db)
    : IRequestHandler<DeleteEventTemplate, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(DeleteEventTemplate command, CancellationToken cancellationToken)
    {
        if (await db.EventTemplates.AsTracking().SingleOrDefaultAsync(t => t.Id == command.Id, cancellationToken)
            is not { } template)
            return Error.NotFound;
        if (command.IfMatch.Check(template) is { } stale) return stale;

        db.EventTemplates.Remove(template);
        return Nothing.Value;
    }
}
