using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Roles;

/// <summary>Creates a role of permissions that the caller has.</summary>
public sealed record CreateRole(RoleContent Content) : ICommand<RoleDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.RolesWrite,
        Feature = Feature.None,
        StepUp = true,
        Audit = "role.created",
        Idempotent = true,
    };
}

internal sealed class CreateRoleValidator : AbstractValidator<CreateRole>
{
    public CreateRoleValidator() => RuleFor(command => command.Content).SetValidator(new RoleContentValidator());
}

internal sealed class CreateRoleHandler(IAppDbContext db, ICaller caller, TimeProvider clock)
    : IRequestHandler<CreateRole, Result<RoleDetails>>
{
    public async Task<Result<RoleDetails>> Handle(CreateRole command, CancellationToken cancellationToken)
    {
        var granter = await db.LockPeopleAsync(caller, Permissions.RolesWrite, cancellationToken);
        if (granter.Check(command.Content.Permissions) is { } denied) return denied;

        var role = Role.Make(
            caller.RequiredTenant().Id, command.Content.Name, command.Content.Permissions, clock.Now());
        db.Roles.Add(role);
        return RoleDetails.Of(role);
    }
}
