using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Mails;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Mails;

namespace CleanTenancy.Infrastructure.Provisioning;

/// <summary>What a tenant finds at first, in its own language: to be used, renamed or thrown away.</summary>
internal sealed record TenantContent(
    IReadOnlyList<EventCategory> Categories, EventTemplate Template, IReadOnlyList<EmailTemplate> Mails)
{
    public static TenantContent Of(Organization organization, DateTimeOffset now)
    {
        var locale = MailTemplates.LocaleOf(organization.Locale);
        var words = WordsOf(locale);
        var categories = words.Categories
            .Select(name => EventCategory.Make(organization.Id, new CategoryContent { Name = name }, now)).ToList();
        return new(
            categories,
            EventTemplate.Make(
                organization.Id,
                words.Template with { CategoryId = categories.Single(one => one.Name == words.TemplateCategory).Id },
                now),
            [.. MailTemplates.Changeable.Keys.Select(key =>
            {
                var ours = MailSources.Of(key, locale);
                return EmailTemplate.Make(organization.Id, key, locale, ours.Subject, ours.Body, now);
            })]);
    }

    public void AddTo(IAppDbContext db)
    {
        db.Categories.AddRange(Categories);
        db.EventTemplates.Add(Template);
        db.EmailTemplates.AddRange(Mails);
    }

    private static Words WordsOf(string locale) => locale switch
    {
        "ko" => new(
            ["컨퍼런스", "워크숍", "밋업", "네트워킹"],
            "밋업",
            new EventTemplateContent
            {
                Name = "밋업",
                Title = "다음 밋업",
                Description = "함께 배우고 이야기하는 저녁 모임입니다. 발표 두 편과 자유로운 대화 시간이 있습니다.",
                DurationMinutes = 120,
                Capacity = 50,
            }),
        "en" => new(
            ["Conferences", "Workshops", "Meetups", "Networking"],
            "Meetups",
            new EventTemplateContent
            {
                Name = "Meetup",
                Title = "Our next meetup",
                Description = "An evening to learn and to talk: two talks, and time for each other.",
                DurationMinutes = 120,
                Capacity = 50,
            }),
        _ => throw new ArgumentOutOfRangeException(nameof(locale), locale, "A language without words."),
    };

    private sealed record Words(IReadOnlyList<string> Categories, string TemplateCategory, EventTemplateContent Template);
}
