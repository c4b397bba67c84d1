using System.Text.Json;
using System.Text.Json.Nodes;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CsCheck;

namespace CleanTenancy.UnitTests.Application.Common;

public sealed class MergePatchTests
{
    private static readonly EventContent Fair = new()
    {
        Title = "Fair",
        Description = "All day",
        StartsAt = Fakes.Noon,
        EndsAt = Fakes.Noon.AddHours(1),
        Capacity = 100,
        AttendanceMode = AttendanceMode.Hybrid,
        Venue = new Venue { Name = "Hall", Address = "1 Main Street" },
        Translations = new Dictionary<string, EventTranslation>
        {
            ["ko"] = new() { Title = "장터", Description = "하루 종일" },
            ["de"] = new() { Title = "Messe" },
        },
    };

    /// <summary>The appendix of RFC 7396, as far as its values are objects with these members.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"a":1}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void The_standards_examples_hold(string original, string patch, string expected)
    {
        var patched = Read<Bag>(patch).ApplyTo(JsonSerializer.Deserialize<Bag>(original, Wire.Json)!).Value;

        var result = JsonSerializer.SerializeToNode(patched, Wire.Json)!.AsObject();
        foreach (var name in result.Where(member => member.Value is null).Select(member => member.Key).ToList())
            result.Remove(name); // a member of a type is null where the standard's is absent
        JsonNode.DeepEquals(result, JsonNode.Parse(expected)).ShouldBeTrue(result.ToJsonString());
    }

    [Fact]
    public void An_empty_patch_changes_nothing() => Apply("{}").ShouldBe(Fair, Same);

    [Fact]
    public void Absent_keeps_and_null_clears()
    {
        var patched = Apply("""{"capacity":null,"title":"Market"}""");

        patched.ShouldBe(Fair with { Capacity = null, Title = "Market" }, Same);
    }

    [Fact]
    public void A_venue_is_cleared_as_a_whole() => Apply("""{"venue":null}""").Venue.ShouldBeNull();

    [Fact]
    public void A_venue_is_changed_in_part() => Apply("""{"venue":{"name":"Garden"}}""").Venue
        .ShouldBe(new Venue { Name = "Garden", Address = "1 Main Street" });

    [Fact]
    public void A_venues_part_is_cleared() =>
        Apply("""{"venue":{"address":null}}""").Venue.ShouldBe(new Venue { Name = "Hall" });

    [Fact]
    public void A_venue_is_made_where_there_was_none() =>
        Read<EventContent>("""{"venue":{"name":"Garden","address":null}}""").ApplyTo(Fair with { Venue = null }).Value
            .Venue.ShouldBe(new Venue { Name = "Garden" });

    [Fact]
    public void Translations_come_and_go_one_by_one()
    {
        var patched = Apply("""{"translations":{"de":null,"en":{"title":"Fair"},"ko":{"description":null}}}""");

        patched.Translations.ShouldNotBeNull().ShouldBe(
            new Dictionary<string, EventTranslation>
            {
                ["ko"] = new() { Title = "장터" },
                ["en"] = new() { Title = "Fair" },
            },
            ignoreOrder: true);
    }

    [Fact]
    public void The_current_value_is_not_changed_by_its_patch()
    {
        var before = Show(Fair);

        Apply("""{"title":"Market","venue":{"name":"Garden"},"translations":{"ko":null}}""");

        Show(Fair).ShouldBe(before);
    }

    [Fact]
    public void A_patch_applied_twice_is_a_patch_applied_once() =>
        Gen.OneOf(
                """{"title":"Market"}""",
                """{"description":null}""",
                """{"description":"Night"}""",
                """{"capacity":null}""",
                """{"capacity":5}""",
                """{"startsAt":"2026-05-01T09:00:00+09:00"}""",
                """{"attendanceMode":"online"}""",
                """{"venue":null}""",
                """{"venue":{"address":null}}""",
                """{"venue":{"name":"Garden"}}""",
                """{"translations":null}""",
                """{"translations":{}}""",
                """{"translations":{"ko":null}}""",
                """{"translations":{"ko":{"description":null},"en":{"title":"Fair"}}}""",
                """{"salesStartAt":"2026-04-01T00:00:00Z","salesEndAt":null}""")
            .Array[0, 6]
            .Sample(parts =>
            {
                var patch = new JsonObject();
                foreach (var (name, value) in parts.SelectMany(part => JsonNode.Parse(part)!.AsObject()))
                    patch[name] = value?.DeepClone();
                var merge = Read<EventContent>(patch.ToJsonString());

                var once = merge.ApplyTo(Fair).Value;
                var twice = merge.ApplyTo(once).Value;

                return merge.Check().Count == 0 && Show(twice) == Show(once)
                    && JsonSerializer.SerializeToNode(once, Wire.Json)!.AsObject()
                        .Where(member => !patch.ContainsKey(member.Key))
                        .All(member => JsonNode.DeepEquals(
                            member.Value, JsonSerializer.SerializeToNode(Fair, Wire.Json)![member.Key]));
            });

    [Theory]
    [InlineData("""{"foo":1}""", "/foo", "unknown_member")]
    [InlineData("""{"foo":null}""", "/foo", "unknown_member")]
    [InlineData("""{"foo":{"bar":1}}""", "/foo", "unknown_member")]
    [InlineData("""{"Title":"a"}""", "/Title", "unknown_member")]
    [InlineData("""{"a/b~c":1}""", "/a~1b~0c", "unknown_member")]
    [InlineData("""{"a.b":1}""", "/a.b", "unknown_member")]
    [InlineData("""{"title":1}""", "/title", "invalid_value")]
    [InlineData("""{"title":["a"]}""", "/title", "invalid_value")]
    [InlineData("""{"title":"a\u0000"}""", "/title", "invalid_value")]
    [InlineData("""{"capacity":"1"}""", "/capacity", "invalid_value")]
    [InlineData("""{"startsAt":"tomorrow"}""", "/startsAt", "invalid_value")]
    [InlineData("""{"visibility":"secret"}""", "/visibility", "invalid_value")]
    [InlineData("""{"venue":"Hall"}""", "/venue", "invalid_value")]
    [InlineData("""{"venue":{"foo":1}}""", "/venue/foo", "unknown_member")]
    [InlineData("""{"venue":{"foo":null}}""", "/venue/foo", "unknown_member")]
    [InlineData("""{"venue":{"name":1}}""", "/venue/name", "invalid_value")]
    [InlineData("""{"translations":[]}""", "/translations", "invalid_value")]
    public void What_fits_no_value_is_seen_before_there_is_one(string patch, string pointer, string code) =>
        Read<EventContent>(patch).Check().Select(failure => (failure.Pointer, failure.Code))
            .ShouldBe([(pointer, code)]);

    [Theory]
    [InlineData("""{"title":null}""", "/title", "invalid_value")]
    [InlineData("""{"startsAt":null}""", "/startsAt", "invalid_value")]
    [InlineData("""{"visibility":null}""", "/visibility", "invalid_value")]
    [InlineData("""{"title":{"a":1}}""", "/title", "invalid_value")]
    [InlineData("""{"title":{"a":null}}""", "/title", "invalid_value")]
    [InlineData("""{"capacity":{}}""", "/capacity", "invalid_value")]
    [InlineData("""{"translations":{"ko":{"foo":"a"}}}""", "/translations/ko/foo", "unknown_member")]
    public void What_does_not_fit_the_current_value_is_seen_after_the_merge(string patch, string pointer, string code)
    {
        Read<EventContent>(patch).Check().ShouldBeEmpty();

        var refusal = Read<EventContent>(patch).ApplyTo(Fair).Error.ShouldNotBeNull();

        (refusal.Kind, refusal.Code).ShouldBe((ErrorKind.Validation, "validation_failed"));
        refusal.Failures.Select(failure => (failure.Pointer, failure.Code)).ShouldBe([(pointer, code)]);
    }

    [Fact]
    public void Every_member_that_does_not_fit_is_named() =>
        Read<EventContent>("""{"foo":1,"title":2,"capacity":3,"visibility":4}""").Check()
            .Select(failure => failure.Pointer).ShouldBe(["/foo", "/title", "/visibility"]);

    [Theory]
    [InlineData("[]", "invalid_value")]
    [InlineData("1", "invalid_value")]
    [InlineData("\"a\"", "invalid_value")]
    [InlineData("""{"title":"a","title":"b"}""", "duplicate_member")]
    [InlineData("""{"venue":{"name":"a","name":"b"}}""", "duplicate_member")]
    [InlineData("""{"translations":{"ko":{},"ko":{}}}""", "duplicate_member")]
    [InlineData("""{"title":"\ud800"}""", "invalid_value")]
    [InlineData("""{"\ud800":1}""", "invalid_value")]
    [InlineData("""{"translations":{"\udc00":{}}}""", "invalid_value")]
    [InlineData("""{"foo":[["\ud800"]]}""", "invalid_value")]
    public void What_is_no_patch_is_refused_by_the_reader(string json, string code)
    {
        var refused = Should.Throw<JsonException>(() => Read<EventContent>(json));

        Malformed.IsSyntax(refused).ShouldBeFalse();
        Malformed.Describe(refused).ShouldHaveSingleItem().Code.ShouldBe(code);
    }

    private static EventContent Apply(string patch) => Read<EventContent>(patch).ApplyTo(Fair).Value;

    private static MergePatch<T> Read<T>(string patch)
        where T : class =>
        JsonSerializer.Deserialize<MergePatch<T>>(patch, Wire.Json)!;

    private static string Show(EventContent content) => JsonSerializer.Serialize(content, Wire.Json);

    private static readonly IEqualityComparer<EventContent> Same =
        EqualityComparer<EventContent>.Create((a, b) => Show(a!) == Show(b!), _ => 0);

    private sealed record Bag(JsonNode? A, JsonNode? B, JsonNode? E);
}
