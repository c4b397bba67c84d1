using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Files;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Files;

/// <summary>Stores a file.</summary>
/// <param name="Name">As the client has it.</param>
/// <param name="AtLeast">Bytes it must have, as far as its request tells: reserved before the first one is read.</param>
/// <param name="Content">Its bytes, once, as they come.</param>
public sealed record UploadFile(string Name, long AtLeast, Stream Content) : ICommand<FileDetails>, IOwnTransactions
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.FilesWrite,
        Feature = Feature.None,
        OwnQuota = Quota.Storage,
        OwnIdempotency = true,
        Audit = "file.uploaded",
    };
}

/// <summary>Reserve in one transaction, stream outside of any, settle in another (ADR 0036).</summary>
internal sealed class UploadFileHandler(
    IAppDbContext db, ICaller caller, ITenantTransaction transaction, IQuotas quotas, IAuditTrail audit, IOutbox outbox,
    IncomingFiles files, FileLimits limits, UploadKeys<FileDetails> keys, TimeProvider clock)
    : IRequestHandler<UploadFile, Result<FileDetails>>
{
    public async Task<Result<FileDetails>> Handle(UploadFile command, CancellationToken cancellationToken)
    {
        if (caller.IdempotencyKey is { } key && IdempotencyErrors.Unfit(key) is { } unfit) return unfit;
        if (command.AtLeast > limits.MaxBytes) return FileErrors.TooLarge(limits.MaxBytes);

        var reserved = await transaction.RunAsync(() => ReserveAsync(command, cancellationToken), cancellationToken);
        if (reserved.Error is { } refusal) return refusal;

        var upload = reserved.Value;
        var stored = await StoreAsync(upload, command.Content, cancellationToken);
        if (stored.Error is { } failed) return failed;

        var settled = await SettleOrQueueAsync(upload, FileName.Clean(command.Name), stored.Value, cancellationToken);
        if (settled is { Error: null, Replayed: false }) return settled;

        await GiveBackAsync(upload);
        return settled;
    }

    private async Task<Result<Upload>> ReserveAsync(UploadFile command, CancellationToken cancellationToken)
    {
        if (await quotas.ReserveUnsettledAsync(Quota.Storage, command.AtLeast, cancellationToken) is { } refusal)
            return refusal;

        var upload = Upload.Expect(caller.RequiredTenant().Id, command.AtLeast, clock.Now());
        db.Uploads.Add(upload);
        return upload;
    }

    /// <summary>Whatever ends it early, the client or the store: what came and what it held are given back.</summary>
    private async Task<Result<FileContentFacts>> StoreAsync(
        Upload upload, Stream content, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await files.WriteAsync(
                KeyOf(upload), content, limits.MaxBytes, limits.UploadTime, cancellationToken);
            if (stored.Error is not null) await GiveBackAsync(upload);
            return stored;
        }
        catch
        {
            if (!await GiveBackAsync(upload)) return FileErrors.TimedOut; // swept meanwhile, and the store noticed first
            throw;
        }
    }

    private async Task<Result<FileDetails>> SettleOrQueueAsync(
        Upload upload, string name, FileContentFacts facts, CancellationToken cancellationToken)
    {
        try
        {
            return await transaction.RunAsync(
                () => SettleAsync(upload, name, facts, cancellationToken), cancellationToken);
        }
        catch
        {
            // Perhaps it has committed and only its answer is lost: nothing may be erased before that is known.
            await transaction.RunAsync(() => GiveBackAsync(upload, isErased: false), CancellationToken.None);
            throw;
        }
    }

    private async Task<Result<FileDetails>> SettleAsync(
        Upload upload, string name, FileContentFacts facts, CancellationToken cancellationToken)
    {
        var known = await keys.FindAsync(name, facts, cancellationToken);
        if (known is not null) return known;

        await quotas.HoldAsync(Quota.Storage, cancellationToken);
        if (!await db.TakeUploadAsync(upload.Id, cancellationToken)) return FileErrors.TimedOut; // swept meanwhile

        if (await quotas.SettleAsync(Quota.Storage, upload.Reserved, facts.Size, cancellationToken) is { } refusal)
            return refusal;

        var file = StoredFile.Of(upload, name, facts, caller.RequiredMember().PersonId, clock.Now());
        db.Files.Add(file);
        await transaction.FlushAsync(cancellationToken);
        await audit.RecordAsync(UploadFile.Policy.Audit, file.Id.Value, actor: null, cancellationToken);
        Result<FileDetails> answer = FileDetails.Of(file);
        await keys.SaveAsync(name, facts, answer, cancellationToken);
        return answer;
    }

    /// <summary>The bytes first: as long as its row is there, somebody will look for them.</summary>
    /// <returns>False when the sweep has given it back before.</returns>
    private async Task<bool> GiveBackAsync(Upload upload)
    {
        var isErased = await files.TryEraseAsync(KeyOf(upload));
        return (await transaction.RunAsync(() => GiveBackAsync(upload, isErased), CancellationToken.None)).Value;
    }

    private async Task<Result<bool>> GiveBackAsync(Upload upload, bool isErased)
    {
        await quotas.HoldAsync(Quota.Storage, CancellationToken.None);
        var isTaken = await db.TakeUploadAsync(upload.Id, CancellationToken.None);
        if (isTaken) await quotas.ReleaseAsync(Quota.Storage, upload.Reserved, CancellationToken.None);
        // Without its row it has been settled, and the bytes are the file's; or swept, and they came after that.
        else if (await db.HasFileAsync(upload.Id, CancellationToken.None)) return false;

        if (!isErased) await outbox.EraseFileAsync(KeyOf(upload), CancellationToken.None);
        return isTaken;
    }

    private static FileKey KeyOf(Upload upload) => new(upload.OrgId, upload.Id);
}
