using System.Buffers.Binary;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Operations;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Operations;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// Imports: reads all of an archive, stores its files' bytes, and makes its rows in one transaction, in which the
/// operation ends too. Whatever happens, all of it is there or nothing is (ADR 0049).
/// </summary>
internal sealed class ImportRunner(
    IServiceScopeFactory scopes, IFileStore store, ContentRules rules, ImportSettings settings, ArchiveModel model,
    LifecycleTimes times, IFailPoints failPoints, TimeProvider clock) : IOperationRunner
{
    public const string Deed = "data.imported";

    public OperationKind Kind => OperationKind.Import;

    public async Task<OperationOutcome> RunAsync(
        OperationClaim claim, OperationMeter meter, CancellationToken cancellationToken)
    {
        var dryRun = JsonSerializer.Deserialize<ImportArguments>(claim.Arguments, Wire.Json)!.DryRun;
        using var time = new CancellationTokenSource(settings.Time, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            return await RunAsync(claim, meter, dryRun, either.Token);
        }
        catch (ArchiveRefusedException refused)
        {
            return Refused(dryRun, refused.Problem);
        }
        catch (OperationCanceledException) when (time.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Refused(dryRun, new ArchiveProblem(ArchiveErrors.TimedOut.Code));
        }
        // Something else was made meanwhile that only the schema can see; what is still so the second time stays so.
        catch (Exception failure) when (claim.Attempt > 1 && IsConflict(failure))
        {
            return Refused(dryRun, new ArchiveProblem(ArchiveErrors.Conflict.Code));
        }
    }

    private async Task<OperationOutcome> RunAsync(
        OperationClaim claim, OperationMeter meter, bool dryRun, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<AppDbContext>();
        db.Bind(new TenantBinding(claim.OrgId, claim.StartedBy) { Kind = ActorKind.User, RequestId = $"{claim.Id}" });
        var work = new Work(
            claim, meter, db, scope.ServiceProvider.GetRequiredService<IQuotas>(), model, clock.Now());

        await using var archive = await OpenAsync(claim, cancellationToken);
        meter.Expect(archive.Manifest.Entries.Sum(entry => entry.Count ?? 0) * (dryRun ? 1 : 2)); // each is read, then written
        var problems = new ImportProblems();
        var plan = await new ImportCheck(work.Model, rules, settings.Archive).RunAsync(
            archive, problems, work.Ids, meter.Add, cancellationToken);
        if (problems.Found.Count > 0) return Refused(dryRun, [.. problems.Found]);

        failPoints.Pass("import.checked");
        var import = new ArchiveImport(
            db, work.Quotas, work.Model, archive, plan, settings.Archive, claim.StartedBy, work.Now);
        var preview = await PreviewAsync(work, import, cancellationToken);
        if (preview.Problems is [{ } first, ..]) return Outcome(first.Code, preview with { DryRun = dryRun });
        if (dryRun)
        {
            meter.Add((meter.Total ?? 0) - meter.Done);
            return OperationOutcome.Succeeded(new OperationResult { Import = preview });
        }

        var files = new ImportFiles(db, work.Quotas, store, archive, plan, claim);
        return await StoreAndWriteAsync(work, import, files, cancellationToken);
    }

    /// <summary>What was there before the import is judged in one look; it writes nothing.</summary>
    private async Task<ImportReport> PreviewAsync(
        Work work, ArchiveImport import, CancellationToken cancellationToken)
    {
        await using var transaction = await work.Db.Database.BeginTransactionAsync(cancellationToken);
        var (tenant, limits) = await work.TenantAsync(cancellationToken);
        if (Forbidden(tenant) is { } forbidden)
            return ImportReport.Refused(dryRun: true, new ImportProblem(forbidden.Code, null, null, null));

        return await import.PreviewAsync(limits, cancellationToken);
    }

    private async Task<OperationOutcome> StoreAndWriteAsync(
        Work work, ArchiveImport import, ImportFiles files, CancellationToken cancellationToken)
    {
        try
        {
            if (await files.StoreAsync(work.Now, cancellationToken) is { } full) return Outcome(full);

            failPoints.Pass("import.stored");
            if (await WriteAsync(work, import, files, cancellationToken) is not { } refusal) return OperationOutcome.Committed;

            await files.GiveBackAsync(CancellationToken.None);
            return Outcome(refusal);
        }
        catch
        {
            work.Db.ChangeTracker.Clear();
            await files.GiveBackAsync(CancellationToken.None);
            throw;
        }
    }

    /// <returns>Null, or why nothing was written.</returns>
    private async Task<Error?> WriteAsync(
        Work work, ArchiveImport import, ImportFiles files, CancellationToken cancellationToken)
    {
        await using var transaction = await work.Db.Database.BeginTransactionAsync(cancellationToken);
        var (tenant, limits) = await work.TenantAsync(cancellationToken);
        if (Forbidden(tenant) is { } forbidden) return forbidden;

        var result = await import.RunAsync(limits, work.Meter.Add, cancellationToken);
        if (result.Error is { } refusal) return refusal;
        await files.SettleAsync(cancellationToken);
        var report = result.Value;
        await using (var record = DeedCommand.Of(
            work.Db, Deed, work.Claim.Id.Value, actor: null, JsonSerializer.Serialize(report.Added, Wire.Json)))
            await record.ExecuteNonQueryAsync(cancellationToken);
        var outcome = OperationOutcome.Succeeded(new OperationResult { Import = report });
        work.Meter.Add((work.Meter.Total ?? 0) - work.Meter.Done); // lines that became no row
        await using var finish = OperationQueue.Finish(work.Db.Command, work.Claim, work.Meter, outcome, clock.Now());
        if (await finish.ExecuteNonQueryAsync(cancellationToken) != 1)
            throw new InvalidOperationException("Somebody else has taken the import over."); // rolled back

        failPoints.Pass("import.written");
        await transaction.CommitAsync(CancellationToken.None);
        failPoints.Pass("import.committed");
        return null;
    }

    private async Task<ArchiveReader> OpenAsync(OperationClaim claim, CancellationToken cancellationToken)
    {
        await using var content = await store.OpenAsync(
            OperationFiles.KeyOf(claim.OrgId, claim.Id, fence: 0), from: 0, cancellationToken);
        return await ArchiveReader.OpenAsync(content, settings.TempFolder, settings.Archive, cancellationToken);
    }

    /// <summary>The tenant's state when the rows are written counts, by the clock, and not the one when somebody asked.</summary>
    private Error? Forbidden(Organization tenant)
    {
        var standing = tenant.Standing.At(clock.Now(), times);
        return TenantLifecycle.Allows(standing.State, standing.Reason, Capability.Change)
            ? null
            : TenantErrors.NotAllowed(standing.State, standing.Reason, standing.Since);
    }

    private static bool IsConflict(Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
            if (cause is PostgresException { SqlState: ['2', '2' or '3', ..] })
                return true;
        return false;
    }

    private static OperationOutcome Refused(bool dryRun, params ArchiveProblem[] problems) => Outcome(
        problems[0].Code,
        ImportReport.Refused(
            dryRun, [.. problems.Select(one => new ImportProblem(one.Code, one.Path, one.Line, one.Member))]));

    private static OperationOutcome Outcome(Error refusal) => Outcome(
        refusal.Code,
        ImportReport.Refused(
            dryRun: false,
            new ImportProblem(refusal.Code, null, null, Lacking(refusal))) with
        {
            Needs = refusal.Extensions.GetValueOrDefault("resource") is string resource
                ? [new ImportNeed(
                    resource, Needed: 0, (long?)refusal.Extensions["limit"], (long)refusal.Extensions["used"]!)]
                : [],
        });

    private static string? Lacking(Error refusal) =>
        (refusal.Extensions.GetValueOrDefault("resource") ?? refusal.Extensions.GetValueOrDefault("permission")) as string;

    private static OperationOutcome Outcome(string code, ImportReport report) =>
        OperationOutcome.Failed(code, new OperationResult { Import = report });

    private sealed class Work(
        OperationClaim claim, OperationMeter meter, AppDbContext db, IQuotas quotas, ArchiveModel model, DateTimeOffset now)
    {
        public OperationClaim Claim => claim;

        public OperationMeter Meter => meter;

        public AppDbContext Db => db;

        public IQuotas Quotas => quotas;

        public ArchiveModel Model => model;

        /// <summary>The same for each row of this import.</summary>
        public DateTimeOffset Now => now;

        /// <summary>From the operation's id, so that a second attempt knows the first one's.</summary>
        public SequentialIds Ids { get; } = new(MadeAt(claim.Id), claim.Id.Value.ToByteArray(), claim.Fence);

        private static DateTimeOffset MadeAt(OperationId id)
        {
            Span<byte> bytes = stackalloc byte[16];
            id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
            return DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16);
        }

        public async Task<(Organization Tenant, PlanLimits Limits)> TenantAsync(CancellationToken cancellationToken)
        {
            var found = await (
                from organization in db.Organizations
                join plan in db.Set<Plan>() on organization.Tier equals plan.Tier
                select new { organization, plan }).AsNoTracking().SingleAsync(cancellationToken);
            var overrides = await db.PlanOverrides.AsNoTracking().ToListAsync(cancellationToken);
            return (found.organization, Entitlements.Of(found.plan, overrides, now).Limits);
        }
    }
}
