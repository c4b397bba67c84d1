using System.Security.Cryptography;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence.Erasure;

/// <summary>Reads certificates of erasure out of what purges wrote down.</summary>
internal static class Certificates
{
    /// <returns>Null when the purge was not begun, or is not over.</returns>
    public static async Task<ErasureCertificate?> FindAsync(
        PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        if (await PurgeAsync(transaction, cancellationToken) is not { } certificate) return null;

        await using var select = transaction.Command(
            "select target, rows, bytes, digest from purge_steps where tenant_id = $1 order by position, target")
            .With(transaction.OrgId.Value);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var (tables, files, bytes) = (new List<ErasedTable>(), 0L, 0L);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.IsDBNull(2))
                tables.Add(new(reader.GetString(0), reader.GetInt64(1), Hex(reader)));
            else
                (files, bytes) = (files + reader.GetInt64(1), bytes + reader.GetInt64(2));
        }

        return Hashed(certificate with
        {
            Rows = tables.Sum(table => table.Rows),
            Files = files,
            Bytes = bytes,
            Tables = tables,
        });
    }

    private static async Task<ErasureCertificate?> PurgeAsync(
        PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        await using var select = transaction.Command(
            """
            select kind, requested_by, reason, started_at, finished_at from purges
            where tenant_id = $1 and finished_at is not null and kind <> 'compensation' -- of a sign-up: no tenant is gone
            """).With(transaction.OrgId.Value);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new ErasureCertificate(
                transaction.OrgId,
                Wire.Parse<ErasureKind>(reader.GetString(0)),
                reader.IsDBNull(1) ? null : new OperatorId(reader.GetGuid(1)),
                reader.IsDBNull(2) ? null : reader.GetString(2),
                reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetFieldValue<DateTimeOffset>(4),
                Rows: 0,
                Files: 0,
                Bytes: 0,
                Tables: [],
                Sha256: "")
            : null;
    }

    private static ErasureCertificate Hashed(ErasureCertificate certificate) => certificate with
    {
        Sha256 = Convert.ToHexStringLower(
            SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(certificate, Wire.Json))),
    };

    private static string? Hex(NpgsqlDataReader reader) =>
        reader.IsDBNull(3) ? null : Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(3));
}
