using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Files;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Infrastructure.Operations;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// The bytes of an archive's files: stored before the rows, outside every transaction, under rows of uploads that hold
/// what they take. Each attempt has ids of its own, for one that was overtaken may still be writing or erasing. Who dies in
/// between leaves those rows, and the sweep of abandoned uploads, or the next attempt, clears up.
/// </summary>
internal sealed class ImportFiles(
    AppDbContext db, IQuotas quotas, IFileStore store, ArchiveReader archive, ImportPlan plan, OperationClaim claim)
{
    private const int AtATime = 500;

    /// <summary>In the archive's order: its id, and ours.</summary>
    private readonly List<(Guid Theirs, FileId Ours)> _files =
        [.. plan.Files.Keys.Order().Select(id => (id, new FileId(plan.Ids["files"][id])))];

    private int _begun;

    /// <returns>Null, or quota_exceeded.</returns>
    public async Task<Error?> StoreAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_files.Count == 0) return null;

        await ClearUpAsync(cancellationToken);
        if (await ReserveAsync(now, cancellationToken) is { } refusal) return refusal;

        foreach (var (theirs, ours) in _files)
        {
            _begun++;
            await using var bytes = archive.Open($"{ArchiveModel.FileFolder}{theirs}");
            await store.WriteAsync(new FileKey(db.OrgId, ours), bytes, cancellationToken);
        }

        return null;
    }

    /// <summary>In the transaction that makes files of them: what they hold of the quota stays held.</summary>
    /// <exception cref="InvalidOperationException">Somebody has taken some away: to be tried again.</exception>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        var taken = 0;
        foreach (var some in _files.Chunk(AtATime))
        {
            var ids = Array.ConvertAll(some, file => file.Ours);
            taken += await db.Uploads.Where(one => ids.Contains(one.Id)).ExecuteDeleteAsync(cancellationToken);
        }

        if (taken != _files.Count)
            throw new InvalidOperationException($"{_files.Count - taken} of the import's files were cleared up meanwhile.");
    }

    /// <summary>
    /// What this attempt has stored, whether or not its rows are there: whoever took them away may have come before the
    /// bytes. Nothing, if it has committed after all and only the answer was lost.
    /// </summary>
    public async Task GiveBackAsync(CancellationToken cancellationToken)
    {
        if (_files.Count == 0 || await HasCommittedAsync(cancellationToken)) return;

        foreach (var (_, ours) in _files.Take(_begun))
            await store.EraseAsync(new FileKey(db.OrgId, ours), cancellationToken);
        foreach (var some in _files.Chunk(AtATime))
            await ReleaseAsync(Array.ConvertAll(some, file => file.Ours), cancellationToken);
    }

    /// <summary>
    /// What attempts before this one left; none of them can commit any more. The bytes first: as long as the row is there,
    /// somebody will look for them.
    /// </summary>
    private async Task ClearUpAsync(CancellationToken cancellationToken)
    {
        for (var earlier = 1L; earlier < claim.Fence; earlier++)
            foreach (var some in _files.Chunk(AtATime))
            {
                var ids = Array.ConvertAll(
                    some, file => new FileId(SequentialIds.OfAttempt(file.Ours.Value, claim.Fence, earlier)));
                var left = await db.Uploads.Where(one => ids.Contains(one.Id)).Select(one => one.Id)
                    .ToListAsync(cancellationToken);
                foreach (var id in left) await store.EraseAsync(new FileKey(db.OrgId, id), cancellationToken);
                if (left.Count > 0) await ReleaseAsync(left, cancellationToken);
            }
    }

    private async Task<bool> HasCommittedAsync(CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await using var look = OperationQueue.HasSucceeded(db.Command, claim);
        return await look.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task<Error?> ReserveAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await quotas.ReserveUnsettledAsync(Quota.Storage, plan.StorageBytes, cancellationToken) is { } refusal)
            return refusal;

        foreach (var some in _files.Chunk(AtATime))
        {
            db.Uploads.AddRange(some.Select(file => Upload.Expect(db.OrgId, file.Ours, plan.Files[file.Theirs].Size, now)));
            await db.SaveChangesAsync(cancellationToken);
            db.ChangeTracker.Clear();
        }

        await transaction.CommitAsync(CancellationToken.None);
        return null;
    }

    private async Task ReleaseAsync(IReadOnlyCollection<FileId> ids, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await quotas.HoldAsync(Quota.Storage, cancellationToken);
        var reserved = await db.Uploads.Where(one => ids.Contains(one.Id)).SumAsync(one => one.Reserved, cancellationToken);
        if (await db.Uploads.Where(one => ids.Contains(one.Id)).ExecuteDeleteAsync(cancellationToken) == 0) return;

        await quotas.ReleaseAsync(Quota.Storage, reserved, cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
    }
}
