using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Infrastructure.Persistence;

namespace CleanTenancy.Infrastructure.Operations;

/// <summary>Adds operations to the command's transaction: no work without its cause, no cause without its work.</summary>
internal sealed class OperationWriter(
    AppDbContext db, ITenantTransaction transaction, OperationBell bell, ICaller caller, TimeProvider clock)
    : IOperations
{
    public Operation Queue<T>(OperationKind kind, T arguments, OperationId? id = null)
    {
        var (org, now) = (db.OrgId, clock.Now());
        var operation = Operation.Queue(
            org, id ?? OperationId.New(now), kind, JsonSerializer.Serialize(arguments, Wire.Json),
            caller.RequiredMember().PersonId, now);
        db.Operations.Add(operation);
        transaction.AfterCommit(() => bell.Ring(org));
        return operation;
    }
}
