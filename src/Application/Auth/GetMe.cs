using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;

namespace CleanTenancy.Application.Auth;

/// <summary>Shows who is signed in, with the roles and permissions of now.</summary>
public sealed record GetMe : IQuery<SignedInUser>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
        PersonOnly = true,
        Capability = Capability.SignIn,
    };
}

internal sealed class GetMeHandler(ICaller caller) : IRequestHandler<GetMe, Result<SignedInUser>>
{
    public Task<Result<SignedInUser>> Handle(GetMe query, CancellationToken cancellationToken)
    {
        var me = caller.RequiredMember();
        return Task.FromResult<Result<SignedInUser>>(new SignedInUser(
            me.Id, me.Email, me.Name, me.Roles, [.. me.Permissions.Order(StringComparer.Ordinal)]));
    }
}
