using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// What the tenant has that a row of the archive could clash with: a row that is the same is used in its place, one that
/// only has the same name gives the new one another, and one that cannot be there twice stays (ADR 0049).
/// </summary>
internal abstract class KnownRows
{
    /// <returns>Null for a table whose rows cannot clash.</returns>
    public static async Task<KnownRows?> OfAsync(
        AppDbContext db, ArchiveTable table, ImportPlan plan, ReportWriter report, CancellationToken cancellationToken) =>
        table.Name switch
        {
            "event_categories" => new KnownCategories(
                await db.Categories.ToDictionaryAsync(one => one.Name, one => one.Id.Value, cancellationToken), plan, report),
            "event_templates" => new KnownTemplates(await KnownTemplates.ReadAsync(db, cancellationToken), plan, report),
            "email_templates" => new KnownMails(
                (await db.EmailTemplates.Select(one => new { one.Key, one.Locale }).ToListAsync(cancellationToken))
                .Select(one => (one.Key, one.Locale)).ToHashSet(), report),
            "events" => new KnownEvents(
                // Tombstones keep their names, too.
                (await db.Events.IgnoreQueryFilters([QueryFilters.Deleted])
                    .Select(one => one.Slug).ToListAsync(cancellationToken)).ToHashSet(), report),
            _ => null,
        };

    /// <param name="row">Of the archive.</param>
    /// <param name="maker">Which knows where what stands.</param>
    /// <param name="values">Of the row that it becomes: perhaps changed.</param>
    /// <returns>False when there is one that stands for it.</returns>
    public abstract bool Take(RowReader row, RowMaker maker, object?[] values);

    private sealed class KnownCategories(Dictionary<string, Guid> byName, ImportPlan plan, ReportWriter report) : KnownRows
    {
        public override bool Take(RowReader row, RowMaker maker, object?[] values)
        {
            if (!byName.TryGetValue(row.Text("name")!, out var known)) return true;

            plan.Ids["event_categories"][row.Id()] = known;
            report.Keep("event_categories");
            return false;
        }
    }

    /// <summary>Of each a digest: there may be many, and each has a long text.</summary>
    private sealed class KnownTemplates : KnownRows
    {
        private readonly Dictionary<string, UInt128> _known;
        private readonly HashSet<UInt128> _given = [];
        private readonly FreeNames _names;
        private readonly ImportPlan _plan;
        private readonly ReportWriter _report;

        public KnownTemplates(Dictionary<string, UInt128> known, ImportPlan plan, ReportWriter report)
        {
            (_known, _plan, _report) = (known, plan, report);
            _names = new FreeNames(
                EventTemplateContent.NameMaxLength,
                one => _known.ContainsKey(one) || _given.Contains(ImportCheck.Digest(one)));
        }

        public static async Task<Dictionary<string, UInt128>> ReadAsync(AppDbContext db, CancellationToken cancellationToken)
        {
            var known = new Dictionary<string, UInt128>();
            await foreach (var one in db.EventTemplates.AsNoTracking().AsAsyncEnumerable().WithCancellation(cancellationToken))
                known.Add(one.Name, DigestOf(one.Content));
            return known;
        }

        public override bool Take(RowReader row, RowMaker maker, object?[] values)
        {
            var name = row.Text("name")!;
            if (_known.TryGetValue(name, out var known) && known == DigestOf(ContentOf(row)))
            {
                _report.Keep("event_templates");
                return false;
            }

            var free = _names.For(name);
            _given.Add(ImportCheck.Digest(free));
            if (free == name) return true;

            values[maker.At("name")] = free;
            _report.Rename("event_templates", name, free);
            return true;
        }

        private static UInt128 DigestOf(EventTemplateContent content) =>
            ImportCheck.Digest(JsonSerializer.Serialize(content, Wire.Json));

        private EventTemplateContent ContentOf(RowReader row) => ContentRules.TemplateOf(row) with
        {
            CategoryId = row["categoryId"] is Guid id ? new(_plan.Ids["event_categories"][id]) : null,
        };
    }

    private sealed class KnownMails(HashSet<(string Key, string Locale)> known, ReportWriter report) : KnownRows
    {
        public override bool Take(RowReader row, RowMaker maker, object?[] values)
        {
            if (!known.Contains((row.Text("key")!, row.Text("locale")!))) return true;

            report.Keep("email_templates");
            return false;
        }
    }

    private sealed class KnownEvents(HashSet<string> slugs, ReportWriter report) : KnownRows
    {
        private const int MaxLength = 80, Tail = 10;

        public override bool Take(RowReader row, RowMaker maker, object?[] values)
        {
            var slug = row.Text("slug")!;
            if (!slugs.Contains(slug)) return true;

            var head = slug.Length > MaxLength - Tail - 1 ? slug[..(MaxLength - Tail - 1)].TrimEnd('-') : slug;
            var free = $"{head}-{((Guid)values[maker.At("id")]!).ToString("N")[^Tail..]}";
            values[maker.At("slug")] = free;
            report.Rename("events", slug, free);
            return true;
        }
    }
}
