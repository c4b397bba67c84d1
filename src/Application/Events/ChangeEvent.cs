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

namespace CleanTenancy.Application.Events;

/// <summary>Changes an event by a JSON Merge Patch.</summary>
public sealed record ChangeEvent(EventId Id, VersionCondition IfMatch, MergePatch<EventContent> Patch)
    : ICommand<EventDetails>, IConditional
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "event.changed",
    };
}

internal sealed class ChangeEventValidator : AbstractValidator<ChangeEvent>
{
    public ChangeEventValidator() => this.AddPatchRules(command => command.Patch);
}

internal sealed class ChangeEventHandler(
    IAppDbContext db, ICaller caller, TimeProvider clock, IValidator<EventContent> validator)
    : IRequestHandler<ChangeEvent, Result<EventDetails>>
{
    public async Task<Result<EventDetails>> Handle(ChangeEvent command, CancellationToken cancellationToken)
    {
        if (await db.LockEventAsync(command.Id, cancellationToken) is not { } found) return Error.NotFound;
        if (command.IfMatch.Check(found) is { } stale) return stale;

        var merged = command.Patch.ApplyTo(found.Content);
        if (merged.Error is { } unfit) return unfit;
        if (validator.Validate(merged.Value) is { IsValid: false } invalid) return invalid.ToError();
        if (await LeavesProgramsOutsideAsync(command.Id, merged.Value, cancellationToken))
            return EventErrors.ProgramsOutside;
        if (merged.Value.CategoryId != found.CategoryId
            && await db.CheckCategoryAsync(merged.Value.CategoryId, cancellationToken) is { } unknown)
            return unknown;
        // What it has, nobody can take away: only another one is looked at.
        if (merged.Value.CoverFileId != found.CoverFileId
            && await db.CheckCoverAsync(merged.Value.CoverFileId, cancellationToken) is { } unsuitable)
            return unsuitable;

        var now = clock.Now();
        if (found.Change(merged.Value, caller.RequiredTenant().TimeZone, now) is { } refusal) return refusal;
        return EventDetails.Of(found, now);
    }

    /// <summary>No race: a program is added and moved under the event's lock, which this command holds.</summary>
    private Task<bool> LeavesProgramsOutsideAsync(EventId id, EventContent content, CancellationToken cancellationToken)
    {
        var (starts, ends) = (content.StartsAt.ToUniversalTime(), content.EndsAt.ToUniversalTime());
        return db.Programs.AnyAsync(
            program => program.EventId == id && (program.StartsAt < starts || program.EndsAt > ends),
            cancellationToken);
    }
}
