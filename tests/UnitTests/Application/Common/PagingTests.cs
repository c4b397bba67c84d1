using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Events;
using CleanTenancy.Domain.Common;
using CsCheck;

namespace CleanTenancy.UnitTests.Application.Common;

public sealed class PagingTests
{
    private static readonly Gen<(DateTimeOffset At, Guid Id)> Keys = Gen.Select(
        Gen.Long[0, DateTimeOffset.MaxValue.UtcTicks].Select(ticks => new DateTimeOffset(ticks, TimeSpan.Zero)),
        Gen.Guid);

    [Fact]
    public void A_cursor_leads_back_to_the_last_row_of_the_page() => Keys.Sample(key =>
    {
        var cursor = new List(Limit: 1).ToPage<int>([1, 2], _ => key).NextCursor;

        var next = new List(Cursor: cursor);
        return next.After(Fakes.Noon) == key && next.Before<EventId>().Value == key.Id && FailuresOf(cursor).Count == 0;
    });

    [Fact]
    public void A_cursor_keeps_the_instant_whatever_its_offset()
    {
        var seoul = Fakes.Noon.ToOffset(TimeSpan.FromHours(9));
        var cursor = new List(Limit: 1).ToPage<int>([1, 2], _ => (seoul, Guid.Empty)).NextCursor;

        new List(Cursor: cursor).After(default).ShouldBe((Fakes.Noon, Guid.Empty));
        new List(Cursor: cursor).After(default).At.Offset.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Page_by_page_every_row_is_seen_once_and_in_order() =>
        Gen.Select(Gen.Int[0, 60], Gen.Int[1, 20]).Sample((count, limit) =>
        {
            var rows = Enumerable.Range(0, count).Select(i => EventId.New(Fakes.Noon.AddSeconds(-i))).ToList();
            var seen = new List<EventId>();
            for (string? cursor = null; ;)
            {
                var list = new List(limit, cursor);
                var before = list.Before<EventId>();
                var page = list.ToPage(
                    [.. rows.Where(id => id < before).OrderDescending().Take(list.Take() + 1)],
                    id => (default, id.Value));
                seen.AddRange(page.Data);
                if ((cursor = page.NextCursor) is null) return seen.SequenceEqual(rows);
            }
        });

    [Fact]
    public void The_last_page_has_no_cursor()
    {
        new List(Limit: 2).ToPage<int>([1, 2], _ => default).ShouldSatisfyAllConditions(
            page => page.Data.ShouldBe([1, 2]), page => page.NextCursor.ShouldBeNull());
        new List(Limit: 2).ToPage<int>([], _ => default).NextCursor.ShouldBeNull();
    }

    [Fact]
    public void The_row_beyond_the_page_is_not_shown() =>
        new List(Limit: 2).ToPage<int>([1, 2, 3], _ => default).Data.ShouldBe([1, 2]);

    [Fact]
    public void Without_a_cursor_a_list_starts_at_the_newest_row_or_at_the_instant_asked_for()
    {
        new List().Before<EventId>().ShouldBeGreaterThan(EventId.New(DateTimeOffset.MaxValue));
        new List().After(Fakes.Noon).ShouldBe((Fakes.Noon, Guid.Empty));
    }

    [Fact]
    public void A_page_has_twenty_rows_unless_another_number_is_asked_for()
    {
        new List().Take().ShouldBe(20);
        new List(Limit: 100).Take().ShouldBe(100);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(1, true)]
    [InlineData(100, true)]
    [InlineData(0, false)]
    [InlineData(101, false)]
    [InlineData(-1, false)]
    [InlineData(int.MaxValue, false)]
    [InlineData(int.MinValue, false)]
    public void A_limit_is_1_to_100(int? limit, bool accepted) =>
        new ListEventsValidator().Validate(new ListEvents(limit, Cursor: null, UpdatedSince: null)).ToError().Failures
            .Select(failure => (failure.Pointer, failure.Code))
            .ShouldBe(accepted ? [] : [("?limit", "inclusive_between")]);

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!")]
    [InlineData("++++++++++++++++++++++++++++++++")]
    [InlineData("A===============================")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("                                ")]
    [InlineData("AAAAAAAAAAAAAAAA AAAAAAAAAAAAAAA")]
    [InlineData("한한한한한한한한한한한한한한한한한한한한한한한한한한한한한한한한")]
    [InlineData("________________________________")] // an instant before the first
    [InlineData("f_______________________________")] // an instant after the last
    public void A_cursor_that_we_did_not_make_is_refused(string cursor) =>
        FailuresOf(cursor).ShouldBe([("?cursor", "invalid_cursor")]);

    [Fact]
    public void No_text_makes_the_check_throw() =>
        Gen.Char.Array[32].Select(letters => new string(letters)).Sample(text => FailuresOf(text).Count <= 1);

    private static List<(string, string)> FailuresOf(string? cursor) =>
    [
        .. new ListEventsValidator().Validate(new ListEvents(Limit: null, cursor, UpdatedSince: null)).ToError()
            .Failures.Select(failure => (failure.Pointer, failure.Code)),
    ];

    private sealed record List(int? Limit = null, string? Cursor = null) : IPaged;
}
