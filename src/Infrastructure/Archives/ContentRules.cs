using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.EmailTemplates;
using CleanTenancy.Application.Registrations;
using CleanTenancy.Application.Roles;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Programs;
using FluentValidation;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>What the API asks of what somebody writes, asked of rows by the same validators.</summary>
internal sealed class ContentRules(
    IValidator<EventContent> events, IValidator<ProgramContent> programs, IValidator<CategoryContent> categories,
    IEnumerable<IValidator<EventTemplateContent>> templates, IValidator<RoleContent> roles,
    IValidator<EnterRegistration> registrations, IValidator<ReplaceEmailTemplate> mails)
{
    /// <returns>Of a row: what is wrong with it, and with which member.</returns>
    public Func<object?[], (string Code, string? Member)?> Of(ArchiveTable table)
    {
        var row = new RowReader(table);
        return table.Name switch
        {
            "roles" => values => Role(row.With(values)),
            "users" => values => Person(row.With(values)),
            "invitations" => values => Person(row.With(values)),
            "event_categories" => values => Category(row.With(values)),
            "event_templates" => values => Template(row.With(values)),
            "events" => values => Event(row.With(values)),
            "programs" => values => Program(row.With(values)),
            "registrations" => values => Registration(row.With(values)),
            "email_templates" => values => Mail(row.With(values)),
            _ => Texts(table),
        };
    }

    /// <summary>Of a table that nobody knows more of: the API takes control characters nowhere.</summary>
    private static Func<object?[], (string Code, string? Member)?> Texts(ArchiveTable table)
    {
        var texts = table.Columns.Select((column, at) => (column, at))
            .Where(pair => pair.column.Type is ArchiveType.Text).ToList();
        return values =>
        {
            foreach (var (column, at) in texts)
                if (!TextRules.IsWellFormed((string?)values[at]))
                    return ("control_character", column.Member);
            return null;
        };
    }

    private (string Code, string? Member)? Role(RowReader row)
    {
        if (row.Is("builtIn"))
            return BuiltInRoles.All.ContainsKey(row.Text("name")!) ? null : ("unknown_role", "name");

        return First(roles, new RoleContent { Name = row.Text("name")!, Permissions = row.Texts("permissions") });
    }

    private static (string Code, string? Member)? Person(RowReader row) =>
        EmailAddress.TryNormalize(row.Text("email"), out _) ? null : ("not_an_email", "email");

    private (string Code, string? Member)? Category(RowReader row) =>
        First(categories, new CategoryContent { Name = row.Text("name")! });

    private (string Code, string? Member)? Program(RowReader row) => First(programs, new ProgramContent
    {
        Title = row.Text("title")!,
        StartsAt = row.Instant("startsAt")!.Value,
        EndsAt = row.Instant("endsAt")!.Value,
        Room = row.Text("room"),
        Track = row.Text("track"),
        Capacity = row.Number("capacity"),
        Selectable = row.Is("selectable"),
    });

    private (string Code, string? Member)? Registration(RowReader row) => First(registrations, new EnterRegistration(
        default, new RegistrationContent { Name = row.Text("name")!, Email = row.Text("email")! }));

    private (string Code, string? Member)? Mail(RowReader row)
    {
        var wanted = new ReplaceEmailTemplate(row.Text("key")!, row.Text("locale"), VersionCondition.Absent, new EmailTemplateContent
        {
            Subject = row.Text("subject")!,
            Body = row.Text("body")!,
        });
        return MailTemplates.Changeable.ContainsKey(wanted.Key) ? First(mails, wanted) : ("invalid_value", "key");
    }

    private (string Code, string? Member)? Template(RowReader row) =>
        templates.Select(one => First(one, TemplateOf(row))).FirstOrDefault(wrong => wrong is not null);

    /// <summary>Without its category, whose id is the archive's.</summary>
    public static EventTemplateContent TemplateOf(RowReader row) => new()
    {
        Name = row.Text("name")!,
        Title = row.Text("title")!,
        Description = row.Text("description"),
        DurationMinutes = row.Number("durationMinutes")!.Value,
        Capacity = row.Number("capacity"),
        AttendanceMode = Wire.Parse<AttendanceMode>(row.Text("attendanceMode")!),
        Venue = VenueOf(row),
        OnlineUrl = row.Text("onlineUrl"),
        Visibility = Wire.Parse<Visibility>(row.Text("visibility")!),
        ContactEmail = row.Text("contactEmail"),
    };

    private (string Code, string? Member)? Event(RowReader row)
    {
        if (!IsSlug(row.Text("slug")!)) return ("invalid_value", "slug");
        if (!Currencies.IsKnown(row.Text("currency")!)) return ("unknown_currency", "currency");
        if (!TryTranslations(row.Text("translations"), out var translations)) return ("invalid_value", "translations");

        return First(events, new EventContent
        {
            Title = row.Text("title")!,
            Description = row.Text("description"),
            StartsAt = row.Instant("startsAt")!.Value,
            EndsAt = row.Instant("endsAt")!.Value,
            TimeZone = row.Text("timeZone"),
            Capacity = row.Number("capacity"),
            AttendanceMode = Wire.Parse<AttendanceMode>(row.Text("attendanceMode")!),
            Venue = VenueOf(row),
            OnlineUrl = row.Text("onlineUrl"),
            Visibility = Wire.Parse<Visibility>(row.Text("visibility")!),
            SalesStartAt = row.Instant("salesStartAt"),
            SalesEndAt = row.Instant("salesEndAt"),
            ContactEmail = row.Text("contactEmail"),
            Translations = translations,
        });
    }

    private static Venue? VenueOf(RowReader row) => row.Text("venueName") is { } name
        ? new Venue { Name = name, Address = row.Text("venueAddress") }
        : row.Text("venueAddress") is { } address ? new Venue { Address = address } : null;

    private static bool TryTranslations(string? json, out Dictionary<string, EventTranslation>? translations)
    {
        translations = null;
        if (json is null) return true;

        try
        {
            translations = JsonSerializer.Deserialize<Dictionary<string, EventTranslation>>(json, Wire.Json);
            return translations is not null;
        }
        // A lone surrogate is found when its text is asked for.
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Words of small letters and digits, with a hyphen between them.</summary>
    private static bool IsSlug(string text) =>
        text.Split('-').All(word => word.Length > 0 && word.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)));

    private static (string Code, string? Member)? First<T>(IValidator<T> validator, T content)
    {
        var result = validator.Validate(content);
        return result.IsValid ? null : result.ToError().Failures[0] is var failure
            ? (failure.Code, failure.Pointer.TrimStart('/', '?'))
            : null;
    }
}

/// <summary>Members of one row by their names.</summary>
internal sealed class RowReader(ArchiveTable table)
{
    private readonly Dictionary<string, int> _at = table.Columns
        .Select((column, at) => (column.Member, at)).ToDictionary(pair => pair.Member, pair => pair.at);

    private object?[] _values = [];

    public RowReader With(object?[] values)
    {
        _values = values;
        return this;
    }

    public object? this[string member] => _values[_at[member]];

    public Guid Id(string member = "id") => (Guid)this[member]!;

    public string? Text(string member) => (string?)this[member];

    public string[] Texts(string member) => (string[])this[member]!;

    public Guid[] Ids(string member) => (Guid[])this[member]!;

    public int? Number(string member) => (int?)this[member];

    public bool Is(string member) => (bool)this[member]!;

    public DateTimeOffset? Instant(string member) =>
        this[member] is DateTime instant ? new DateTimeOffset(instant, TimeSpan.Zero) : null;
}
