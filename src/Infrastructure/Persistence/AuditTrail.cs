using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Deeds go through a function of audit_role: the API itself can read the log and nothing else. The tenant, the person,
/// the address and the request are those the transaction is bound to; the instant is the database's.
/// </summary>
internal sealed class AuditTrail(AppDbContext db) : IAuditTrail
{
    public async Task RecordAsync(string deed, Guid? subject, UserId? actor, CancellationToken cancellationToken)
    {
        await using var command = DeedCommand.Of(db, deed, subject, actor, details: null);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

internal static class DeedCommand
{
    public static NpgsqlCommand Of(AppDbContext db, string deed, Guid? subject, UserId? actor, string? details) =>
        db.Command("select record_deed($1, $2, $3, $4)").With(deed)
            .WithNullable(subject, NpgsqlDbType.Uuid)
            .WithNullable(actor?.Value, NpgsqlDbType.Uuid)
            .WithNullable(details, NpgsqlDbType.Jsonb);
}
