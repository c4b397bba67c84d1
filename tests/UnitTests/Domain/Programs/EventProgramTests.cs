using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Programs;

namespace CleanTenancy.UnitTests.Domain.Programs;

public sealed class EventProgramTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly ProgramContent Talk = new()
    {
        Title = "Talk",
        StartsAt = Now.AddDays(1),
        EndsAt = Now.AddDays(1).AddHours(1),
        Room = "A",
        Track = "Main",
        Capacity = 20,
        Selectable = true,
    };

    private readonly Event _fair = Event.Draft(
        TenantId.New(Now),
        new EventContent { Title = "Fair", StartsAt = Now.AddDays(1), EndsAt = Now.AddDays(2) },
        "Asia/Seoul",
        "KRW",
        Now);

    [Fact]
    public void A_program_belongs_to_its_event_and_keeps_what_was_written()
    {
        var talk = EventProgram.Plan(_fair, Talk, Now).Value;

        (talk.OrgId, talk.EventId, talk.Version, talk.CreatedAt).ShouldBe((_fair.OrgId, _fair.Id, 1, Now));
        talk.Content.ShouldBe(Talk);
    }

    [Theory]
    [InlineData(0, 24, true)]
    [InlineData(23, 24, true)]
    [InlineData(-1, 1, false)]
    [InlineData(23, 25, false)]
    [InlineData(-1, 25, false)]
    [InlineData(25, 26, false)]
    public void Its_event_encloses_it(int starts, int ends, bool fits)
    {
        var content = Talk with { StartsAt = _fair.StartsAt.AddHours(starts), EndsAt = _fair.StartsAt.AddHours(ends) };

        var planned = EventProgram.Plan(_fair, content, Now);

        planned.Error.ShouldBe(fits ? null : ProgramErrors.OutsideEvent);
    }

    [Fact]
    public void A_refused_change_changes_nothing()
    {
        var talk = EventProgram.Plan(_fair, Talk, Now).Value;

        talk.Change(_fair, Talk with { Title = "Late", EndsAt = _fair.EndsAt.AddTicks(1) }, Now.AddHours(1))
            .ShouldBe(ProgramErrors.OutsideEvent);

        (talk.Content, talk.Version, talk.UpdatedAt).ShouldBe((Talk, 1, Now));
    }

    [Fact]
    public void A_change_makes_a_new_version()
    {
        var talk = EventProgram.Plan(_fair, Talk, Now).Value;

        talk.Change(_fair, Talk with { Room = null }, Now.AddHours(1)).ShouldBeNull();

        (talk.Room, talk.Version, talk.CreatedAt, talk.UpdatedAt).ShouldBe((null, 2, Now, Now.AddHours(1)));
    }

    [Fact]
    public void A_live_events_program_can_still_be_added()
    {
        _fair.Publish(Now);

        EventProgram.Plan(_fair, Talk, Now).Error.ShouldBeNull();
    }

    [Theory]
    [InlineData(EventStatus.Cancelled)]
    [InlineData(EventStatus.Archived)]
    [InlineData(EventStatus.Deleted)]
    public void A_closed_events_programs_are_neither_added_nor_changed(EventStatus status)
    {
        var talk = EventProgram.Plan(_fair, Talk, Now).Value;
        if (status is EventStatus.Deleted) _fair.Delete(Now);
        else _fair.Cancel(Now);
        if (status is EventStatus.Archived) _fair.Archive(Now);
        _fair.Status.ShouldBe(status);

        EventProgram.Plan(_fair, Talk, Now).Error.ShouldBe(ProgramErrors.EventClosed);
        talk.Change(_fair, Talk, Now).ShouldBe(ProgramErrors.EventClosed);
    }

    [Fact]
    public void Instants_are_kept_in_UTC()
    {
        var seoul = TimeSpan.FromHours(9);

        var content = Talk with { StartsAt = Talk.StartsAt.ToOffset(seoul), EndsAt = Talk.EndsAt.ToOffset(seoul) };

        var talk = EventProgram.Plan(_fair, content, Now).Value;

        (talk.StartsAt.Offset, talk.EndsAt.Offset).ShouldBe((TimeSpan.Zero, TimeSpan.Zero));
        talk.StartsAt.ShouldBe(Talk.StartsAt);
    }
}
