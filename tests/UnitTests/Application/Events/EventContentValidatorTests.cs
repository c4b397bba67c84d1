using System.Text.Json;
using System.Text.RegularExpressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Events;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;

namespace CleanTenancy.UnitTests.Application.Events;

public sealed partial class EventContentValidatorTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly EventContent Fair = new() { Title = "Fair", StartsAt = Noon, EndsAt = Noon.AddHours(1) };

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"title":"봄 장터 💩"}""")]
    [InlineData("""{"description":"One\r\n\tTwo"}""")]
    [InlineData("""{"description":""}""")]
    [InlineData("""{"startsAt":"2026-05-01T21:00:00+09:00","endsAt":"2026-05-01T12:00:01Z"}""")]
    [InlineData("""{"timeZone":"Asia/Seoul"}""")]
    [InlineData("""{"timeZone":"America/Argentina/Buenos_Aires"}""")]
    [InlineData("""{"timeZone":"America/Port-au-Prince"}""")]
    [InlineData("""{"timeZone":"Etc/GMT+9"}""")]
    [InlineData("""{"timeZone":"Etc/UTC"}""")]
    [InlineData("""{"timeZone":"UTC"}""")]
    [InlineData("""{"capacity":1}""")]
    [InlineData("""{"capacity":1000000}""")]
    [InlineData("""{"attendanceMode":"hybrid","visibility":"private"}""")]
    [InlineData("""{"venue":{"name":"Hall"}}""")]
    [InlineData("""{"venue":{"name":"Hall","address":"1 Main Street\nVienna"}}""")]
    [InlineData("""{"onlineUrl":"https://acme.test/live?a=b#c"}""")]
    [InlineData("""{"onlineUrl":"https://한국.kr/"}""")]
    [InlineData("""{"salesStartAt":"2026-04-01T00:00:00Z","salesEndAt":"2026-04-01T00:00:01Z"}""")]
    [InlineData("""{"salesStartAt":"2026-04-01T00:00:00Z"}""")]
    [InlineData("""{"salesEndAt":"2026-04-01T00:00:00Z"}""")]
    [InlineData("""{"contactEmail":"Ann@Acme.Test"}""")]
    [InlineData("""{"translations":{}}""")]
    [InlineData("""{"translations":{"ko":{"title":"장터"},"fil":{"title":"a"}}}""")]
    [InlineData("""{"translations":{"zh-Hant-TW":{"title":"市集","description":"全天"}}}""")]
    public void A_well_shaped_event_is_accepted(string patch) => FailuresOf(With(patch)).ShouldBeEmpty();

    [Theory]
    [InlineData("""{"title":""}""", "/title not_empty")]
    [InlineData("""{"title":"  "}""", "/title not_empty")]
    [InlineData("""{"title":"a\u0007"}""", "/title control_character")]
    [InlineData("""{"title":"a\u0085"}""", "/title control_character")]
    [InlineData("""{"description":"a\u001b[31m"}""", "/description control_character")]
    [InlineData("""{"startsAt":"2026-05-01T13:00:00Z"}""", "/endsAt greater_than")]
    [InlineData("""{"endsAt":"2026-05-01T21:00:00+09:00"}""", "/endsAt greater_than")]
    [InlineData("""{"timeZone":""}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"timeZone":"Mars/Base"}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"timeZone":"KST"}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"timeZone":"+09:00"}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"timeZone":"Korea Standard Time"}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"timeZone":"Asia/Seoul "}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"timeZone":"Asia/Seoul\n"}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"timeZone":"Asia//Seoul"}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"timeZone":"Asia/../Asia/Seoul"}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"timeZone":"posix/Asia/Seoul"}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"timeZone":"../../../etc/passwd"}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"timeZone":"/etc/localtime"}""", "/timeZone unknown_time_zone")]
    [InlineData("""{"capacity":0}""", "/capacity inclusive_between")]
    [InlineData("""{"capacity":-1}""", "/capacity inclusive_between")]
    [InlineData("""{"capacity":1000001}""", "/capacity inclusive_between")]
    [InlineData("""{"venue":{}}""", "/venue/name not_empty")]
    [InlineData("""{"venue":{"name":" "}}""", "/venue/name not_empty")]
    [InlineData("""{"venue":{"name":"a\u0007"}}""", "/venue/name control_character")]
    [InlineData("""{"venue":{"name":"a","address":"a\u0007"}}""", "/venue/address control_character")]
    [InlineData("""{"onlineUrl":""}""", "/onlineUrl not_https")]
    [InlineData("""{"onlineUrl":"acme.test"}""", "/onlineUrl not_https")]
    [InlineData("""{"onlineUrl":"/live"}""", "/onlineUrl not_https")]
    [InlineData("""{"onlineUrl":"http://acme.test"}""", "/onlineUrl not_https")]
    [InlineData("""{"onlineUrl":"javascript:alert(1)"}""", "/onlineUrl not_https")]
    [InlineData("""{"onlineUrl":"https:acme"}""", "/onlineUrl not_https")]
    [InlineData("""{"onlineUrl":"https://"}""", "/onlineUrl not_https")]
    [InlineData("""{"onlineUrl":"https://bank.test@evil.test/"}""", "/onlineUrl not_https")]
    [InlineData(
        """{"salesStartAt":"2026-04-01T00:00:00Z","salesEndAt":"2026-04-01T00:00:00Z"}""", "/salesEndAt greater_than")]
    [InlineData("""{"contactEmail":""}""", "/contactEmail not_an_email")]
    [InlineData("""{"contactEmail":"ann"}""", "/contactEmail not_an_email")]
    [InlineData("""{"translations":{"ko":{}}}""", "/translations/ko invalid_translation")]
    [InlineData("""{"translations":{"KO":{"title":"a"}}}""", "/translations/KO invalid_translation")]
    [InlineData("""{"translations":{"ko_KR":{"title":"a"}}}""", "/translations/ko_KR invalid_translation")]
    [InlineData("""{"translations":{"ko\n":{"title":"a"}}}""", "/translations/ko\n invalid_translation")]
    [InlineData("""{"translations":{"a.b/c":{"title":"a"}}}""", "/translations/a.b~1c invalid_translation")]
    [InlineData("""{"translations":{"":{"title":"a"}}}""", "/translations/ invalid_translation")]
    public void Any_other_is_refused_by_member_and_reason(string patch, string expected) =>
        FailuresOf(With(patch)).ShouldBe([expected]);

    [Fact]
    public void What_is_required_and_missing_is_named() => FailuresOf(new EventContent()).ShouldBe(
        ["/title not_empty", "/startsAt not_empty", "/endsAt not_empty"]);

    [Fact]
    public void A_translation_that_is_null_is_refused() => FailuresOf(
            JsonSerializer.Deserialize<EventContent>(
                """
                {
                  "title": "a", "startsAt": "2026-05-01T12:00:00Z", "endsAt": "2026-05-01T13:00:00Z",
                  "translations": { "ko": null }
                }
                """,
                Wire.Json)!)
        .ShouldBe(["/translations/ko invalid_translation"]);

    [Fact]
    public void Every_text_may_be_as_long_as_its_limit_and_no_longer()
    {
        Limit(EventContent.TitleMaxLength, text => Fair with { Title = text }, "/title maximum_length");
        Limit(
            EventContent.DescriptionMaxLength,
            text => Fair with { Description = text },
            "/description maximum_length");
        Limit(Venue.NameMaxLength, text => Fair with { Venue = new() { Name = text } }, "/venue/name maximum_length");
        Limit(
            Venue.AddressMaxLength,
            text => Fair with { Venue = new() { Name = "Hall", Address = text } },
            "/venue/address maximum_length");
        Limit(
            EventContent.OnlineUrlMaxLength - "https://acme.test/".Length,
            text => Fair with { OnlineUrl = "https://acme.test/" + text },
            "/onlineUrl maximum_length");
        Limit(
            EventContent.TitleMaxLength,
            text => Fair with { Translations = Translate(new() { Title = text }) },
            "/translations/ko invalid_translation");
        Limit(
            EventContent.DescriptionMaxLength,
            text => Fair with { Translations = Translate(new() { Title = "a", Description = text }) },
            "/translations/ko invalid_translation");
    }

    [Fact]
    public void There_are_at_most_twenty_translations()
    {
        FailuresOf(Fair with { Translations = Many(20) }).ShouldBeEmpty();
        FailuresOf(Fair with { Translations = Many(21) }).ShouldBe(["/translations too_many"]);
    }

    [Fact]
    public void A_time_zone_in_another_case_is_refused_also_after_the_right_one_was_asked_for()
    {
        FailuresOf(Fair with { TimeZone = "Asia/Seoul" }).ShouldBeEmpty();
        FailuresOf(Fair with { TimeZone = "Asia/seoul" }).ShouldBe(["/timeZone unknown_time_zone"]);
    }

    [Fact]
    public void No_failure_leaks_a_name_of_ours()
    {
        var nothingFits = new EventContent
        {
            Title = "\u0001",
            Description = "\u0001",
            TimeZone = "x",
            Capacity = 0,
            Venue = new Venue { Name = "", Address = "\u0001" },
            OnlineUrl = "x",
            SalesStartAt = Noon,
            SalesEndAt = Noon,
            ContactEmail = "x",
            Translations = Translate(new()),
        };

        var failures = new CreateEventValidator().Validate(new CreateEvent(nothingFits)).ToError().Failures;

        failures.Select(failure => failure.Pointer).Distinct().Count().ShouldBe(12);
        failures.ShouldAllBe(failure => Pointer().IsMatch(failure.Pointer) && Code().IsMatch(failure.Code));
        failures.ShouldAllBe(failure => !failure.Code.Contains("validator") && !failure.Pointer.StartsWith("/content"));
    }

    [Theory]
    [InlineData("""{"Title":1,"a.b":2,"capacity":"x","Content":3}""",
        "/Title unknown_member", "/a.b unknown_member", "/capacity invalid_value", "/Content unknown_member")]
    [InlineData("{}")]
    public void A_patch_names_its_members_as_they_were_written(string patch, params string[] expected) =>
        new ChangeEventValidator().Validate(new ChangeEvent(EventId.New(Noon), VersionCondition.Absent, Patch(patch)))
            .ToError().Failures.Select(failure => $"{failure.Pointer} {failure.Code}").ShouldBe(expected);

    private static void Limit(int most, Func<string, EventContent> with, string failure)
    {
        FailuresOf(with(new string('a', most))).ShouldBeEmpty();
        FailuresOf(with(new string('a', most + 1))).ShouldBe([failure]);
    }

    private static List<string> FailuresOf(EventContent content) =>
    [
        .. new EventContentValidator().Validate(content).ToError().Failures
            .Select(failure => $"{failure.Pointer} {failure.Code}"),
    ];

    private static EventContent With(string patch) => Patch(patch).ApplyTo(Fair).Value;

    private static MergePatch<EventContent> Patch(string patch) =>
        JsonSerializer.Deserialize<MergePatch<EventContent>>(patch, Wire.Json)!;

    private static Dictionary<string, EventTranslation> Translate(EventTranslation korean) => new() { ["ko"] = korean };

    private static Dictionary<string, EventTranslation> Many(int count) =>
        Enumerable.Range(0, count).ToDictionary(i => $"a{(char)('a' + i)}", _ => new EventTranslation { Title = "a" });

    [GeneratedRegex("^(/[a-z][A-Za-z]*)+\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pointer();

    [GeneratedRegex("^[a-z]+(_[a-z]+)*\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();
}
