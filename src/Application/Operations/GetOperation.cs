using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;

namespace CleanTenancy.Application.Operations;

/// <summary>Reads how far an operation is: whoever started it may.</summary>
public sealed record GetOperation(OperationId Id) : IQuery<OperationDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
        // Whoever may start one in a state may see it through.
        Capability = Capability.Export,
    };
}

internal sealed class GetOperationHandler(IAppDbContext db, ICaller caller, TimeProvider clock)
    : IRequestHandler<GetOperation, Result<OperationDetails>>
{
    private static readonly Read<OperationId, Operation?> ById = new((db, id) =>
        db.Operations.SingleOrDefault(o => o.Id == id));

    public async Task<Result<OperationDetails>> Handle(GetOperation query, CancellationToken cancellationToken) =>
        await db.RunAsync(ById, query.Id, cancellationToken) is { } found
        && found.StartedBy == caller.RequiredMember().PersonId
            ? OperationDetails.Of(found, clock.GetUtcNow())
            : Error.NotFound;
}
