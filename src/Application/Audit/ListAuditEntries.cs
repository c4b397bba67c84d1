using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Audit;

/// <summary>Lists the audit log, newest first: deeds, denied attempts and changed rows.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
/// <param name="Actor">Only what this person, key or operator did.</param>
/// <param name="Action">Only this deed, e.g. event.created; or insert, update, delete.</param>
/// <param name="Table">Only rows of this table.</param>
/// <param name="From">Only since this instant.</param>
/// <param name="To">Only before this instant.</param>
public sealed record ListAuditEntries(
    int? Limit, string? Cursor, Guid? Actor, string? Action, string? Table, DateTimeOffset? From, DateTimeOffset? To)
    : IQuery<Page<AuditEntryDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.AuditRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListAuditEntriesValidator : AbstractValidator<ListAuditEntries>
{
    public ListAuditEntriesValidator()
    {
        this.AddPagingRules();
        RuleFor(q => q.Action).MaximumLength(80).OverridePropertyName("?action");
        RuleFor(q => q.Table).MaximumLength(63).OverridePropertyName("?table");
        RuleFor(q => q.To).GreaterThan(q => q.From).When(q => q.From is not null && q.To is not null)
            .Saying("before_from", "It lies after from.", "from보다 뒤여야 합니다.").OverridePropertyName("?to");
    }
}

/// <summary>One line of the log.</summary>
/// <param name="Id">Of the line.</param>
/// <param name="At">When, by the database's clock.</param>
/// <param name="Actor">Who did it.</param>
/// <param name="OnBehalfOf">For whom an operator acted.</param>
/// <param name="Action">The deed in the past tense; insert, update or delete for a row.</param>
/// <param name="Table">Of the row; null for a deed.</param>
/// <param name="RowId">What it is about.</param>
/// <param name="Changes">By column: old and new, or redacted where the value is a secret or personal.</param>
/// <param name="Details">What the name of the deed does not say, e.g. which request was denied, and why.</param>
/// <param name="Address">The client's.</param>
/// <param name="RequestId">The X-Request-Id of the answer.</param>
/// <param name="TraceId">Of the W3C trace.</param>
public sealed record AuditEntryDetails(
    [property: Required] AuditEntryId Id,
    [property: Required] DateTimeOffset At,
    [property: Required] AuditActor Actor,
    Guid? OnBehalfOf,
    [property: Required] string Action,
    string? Table,
    Guid? RowId,
    JsonElement? Changes,
    JsonElement? Details,
    string? Address,
    string? RequestId,
    string? TraceId);

/// <summary>Who did it.</summary>
/// <param name="Kind">What kind of actor.</param>
/// <param name="Id">Null for the public and the platform itself.</param>
/// <param name="Name">As it is now; null when it is gone, or nobody's.</param>
public sealed record AuditActor([property: Required] ActorKind Kind, Guid? Id, string? Name);

internal sealed class ListAuditEntriesHandler(IAppDbContext db)
    : IRequestHandler<ListAuditEntries, Result<Page<AuditEntryDetails>>>
{
    public async Task<Result<Page<AuditEntryDetails>>> Handle(
        ListAuditEntries query, CancellationToken cancellationToken)
    {
        var rows = await (
            from entry in Filtered(query).OrderByDescending(e => e.Id).Take(query.Take() + 1)
            join user in db.Users on entry.ActorId equals (Guid?)(object)user.Id into users
            from user in users.DefaultIfEmpty()
            join key in db.ApiKeys on entry.ActorId equals (Guid?)(object)key.Id into keys
            from key in keys.DefaultIfEmpty()
            orderby entry.Id descending
            select new { entry, Name = (string?)user.Name ?? (string?)key.Name }).ToListAsync(cancellationToken);
        return query.ToPage(
            [.. rows.Select(row => Details(row.entry, row.Name))], details => (details.At, details.Id.Value));
    }

    private IQueryable<AuditEntry> Filtered(ListAuditEntries query)
    {
        var before = query.Before<AuditEntryId>();
        var entries = db.AuditEntries.Where(e => e.Id < before);
        if (query.Actor is { } actor) entries = entries.Where(e => e.ActorId == actor);
        if (query.Action is { } action) entries = entries.Where(e => e.Action == action);
        if (query.Table is { } table) entries = entries.Where(e => e.TableName == table);
        // Partitions are months: a range leaves out the others.
        if (query.From?.ToUniversalTime() is { } from) entries = entries.Where(e => e.CreatedAt >= from);
        if (query.To?.ToUniversalTime() is { } to) entries = entries.Where(e => e.CreatedAt < to);
        return entries;
    }

    private static AuditEntryDetails Details(AuditEntry entry, string? name) => new(
        entry.Id,
        entry.CreatedAt,
        new AuditActor(entry.ActorKind, entry.ActorId, name),
        entry.OnBehalfOf,
        entry.Action,
        entry.TableName,
        entry.RowId,
        Json(entry.Changes),
        Json(entry.Details),
        entry.Address,
        entry.RequestId,
        entry.TraceId);

    private static JsonElement? Json(string? text) =>
        text is null ? null : JsonSerializer.Deserialize<JsonElement>(text);
}
