using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Files;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Operations;

/// <summary>
/// Starts an import of an archive: all of it becomes this organization's, or nothing. With dryRun it tells what would come
/// of it, and changes nothing.
/// </summary>
/// <param name="DryRun">Only tell.</param>
/// <param name="AtLeast">Bytes the archive must have, as far as its request tells.</param>
/// <param name="Content">Its bytes, once, as they come.</param>
public sealed record StartImport(bool DryRun, long AtLeast, Stream Content) : ICommand<OperationDetails>, IOwnTransactions
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.DataImport,
        Feature = Feature.None,
        Capability = Capability.Change,
        PersonOnly = true,
        StepUp = true,
        OwnIdempotency = true,
        KeyRequired = true,
        Audit = "import.started",
    };
}

/// <summary>
/// A row says that bytes may come, they are streamed outside of any transaction, and the operation takes the row's place:
/// as files are uploaded (ADR 0036), but that nothing of it counts towards the quota.
/// </summary>
internal sealed class StartImportHandler(
    IAppDbContext db, ICaller caller, ITenantTransaction transaction, IOperations operations, IAuditTrail audit,
    IOutbox outbox, IncomingFiles files, ImportLimits limits, UploadKeys<OperationDetails> keys, TimeProvider clock)
    : IRequestHandler<StartImport, Result<OperationDetails>>
{
    public async Task<Result<OperationDetails>> Handle(StartImport command, CancellationToken cancellationToken)
    {
        if (caller.IdempotencyKey is { } key && IdempotencyErrors.Unfit(key) is { } unfit) return unfit;
        if (command.AtLeast > limits.MaxBytes) return FileErrors.TooLarge(limits.MaxBytes);

        var expected = await transaction.RunAsync(() => ExpectAsync(cancellationToken), cancellationToken);
        if (expected.Error is { } refusal) return refusal;

        var upload = expected.Value;
        var stored = await StoreAsync(upload, command.Content, cancellationToken);
        if (stored.Error is { } failed) return failed;

        var queued = await QueueOrCleanAsync(upload, command.DryRun, stored.Value, cancellationToken);
        if (queued is { Error: null, Replayed: false }) return queued;

        await GiveUpAsync(upload);
        return queued;
    }

    /// <summary>Who has to wait for another import learns it before the bytes, unless they ask for the answer to that one.</summary>
    private async Task<Result<Upload>> ExpectAsync(CancellationToken cancellationToken)
    {
        var isUnderWay = await db.Operations.AnyAsync(
            one => one.Kind == OperationKind.Import
                && (one.Status == OperationStatus.Queued || one.Status == OperationStatus.Running),
            cancellationToken);
        if (isUnderWay && !await keys.IsKnownAsync(cancellationToken)) return OperationErrors.InProgress;

        var upload = Upload.Expect(caller.RequiredTenant().Id, reserved: 0, clock.Now());
        db.Uploads.Add(upload);
        return upload;
    }

    private async Task<Result<FileContentFacts>> StoreAsync(
        Upload upload, Stream content, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await files.WriteAsync(
                KeyOf(upload), content, limits.MaxBytes, limits.UploadTime, cancellationToken);
            if (stored.Error is not null) await GiveUpAsync(upload);
            return stored;
        }
        catch
        {
            await GiveUpAsync(upload);
            throw;
        }
    }

    private async Task<Result<OperationDetails>> QueueOrCleanAsync(
        Upload upload, bool dryRun, FileContentFacts facts, CancellationToken cancellationToken)
    {
        try
        {
            return await transaction.RunAsync(() => QueueAsync(upload, dryRun, facts, cancellationToken), cancellationToken);
        }
        catch (ConstraintViolatedException violated) when (ConstraintErrors.Find(violated.Constraint) is { } error)
        {
            return error; // one is under way
        }
        catch
        {
            // Perhaps it has committed and only its answer is lost: while the row is there, it has not.
            await transaction.RunAsync(() => CleanAsync(upload), CancellationToken.None);
            throw;
        }
    }

    private async Task<Result<OperationDetails>> QueueAsync(
        Upload upload, bool dryRun, FileContentFacts facts, CancellationToken cancellationToken)
    {
        var compared = $"dryRun={dryRun}";
        if (await keys.FindAsync(compared, facts, cancellationToken) is { } known) return known;
        if (!await db.TakeUploadAsync(upload.Id, cancellationToken)) return FileErrors.TimedOut; // swept meanwhile

        var operation = operations.Queue(
            OperationKind.Import, new ImportArguments(dryRun), new OperationId(upload.Id.Value));
        await transaction.FlushAsync(cancellationToken);
        await audit.RecordAsync(StartImport.Policy.Audit, operation.Id.Value, actor: null, cancellationToken);
        Result<OperationDetails> answer = OperationDetails.Of(operation, clock.Now());
        await keys.SaveAsync(compared, facts, answer, cancellationToken);
        return answer;
    }

    /// <summary>The bytes first: as long as the row is there, somebody will look for them.</summary>
    private async Task GiveUpAsync(Upload upload)
    {
        if (await files.TryEraseAsync(KeyOf(upload)))
            await transaction.RunAsync(() => TakeAsync(upload), CancellationToken.None);
        else
            await transaction.RunAsync(() => CleanAsync(upload), CancellationToken.None);
    }

    private async Task<Result<Nothing>> TakeAsync(Upload upload)
    {
        await db.TakeUploadAsync(upload.Id, CancellationToken.None);
        return Nothing.Value;
    }

    private async Task<Result<Nothing>> CleanAsync(Upload upload)
    {
        if (await db.TakeUploadAsync(upload.Id, CancellationToken.None))
            await outbox.EraseFileAsync(KeyOf(upload), CancellationToken.None);
        return Nothing.Value;
    }

    private static FileKey KeyOf(Upload upload) =>
        OperationFiles.KeyOf(upload.OrgId, new OperationId(upload.Id.Value), fence: 0);
}
