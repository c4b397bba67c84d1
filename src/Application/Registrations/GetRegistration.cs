using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;

namespace CleanTenancy.Application.Registrations;

/// <summary>Reads one registration.</summary>
public sealed record GetRegistration(RegistrationId Id) : IQuery<RegistrationDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.RegistrationsRead,
        Feature = Feature.None,
        Capability = Capability.HonourTickets,
        Audit = Deed.None,
    };
}

internal sealed class GetRegistrationHandler(IAppDbContext db, ICaller caller, TimeProvider clock)
    : IRequestHandler<GetRegistration, Result<RegistrationDetails>>
{
    private static readonly Read<RegistrationId, RegistrationDetails?> ById = new((db, id) =>
        db.Registrations.Where(r => r.Id == id).Select(RegistrationDetails.Projection).SingleOrDefault());

    public async Task<Result<RegistrationDetails>> Handle(GetRegistration query, CancellationToken cancellationToken)
    {
        if (await db.RunAsync(ById, query.Id, cancellationToken) is not { } found) return Error.NotFound;

        return await db.RefusesTicketsAsync(caller.RequiredTenant(), found.EventId, clock.Now(), cancellationToken)
            is { } over ? over : found;
    }
}
