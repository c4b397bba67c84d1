using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Deletes lines of the retained ledger that the law wants no longer.</summary>
public sealed record ExpireLedger : ISweep<Swept>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "ledger.expired",
    };
}

internal sealed class ExpireLedgerHandler(IErasure erasure) : IRequestHandler<ExpireLedger, Result<Swept>>
{
    public async Task<Result<Swept>> Handle(ExpireLedger command, CancellationToken cancellationToken) =>
        new Swept(await erasure.ExpireLedgerAsync(cancellationToken));
}
