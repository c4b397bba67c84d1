using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Programs;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Programs;

/// <summary>Changes a program by a JSON Merge Patch.</summary>
public sealed record ChangeProgram(ProgramId Id, VersionCondition IfMatch, MergePatch<ProgramContent> Patch)
    : ICommand<ProgramDetails>, IConditional
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "program.changed",
    };
}

internal sealed class ChangeProgramValidator : AbstractValidator<ChangeProgram>
{
    public ChangeProgramValidator() => this.AddPatchRules(command => command.Patch);
}

internal sealed class ChangeProgramHandler(IAppDbContext db, TimeProvider clock, IValidator<ProgramContent> validator)
    : IRequestHandler<ChangeProgram, Result<ProgramDetails>>
{
    public async Task<Result<ProgramDetails>> Handle(ChangeProgram command, CancellationToken cancellationToken)
    {
        if (await db.LockProgramAsync(command.Id, cancellationToken) is not (var of, { } program))
            return Error.NotFound;
        if (command.IfMatch.Check(program) is { } stale) return stale;

        var merged = command.Patch.ApplyTo(program.Content);
        if (merged.Error is { } unfit) return unfit;
        if (validator.Validate(merged.Value) is { IsValid: false } invalid) return invalid.ToError();
        if (program.Change(of, merged.Value, clock.Now()) is { } refusal) return refusal;
        return ProgramDetails.Of(program);
    }
}
