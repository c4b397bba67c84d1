using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Tenants;

/// <summary>What a page needs before anybody has signed in.</summary>
public sealed record GetBootstrap : IPublicQuery<Bootstrap>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Capability = Capability.SignIn,
        Audit = Deed.None,
    };
}

/// <summary>The tenant of this host, as everybody may know it.</summary>
/// <param name="State">By the clock; suspended and deleted tenants say so, and their owner can sign in.</param>
/// <param name="SignInMethods">password.</param>
public sealed record Bootstrap(
    [property: Required] string Name,
    [property: Required] string Locale,
    [property: Required] string TimeZone,
    [property: Required] string Currency,
    [property: Required] TenantState State,
    [property: Required] IReadOnlyList<string> SignInMethods,
    Branding? Branding);

internal sealed class GetBootstrapHandler(IAppDbContext db, ICaller caller, TimeProvider clock)
    : IRequestHandler<GetBootstrap, Result<Bootstrap>>
{
    private static readonly string[] Password = ["password"];

    public async Task<Result<Bootstrap>> Handle(GetBootstrap query, CancellationToken cancellationToken)
    {
        var row = await db.Organizations.SingleAsync(cancellationToken);
        return new Bootstrap(
            row.Name, row.Locale, row.TimeZone, row.Currency, caller.RequiredTenant().StateAt(clock.Now()).State, Password,
            OwnTenant.BrandingOf(row.Branding));
    }
}
