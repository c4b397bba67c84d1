using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Mails;

/// <summary>A tenant's own words of a mail; where there is none, or the plan has no such feature, ours are sent.</summary>
public sealed class EmailTemplate : ITenantOwned, IVersioned
{
    public const int KeyMaxLength = 60, SubjectMaxLength = 200, BodyMaxLength = 20_000;

    private EmailTemplate()
    {
    }

    public TenantId OrgId { get; private init; }

    public EmailTemplateId Id { get; private init; }

    /// <summary>Of the mail, e.g. invitation.</summary>
    public string Key { get; private init; } = "";

    /// <summary>ko or en.</summary>
    public string Locale { get; private init; } = "";

    /// <summary>Liquid, one line.</summary>
    public string Subject { get; private set; } = "";

    /// <summary>Liquid, plain text.</summary>
    public string Body { get; private set; } = "";

    public long Version { get; private set; }

    public DateTimeOffset CreatedAt { get; private init; }

    public DateTimeOffset UpdatedAt { get; private set; }

    public static EmailTemplate Make(
        TenantId orgId, string key, string locale, string subject, string body, DateTimeOffset now) =>
        new()
        {
            OrgId = orgId,
            Id = EmailTemplateId.New(now),
            Key = key,
            Locale = locale,
            Subject = subject,
            Body = body,
            Version = 1,
            CreatedAt = now,
            UpdatedAt = now,
        };

    public void Change(string subject, string body, DateTimeOffset now)
    {
        (Subject, Body, UpdatedAt) = (subject, body, now);
        Version++;
    }
}
