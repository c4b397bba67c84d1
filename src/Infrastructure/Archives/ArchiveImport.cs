using CleanTenancy.Application.Categories;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.EmailTemplates;
using CleanTenancy.Application.EventTemplates;
using CleanTenancy.Application.Events;
using CleanTenancy.Application.Files;
using CleanTenancy.Application.Operations;
using CleanTenancy.Application.Programs;
using CleanTenancy.Application.Registrations;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// Makes rows of a checked archive, inside one transaction that is bound to the tenant: an import adds, and changes
/// nothing that is there (ADR 0049).
/// </summary>
internal sealed class ArchiveImport(
    AppDbContext db, IQuotas quotas, ArchiveModel model, ArchiveReader archive, ImportPlan plan, ArchiveLimits limits,
    UserId importer, DateTimeOffset now)
{
    private const int AtATime = 500;

    internal static readonly HashSet<string> People = ["roles", "users", "user_roles", "invitations"];

    /// <summary>What is asked of who would make these rows by hand.</summary>
    private static readonly Dictionary<string, string> Asked = new()
    {
        ["event_categories"] = CreateCategory.Policy.Permission,
        ["event_templates"] = CreateEventTemplate.Policy.Permission,
        ["files"] = UploadFile.Policy.Permission,
        ["events"] = CreateEvent.Policy.Permission,
        ["programs"] = AddProgram.Policy.Permission,
        ["registrations"] = EnterRegistration.Policy.Permission,
        ["email_templates"] = ReplaceEmailTemplate.Policy.Permission,
    };

    private ReportWriter _report = new();
    private readonly SequentialIds _ids = SequentialIds.Random(now);

    /// <summary>What would come of it, without writing anything.</summary>
    public async Task<ImportReport> PreviewAsync(PlanLimits has, CancellationToken cancellationToken)
    {
        _report = new ReportWriter();
        var people = PeopleOfArchive();
        await people.LookAsync(cancellationToken);
        if (Lacking(people) is { } lacking)
            return ImportReport.Refused(dryRun: true, new ImportProblem("permission_denied", null, null, lacking));

        await AddAsync(people, isWritten: false, cancellationToken);
        foreach (var table in Tables()) await AddAsync(table, isWritten: false, _ => { }, cancellationToken);
        var needs = await NeedsAsync(has, areReserved: false, cancellationToken);
        return _report.Make(dryRun: true, plan, needs, [.. needs
            .Where(need => need.Needed > 0 && need.Used + need.Needed > need.Limit)
            .Select(need => new ImportProblem("quota_exceeded", null, null, need.Resource))]);
    }

    /// <summary>Everything up to the commit; a refusal, or an exception, is to be rolled back.</summary>
    /// <param name="has">For the report; what counts is what the reservations find.</param>
    /// <param name="progress">Told each row.</param>
    public async Task<Result<ImportReport>> RunAsync(
        PlanLimits has, Action<long> progress, CancellationToken cancellationToken)
    {
        _report = new ReportWriter();
        // Counters first, in the order of everybody (ADR 0015); how many members is known when they have been invited.
        if (await ReserveAsync(Quota.Events, plan.CountedEvents, cancellationToken) is { } tooManyEvents)
            return tooManyEvents;
        await quotas.HoldAsync(Quota.Members, cancellationToken);
        if (await ReserveAsync(Quota.Participants, plan.Participants, cancellationToken) is { } tooManyParticipants)
            return tooManyParticipants;

        await db.LockPeopleAsync(cancellationToken);
        var people = PeopleOfArchive();
        // Read now: who was demoted since they began gives nothing any more.
        await people.LookAsync(cancellationToken);
        if (Lacking(people) is { } lacking) return PolicyErrors.PermissionDenied(lacking);

        await AddAsync(people, isWritten: true, cancellationToken);
        if (await ReserveAsync(Quota.Members, _report.Invitations, cancellationToken) is { } tooManyMembers)
            return tooManyMembers; // and they are rolled back

        foreach (var table in Tables()) await AddAsync(table, isWritten: true, progress, cancellationToken);
        return _report.Make(dryRun: false, plan, await NeedsAsync(has, areReserved: true, cancellationToken), []);
    }

    /// <summary>
    /// Content is imported as a whole, or half of it would point at nothing: who may not make all of it makes none.
    /// </summary>
    /// <returns>The first permission that the importer lacks; of roles and members see <see cref="ImportPeople"/>.</returns>
    private string? Lacking(ImportPeople importer) =>
        (from table in Tables()
         let asked = Asked[table.Name] // of an empty one, too: a table that nobody has decided about fails at once
         where plan.Lines[table.Name] > 0
         select asked).Prepend(StartImport.Policy.Permission).FirstOrDefault(one => !importer.Has(one));

    private ImportPeople PeopleOfArchive() => new(db, model, archive, plan, limits, _report, importer, now);

    private IEnumerable<ArchiveTable> Tables() =>
        model.Tables.Where(table => !table.IsHistory && !People.Contains(table.Name));

    /// <summary>Of an import nobody is mailed: whoever began it reads what it took.</summary>
    private async Task<Error?> ReserveAsync(Quota quota, long n, CancellationToken cancellationToken) =>
        n == 0 ? null : await quotas.ReserveUnsettledAsync(quota, n, cancellationToken);

    private async Task<IReadOnlyList<ImportNeed>> NeedsAsync(
        PlanLimits has, bool areReserved, CancellationToken cancellationToken)
    {
        var used = await db.UsageCounters.ToDictionaryAsync(one => one.Resource, one => one.Used, cancellationToken);
        return
        [
            Need(Quota.Events, plan.CountedEvents), Need(Quota.Members, _report.Invitations),
            Need(Quota.Participants, plan.Participants), Need(Quota.Storage, plan.StorageBytes),
        ];

        ImportNeed Need(Quota quota, long n) => new(Wire.Text(quota), n, has.Of(quota), used[quota] - (areReserved ? n : 0));
    }

    private async Task AddAsync(ImportPeople people, bool isWritten, CancellationToken cancellationToken)
    {
        foreach (var some in (await people.RolesAsync(cancellationToken)).Chunk(AtATime))
            if (isWritten) await SaveAsync(some, cancellationToken);
        await foreach (var some in people.InvitationsAsync(cancellationToken))
            if (isWritten) await SaveAsync(some, cancellationToken);
        _report.Add("invitations", _report.Invitations);
    }

    private async Task SaveAsync(IEnumerable<object> some, CancellationToken cancellationToken)
    {
        db.AddRange(some);
        await db.SaveChangesAsync(cancellationToken);
        db.ChangeTracker.Clear();
    }

    private async Task AddAsync(
        ArchiveTable table, bool isWritten, Action<long> progress, CancellationToken cancellationToken)
    {
        var known = await KnownRows.OfAsync(db, table, plan, _report, cancellationToken);
        // Nothing of its rows depends on what is there: they have all been counted.
        if (known is null && !isWritten)
        {
            _report.Add(table.Name, table.Name == "files" ? plan.Files.Count : plan.Lines[table.Name]);
            return;
        }

        var maker = new RowMaker(db.Model, table, plan, _ids, importer, now);
        await using var rows = new ImportRows(db, table.Name, maker.Columns);
        var added = 0L;
        await foreach (var row in ImportedRows.ReadAsync(archive, table, limits, cancellationToken))
        {
            progress(1);
            if (maker.Make(row) is not { } values) continue;
            if (known?.Take(row, maker, values) is false) continue;

            added++;
            if (isWritten) await rows.AddAsync(values, cancellationToken);
        }

        if (isWritten) await rows.EndAsync(cancellationToken);
        _report.Add(table.Name, added);
    }
}
