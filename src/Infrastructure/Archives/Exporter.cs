using System.Security.Cryptography;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Operations;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Infrastructure.Operations;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// Makes an archive in a file of its own, stores it under the attempt's key and lets it be forgotten after a while. It does
/// not count against the tenant's storage.
/// </summary>
internal sealed class Exporter(
    ArchiveWriter archives, IFileStore store, ExportSettings settings, IFailPoints points, TimeProvider clock)
    : IOperationRunner
{
    public OperationKind Kind => OperationKind.Export;

    public async Task<OperationOutcome> RunAsync(
        OperationClaim claim, OperationMeter meter, CancellationToken cancellationToken)
    {
        settings.ClearTemp(clock.GetUtcNow());
        await using var file = settings.OpenTemp();
        points.Pass("export.before_rows");
        await archives.WriteAsync(claim.OrgId, file, meter, cancellationToken);
        points.Pass("export.before_store");
        var sha256 = await StoreAsync(claim.Key, file, cancellationToken);
        points.Pass("export.before_finish");
        return OperationOutcome.Succeeded(
            new OperationResult { Bytes = file.Length, Sha256 = sha256 }, clock.Now() + settings.Keep);
    }

    private async Task<string> StoreAsync(FileKey key, FileStream file, CancellationToken cancellationToken)
    {
        file.Position = 0;
        using var sha256 = SHA256.Create();
        await using var hashing = new CryptoStream(file, sha256, CryptoStreamMode.Read, leaveOpen: true);
        try
        {
            await store.WriteAsync(key, hashing, cancellationToken);
        }
        catch
        {
            // If this fails too, the sweep does it when the operation's time is up.
            await store.EraseAsync(key, CancellationToken.None);
            throw;
        }

        return Convert.ToHexStringLower(sha256.Hash!);
    }
}
