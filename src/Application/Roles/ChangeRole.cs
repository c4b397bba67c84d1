using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Roles;

/// <summary>Changes a custom role by a JSON Merge Patch; who has it may do from now on what it says.</summary>
public sealed record ChangeRole(RoleId Id, VersionCondition IfMatch, MergePatch<RoleContent> Patch)
    : ICommand<RoleDetails>, IConditional
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.RolesWrite,
        Feature = Feature.None,
        StepUp = true,
        Audit = "role.changed",
    };
}

internal sealed class ChangeRoleValidator : AbstractValidator<ChangeRole>
{
    public ChangeRoleValidator() => this.AddPatchRules(command => command.Patch);
}

internal sealed class ChangeRoleHandler(
    IAppDbContext db, ICaller caller, ISignals signals, IValidator<RoleContent> validator)
    : IRequestHandler<ChangeRole, Result<RoleDetails>>
{
    public async Task<Result<RoleDetails>> Handle(ChangeRole command, CancellationToken cancellationToken)
    {
        var granter = await db.LockPeopleAsync(caller, Permissions.RolesWrite, cancellationToken);
        if (await db.Roles.AsTracking().SingleOrDefaultAsync(role => role.Id == command.Id, cancellationToken)
            is not { } role)
            return Error.NotFound;
        if (command.IfMatch.Check(role) is { } stale) return stale;
        if (role.BuiltIn) return MemberErrors.RoleBuiltIn;

        var merged = command.Patch.ApplyTo(new RoleContent { Name = role.Name, Permissions = role.Permissions });
        if (merged.Error is { } unfit) return unfit;
        if (validator.Validate(merged.Value) is { IsValid: false } invalid) return invalid.ToError();
        if (granter.Check(role.Permissions.Union(merged.Value.Permissions)) is { } denied) return denied;
        if (role.Change(merged.Value.Name, merged.Value.Permissions) is { } refusal) return refusal;

        await signals.PeopleChangedAsync(cancellationToken);
        return RoleDetails.Of(role);
    }
}
