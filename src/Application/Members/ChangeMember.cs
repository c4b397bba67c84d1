using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Members;

/// <summary>
/// Changes a member's name, roles (which needs a step up) or status (suspended or active again) by a JSON Merge Patch.
/// </summary>
public sealed record ChangeMember(UserId Id, VersionCondition IfMatch, MergePatch<MemberContent> Patch)
    : ICommand<MemberDetails>, IConditional
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.MembersWrite,
        Feature = Feature.None,
        Audit = "member.changed",
    };
}

internal sealed class ChangeMemberValidator : AbstractValidator<ChangeMember>
{
    public ChangeMemberValidator() => this.AddPatchRules(command => command.Patch);
}

internal sealed class MemberContentValidator : AbstractValidator<MemberContent>
{
    public MemberContentValidator()
    {
        RuleFor(c => c.Name).NotEmpty().MaximumLength(User.NameMaxLength).IsWellFormed();
        RuleFor(c => c.Roles).AreRoleNames();
        RuleFor(c => c.Status).Must(status => status is UserStatus.Active or UserStatus.Suspended)
            .Saying("unknown_status", "active or suspended.", "active 또는 suspended여야 합니다.");
    }
}

internal sealed class ChangeMemberHandler(
    IAppDbContext db, ICaller caller, ISignals signals, TimeProvider clock, IValidator<MemberContent> validator)
    : IRequestHandler<ChangeMember, Result<MemberDetails>>
{
    public async Task<Result<MemberDetails>> Handle(ChangeMember command, CancellationToken cancellationToken)
    {
        var granter = await db.LockPeopleAsync(caller, Permissions.MembersWrite, cancellationToken);
        if (await db.LockMemberAsync(command.Id, cancellationToken) is not { } member) return Error.NotFound;
        if (command.IfMatch.Check(member) is { } stale) return stale;

        var held = await db.RolesHeldBy(member.Id).ToListAsync(cancellationToken);
        if (granter.Check(held.SelectMany(role => role.Permissions)) is { } denied) return denied;
        if (member.Status is UserStatus.Removed) return Error.InvalidTransition("removed", "change");

        var merged = command.Patch.ApplyTo(new MemberContent
        {
            Name = member.Name,
            Roles = [.. held.Select(role => role.Name)],
            Status = member.Status,
        });
        if (merged.Error is { } unfit) return unfit;
        if (validator.Validate(merged.Value) is { IsValid: false } invalid) return invalid.ToError();

        var given = await db.FindRolesAsync(merged.Value.Roles, cancellationToken);
        if (given.Error is { } unknown) return unknown;
        return await ChangeAsync(member, held, given.Value, merged.Value, granter, cancellationToken) is { } refusal
            ? refusal
            : MemberDetails.Of(member, given.Value);
    }

    private async Task<Error?> ChangeAsync(
        User member, List<Role> held, IReadOnlyList<Role> given, MemberContent content, Granter granter,
        CancellationToken cancellationToken)
    {
        var now = clock.Now();
        if (!held.Select(role => role.Id).ToHashSet().SetEquals(given.Select(role => role.Id)))
        {
            if (granter.Check(given.SelectMany(role => role.Permissions)) is { } denied) return denied;
            if (Gate.CheckStepUp(caller.RequiredMember(), now) is { } unproved) return unproved;
        }

        var staysOwner = content.Status is UserStatus.Active
            && given.Any(role => role is { BuiltIn: true, Name: BuiltInRoles.SuperAdmin });
        if (!staysOwner && await db.CheckNotLastOwnerAsync(member, held, cancellationToken) is { } last) return last;

        member.Rename(content.Name, now);
        await GiveAsync(member, held, given, now, cancellationToken);
        if (content.Status != member.Status)
        {
            var refusal = content.Status is UserStatus.Active ? member.Reinstate(now) : member.Suspend(now);
            if (refusal is not null) return refusal;
            if (content.Status is UserStatus.Suspended)
                await db.Sessions.Where(s => s.UserId == member.Id).EndAsync("member_suspended", now, cancellationToken);
        }

        await signals.PeopleChangedAsync(cancellationToken);
        return null;
    }

    private async Task GiveAsync(
        User member, List<Role> held, IReadOnlyList<Role> given, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var taken = held.Select(role => role.Id).Except(given.Select(role => role.Id)).ToList();
        var added = given.Select(role => role.Id).Except(held.Select(role => role.Id)).ToList();
        if (taken.Count + added.Count == 0) return;

        var id = member.Id;
        await db.UserRoles.Where(link => link.UserId == id && taken.Contains(link.RoleId))
            .ExecuteDeleteAsync(cancellationToken);
        db.UserRoles.AddRange(added.Select(role => new UserRole(member.OrgId, id, role)));
        member.RolesChanged(now);
    }
}
