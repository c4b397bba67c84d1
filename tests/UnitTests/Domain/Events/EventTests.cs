using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;

namespace CleanTenancy.UnitTests.Domain.Events;

public sealed class EventTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly EventContent Fair = new()
    {
        Title = "Spring Fair",
        StartsAt = Now.AddDays(10),
        EndsAt = Now.AddDays(11),
    };

    /// <summary>What becomes of an event in each status under each trigger; "-" is refused.</summary>
    [Theory]
    [InlineData(EventStatus.Draft, "change", "Draft")]
    [InlineData(EventStatus.Draft, "publish", "Live")]
    [InlineData(EventStatus.Draft, "cancel", "Cancelled")]
    [InlineData(EventStatus.Draft, "archive", "-")]
    [InlineData(EventStatus.Live, "change", "Live")]
    [InlineData(EventStatus.Live, "publish", "-")]
    [InlineData(EventStatus.Live, "cancel", "Cancelled")]
    [InlineData(EventStatus.Live, "archive", "Archived")]
    [InlineData(EventStatus.Archived, "change", "-")]
    [InlineData(EventStatus.Archived, "publish", "-")]
    [InlineData(EventStatus.Archived, "cancel", "-")]
    [InlineData(EventStatus.Archived, "archive", "-")]
    [InlineData(EventStatus.Cancelled, "change", "-")]
    [InlineData(EventStatus.Cancelled, "publish", "-")]
    [InlineData(EventStatus.Cancelled, "cancel", "-")]
    [InlineData(EventStatus.Cancelled, "archive", "Archived")]
    [InlineData(EventStatus.Deleted, "change", "-")]
    [InlineData(EventStatus.Deleted, "publish", "-")]
    [InlineData(EventStatus.Deleted, "cancel", "-")]
    [InlineData(EventStatus.Deleted, "archive", "-")]
    public void A_trigger_moves_an_event_or_is_refused_and_leaves_it_alone(EventStatus from, string trigger, string to)
    {
        var fair = In(from);
        var (version, later) = (fair.Version, Now.AddHours(1));

        var refusal = Pull(fair, trigger, later);

        if (to == "-")
        {
            refusal.ShouldNotBeNull();
            (refusal.Kind, refusal.Code).ShouldBe((ErrorKind.Conflict, "invalid_transition"));
            refusal.Extensions.ShouldBe(new Dictionary<string, object?>
            {
                ["from"] = from.ToString().ToLowerInvariant(),
                ["trigger"] = trigger,
            });
            (fair.Status, fair.Version, fair.UpdatedAt).ShouldBe((from, version, Now));
        }
        else
        {
            refusal.ShouldBeNull();
            (fair.Status, fair.Version, fair.UpdatedAt).ShouldBe((Enum.Parse<EventStatus>(to), version + 1, later));
        }
    }

    [Theory]
    [InlineData(EventStatus.Draft, true)]
    [InlineData(EventStatus.Live, true)]
    [InlineData(EventStatus.Archived, false)]
    [InlineData(EventStatus.Cancelled, false)]
    [InlineData(EventStatus.Deleted, false)]
    public void Draft_and_live_events_count_towards_the_quota(EventStatus status, bool counts) =>
        In(status).Counts.ShouldBe(counts);

    [Fact]
    public void A_deleted_event_leaves_a_tombstone_without_words_of_people()
    {
        var fair = Event.Draft(
            TenantId.New(Now),
            Fair with
            {
                Description = "Bring Ann.",
                ContactEmail = "ann@acme.test",
                Translations = new Dictionary<string, EventTranslation> { ["ko"] = new() { Title = "봄 장터" } },
            },
            "Asia/Seoul",
            "KRW",
            Now);

        fair.Delete(Now.AddHours(1));

        (fair.Status, fair.Version, fair.UpdatedAt).ShouldBe((EventStatus.Deleted, 2, Now.AddHours(1)));
        (fair.Description, fair.ContactEmail, fair.Translations).ShouldBe((null, null, null));
    }

    [Fact]
    public void An_event_that_has_ended_is_not_published()
    {
        var fair = In(EventStatus.Draft);

        fair.Publish(fair.EndsAt).ShouldBe(EventErrors.AlreadyEnded);
        fair.Status.ShouldBe(EventStatus.Draft);
        fair.Publish(fair.EndsAt.AddTicks(-1)).ShouldBeNull();
    }

    [Fact]
    public void Capacity_does_not_sink_below_the_registered()
    {
        var fair = In(EventStatus.Live);
        typeof(Event).GetProperty(nameof(Event.Registered))!.SetValue(fair, 3); // the database's counter

        var refusal = fair.Change(Fair with { Capacity = 2, Title = "Smaller" }, "Asia/Seoul", Now);

        refusal.ShouldNotBeNull();
        (refusal.Kind, refusal.Code).ShouldBe((ErrorKind.Conflict, "capacity_below_registered"));
        refusal.Extensions.ShouldBe(new Dictionary<string, object?> { ["capacity"] = 2, ["registered"] = 3 });
        (fair.Title, fair.Capacity, fair.Registered).ShouldBe(("Spring Fair", null, 3));
        fair.Change(Fair with { Capacity = 3 }, "Asia/Seoul", Now).ShouldBeNull();
        fair.Change(Fair with { Capacity = null }, "Asia/Seoul", Now).ShouldBeNull();
    }

    [Theory]
    [InlineData("Spring Fair", "spring-fair-")]
    [InlineData("  Spring -- Fair! 2026 ", "spring-fair-2026-")]
    [InlineData("C# & F#", "c-f-")]
    [InlineData("봄 장터", "")]
    [InlineData("봄 Fair", "fair-")]
    [InlineData("Café", "caf-")]
    [InlineData("---", "")]
    public void A_slug_is_the_titles_ASCII_words_and_ten_random_digits(string title, string head)
    {
        var fair = Event.Draft(TenantId.New(Now), Fair with { Title = title }, "Asia/Seoul", "KRW", Now);

        fair.Slug.ShouldBe(head + fair.Id.Value.ToString("N")[22..]);
    }

    [Fact]
    public void A_long_titles_slug_is_cut_and_does_not_end_its_words_with_a_hyphen()
    {
        var title = new string('a', 59) + " " + new string('b', 140);

        Event.Draft(TenantId.New(Now), Fair with { Title = title }, "Asia/Seoul", "KRW", Now)
            .Slug.ShouldMatch("^a{59}-[0-9a-f]{10}$");
    }

    [Fact]
    public void Events_of_one_title_and_instant_have_different_slugs() =>
        Enumerable.Range(0, 100).Select(_ => In(EventStatus.Draft).Slug).Distinct().Count().ShouldBe(100);

    [Fact]
    public void A_change_keeps_the_slug_and_the_currency()
    {
        var fair = In(EventStatus.Draft);
        var slug = fair.Slug;

        fair.Change(Fair with { Title = "Autumn Fair" }, "Asia/Seoul", Now);

        (fair.Title, fair.Slug, fair.Currency).ShouldBe(("Autumn Fair", slug, "KRW"));
    }

    [Theory]
    [InlineData(-1, EventLifecycle.Upcoming)]
    [InlineData(0, EventLifecycle.Ongoing)]
    [InlineData(59, EventLifecycle.Ongoing)]
    [InlineData(60, EventLifecycle.Ended)]
    [InlineData(61, EventLifecycle.Ended)]
    public void The_clock_says_whether_an_event_of_one_hour_is_ongoing(int minute, EventLifecycle expected) =>
        Event.LifecycleAt(Now.AddMinutes(minute), startsAt: Now, endsAt: Now.AddHours(1)).ShouldBe(expected);

    [Fact]
    public void Instants_are_kept_in_UTC()
    {
        var seoul = TimeSpan.FromHours(9);
        var fair = Event.Draft(
            TenantId.New(Now),
            Fair with
            {
                StartsAt = Fair.StartsAt.ToOffset(seoul),
                EndsAt = Fair.EndsAt.ToOffset(seoul),
                SalesStartAt = Now.ToOffset(seoul),
                SalesEndAt = Now.AddDays(1).ToOffset(seoul),
            },
            "Asia/Seoul",
            "KRW",
            Now);

        foreach (var instant in (DateTimeOffset?[])[fair.StartsAt, fair.EndsAt, fair.SalesStartAt, fair.SalesEndAt])
            instant.ShouldNotBeNull().Offset.ShouldBe(TimeSpan.Zero);
        fair.StartsAt.ShouldBe(Fair.StartsAt);
    }

    [Fact]
    public void The_time_zone_is_the_tenants_until_the_event_has_its_own()
    {
        var fair = In(EventStatus.Draft);
        fair.TimeZone.ShouldBe("Asia/Seoul");

        fair.Change(Fair with { TimeZone = "Europe/Vienna" }, "Asia/Seoul", Now);
        fair.TimeZone.ShouldBe("Europe/Vienna");
    }

    [Fact]
    public void What_was_written_is_what_is_read()
    {
        var content = new EventContent
        {
            Title = "Spring Fair",
            Description = "All day",
            StartsAt = Now.AddDays(10),
            EndsAt = Now.AddDays(11),
            TimeZone = "Europe/Vienna",
            Capacity = 100,
            AttendanceMode = AttendanceMode.Hybrid,
            Venue = new Venue { Name = "Hall 1", Address = "1 Main Street" },
            OnlineUrl = "https://acme.test/live",
            Visibility = Visibility.Unlisted,
            SalesStartAt = Now,
            SalesEndAt = Now.AddDays(9),
            ContactEmail = "ann@acme.test",
            Translations = new Dictionary<string, EventTranslation> { ["ko"] = new() { Title = "봄 장터" } },
        };

        Event.Draft(TenantId.New(Now), content, "Asia/Seoul", "KRW", Now).Content.ShouldBe(content);
    }

    private static Event In(EventStatus status)
    {
        var fair = Event.Draft(TenantId.New(Now), Fair, "Asia/Seoul", "KRW", Now);
        if (status is EventStatus.Live or EventStatus.Archived) fair.Publish(Now).ShouldBeNull();
        if (status is EventStatus.Archived) fair.Archive(Now).ShouldBeNull();
        if (status is EventStatus.Cancelled) fair.Cancel(Now).ShouldBeNull();
        if (status is EventStatus.Deleted) fair.Delete(Now);
        fair.Status.ShouldBe(status);
        return fair;
    }

    private static Error? Pull(Event fair, string trigger, DateTimeOffset now) => trigger switch
    {
        "change" => fair.Change(Fair, "Asia/Seoul", now),
        "publish" => fair.Publish(now),
        "cancel" => fair.Cancel(now),
        "archive" => fair.Archive(now),
        _ => throw new ArgumentOutOfRangeException(nameof(trigger), trigger, "No such trigger."),
    };
}
