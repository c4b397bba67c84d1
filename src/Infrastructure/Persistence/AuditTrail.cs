using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Deeds go through a function of audit_role: the API itself can read the log and nothing else. The tenant, the person
/// and the address are those the transaction is bound to.
/// </summary>
internal sealed class AuditTrail(AppDbContext db, ICaller caller, TimeProvider clock) : IAuditTrail
{
    private const string Record = "select record_deed($1, $2, $3, $4, $5, $6)";

    public async Task RecordAsync(string deed, Guid? subject, UserId? actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var command = db.Command(Record).With(Guid.CreateVersion7(now)).With(now.UtcDateTime).With(deed);
        command.Parameters.Add(Nullable(subject));
        command.Parameters.Add(Nullable(actor?.Value));
        command.With(caller.RequestId);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter Nullable(Guid? value) =>
        new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };
}
