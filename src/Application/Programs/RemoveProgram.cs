using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Programs;
using MediatR;

namespace CleanTenancy.Application.Programs;

/// <summary>Removes a program from an event that is draft or live.</summary>
public sealed record RemoveProgram(ProgramId Id, VersionCondition IfMatch) : ICommand<Nothing>, IConditional, ISubject
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "program.removed",
    };

    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class RemoveProgramHandler(IAppDbContext db) : IRequestHandler<RemoveProgram, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(RemoveProgram command, CancellationToken cancellationToken)
    {
        if (await db.LockProgramAsync(command.Id, cancellationToken) is not (var of, { } program))
            return Error.NotFound;
        if (command.IfMatch.Check(program) is { } stale) return stale;
        if (!of.Counts) return ProgramErrors.EventClosed;

        db.Programs.Remove(program);
        return Nothing.Value;
    }
}
