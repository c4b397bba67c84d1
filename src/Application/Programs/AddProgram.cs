using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Programs;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Programs;

/// <summary>Adds a program to an event.</summary>
public sealed record AddProgram(EventId EventId, ProgramContent Content) : ICommand<ProgramDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "program.added",
        Idempotent = true,
    };
}

internal sealed class AddProgramValidator : AbstractValidator<AddProgram>
{
    public AddProgramValidator() => RuleFor(command => command.Content).SetValidator(new ProgramContentValidator());
}

internal sealed class AddProgramHandler(IAppDbContext db, TimeProvider clock)
    : IRequestHandler<AddProgram, Result<ProgramDetails>>
{
    public async Task<Result<ProgramDetails>> Handle(AddProgram command, CancellationToken cancellationToken)
    {
        if (await db.LockEventAsync(command.EventId, cancellationToken) is not { } of) return Error.NotFound;

        var program = EventProgram.Plan(of, command.Content, clock.Now());
        if (program.Error is { } refusal) return refusal;
        db.Programs.Add(program.Value);
        return ProgramDetails.Of(program.Value);
    }
}
