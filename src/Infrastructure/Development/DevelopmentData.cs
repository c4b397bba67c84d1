using System.Globalization;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Programs;
using CleanTenancy.Domain.Registrations;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Persistence;

namespace CleanTenancy.Infrastructure.Development;

/// <summary>The tenants, people and events that ./dev up starts with. Development only.</summary>
public static class DevelopmentData
{
    public const string Password = "correct-horse-demo", Operator = "operator@platform.test";

    private static readonly string[] Everybody =
        [BuiltInRoles.SuperAdmin, BuiltInRoles.Admin, BuiltInRoles.Organizer, BuiltInRoles.Staff, BuiltInRoles.Viewer];

    public static readonly IReadOnlyList<DemoTenant> Tenants =
    [
        new("acme", "Acme Conferences", Tier.Pro, Everybody, HasEvents: true),
        new("globex", "Globex Meetups", Tier.Starter, Everybody, HasEvents: true),
        new("initech", "Initech", Tier.Free, [BuiltInRoles.SuperAdmin, BuiltInRoles.Viewer]),
        new("umbrella", "Umbrella", Tier.Enterprise, [BuiltInRoles.SuperAdmin]),
        new("hooli", "Hooli", Tier.Pro, [BuiltInRoles.SuperAdmin], Suspended: true),
    ];

    /// <summary>Adds what is not there yet; what somebody changed stays changed.</summary>
    public static async Task SeedAsync(
        TenantSeeder seeder, IPasswords passwords, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var demo in Tenants)
        {
            if (await seeder.ExistsAsync(demo.Slug, cancellationToken)) continue;

            var organization = Organization.Start(Id(now), demo.Slug, demo.Name, demo.Tier, now);
            // A demonstration stays what it shows: its grace does not end.
            if (demo.Suspended) organization.Suspend(SuspensionReason.Billing, now, graceEndsAt: now.AddYears(100));
            await seeder.CreateAsync(
                organization,
                [.. demo.Roles.Select(role => (demo.Email(role), DemoTenant.Person(role), role))],
                await passwords.HashAsync(Password, cancellationToken),
                demo.HasEvents ? db => Fill(db, organization, now) : null,
                cancellationToken);
        }

        await seeder.AddOperatorAsync(
            Operator, "Operator", await passwords.HashAsync(Password, cancellationToken), now, cancellationToken);
    }

    private static Domain.Common.TenantId Id(DateTimeOffset now) => Domain.Common.TenantId.New(now);

    private static void Fill(IAppDbContext db, Organization organization, DateTimeOffset now)
    {
        var start = now.Date.AddDays(30).AddHours(1);
        var live = Draft(
            organization, "Autumn Conference", new DateTimeOffset(start, TimeSpan.Zero), capacity: 200, now);
        if (live.Publish(now) is { } refusal) throw new InvalidOperationException(refusal.Code);
        var draft = Draft(
            organization, "Winter Workshop", new DateTimeOffset(start.AddDays(40), TimeSpan.Zero), capacity: 30, now);
        db.Events.AddRange(live, draft);
        foreach (var title in new[] { "Opening keynote", "Hands-on workshop" })
            db.Programs.Add(EventProgram.Plan(
                live,
                new ProgramContent
                {
                    Title = title,
                    StartsAt = live.StartsAt,
                    EndsAt = live.StartsAt.AddHours(2),
                    Room = "Hall 1"
                },
                now).Value);
        foreach (var name in new[] { "Kim Minji", "Lee Joon", "Park Seoyeon" })
            db.Registrations.Add(Registration.Enter(
                organization.Id,
                live.Id,
                name,
                $"{name.Split(' ')[0].ToLower(CultureInfo.InvariantCulture)}@example.test",
                now));
    }

    private static Event Draft(
        Organization organization, string title, DateTimeOffset startsAt, int capacity, DateTimeOffset now) =>
        Event.Draft(
            organization.Id,
            new EventContent
            {
                Title = title,
                StartsAt = startsAt,
                EndsAt = startsAt.AddHours(8),
                Capacity = capacity,
                Venue = new Venue { Name = "COEX", Address = "513 Yeongdong-daero, Gangnam-gu, Seoul" },
            },
            organization.TimeZone,
            organization.Currency,
            now);
}

/// <param name="Roles">One person for each.</param>
public sealed record DemoTenant(
    string Slug, string Name, Tier Tier, IReadOnlyList<string> Roles, bool HasEvents = false, bool Suspended = false)
{
    public string Email(string role) => $"{Person(role)}@{Slug}.test";

    internal static string Person(string role) => role == BuiltInRoles.SuperAdmin ? "owner" : role;
}
