using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.UnitTests.Application.Common;

public sealed partial class WireTests
{
    /// <summary>Every enum of the Domain.</summary>
    public static TheoryData<string> Enums =>
        [.. typeof(Event).Assembly.GetTypes().Where(type => type.IsEnum).Select(type => type.FullName!)];

    [Fact]
    public void The_enums_were_found() => Enums.Count.ShouldBeGreaterThanOrEqualTo(12);

    [Theory]
    [MemberData(nameof(Enums))]
    public void Every_value_of_an_enum_comes_back_from_its_text_and_from_JSON(string name) =>
        typeof(WireTests).GetMethod(nameof(ComesBack), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(typeof(Event).Assembly.GetType(name, throwOnError: true)!).Invoke(null, null);

    private static void ComesBack<TEnum>()
        where TEnum : struct, Enum
    {
        var values = Enum.GetValues<TEnum>();
        values.Select(Wire.Text).ShouldBeUnique();
        foreach (var value in values)
        {
            var text = Wire.Text(value);
            (typeof(TEnum) == typeof(Feature) || typeof(TEnum) == typeof(Entitlement) ? CamelCase() : SnakeCase()).IsMatch(text).ShouldBeTrue(text);
            Wire.Parse<TEnum>(text).ShouldBe(value);
            JsonSerializer.Serialize(value, Wire.Json).ShouldBe($"\"{text}\"");
            JsonSerializer.Deserialize<TEnum>($"\"{text}\"", Wire.Json).ShouldBe(value);
        }
    }

    [Fact]
    public void The_words_are_those_of_the_contract()
    {
        Wire.Text(AttendanceMode.InPerson).ShouldBe("in_person");
        Wire.Text(TenantState.ProvisioningFailed).ShouldBe("provisioning_failed");
        Wire.Text(Feature.CustomDomain).ShouldBe("customDomain");
        Wire.Text(Feature.EmailTemplates).ShouldBe("emailTemplates");
        Wire.Text(Tier.Enterprise).ShouldBe("enterprise");
    }

    [Theory]
    [InlineData("InPerson")]
    [InlineData("IN_PERSON")]
    [InlineData("in_person ")]
    [InlineData("0")]
    [InlineData("")]
    [InlineData("in_person,online")]
    public void A_word_that_is_not_one_of_them_throws(string text) =>
        Should.Throw<FormatException>(() => Wire.Parse<AttendanceMode>(text));

    [Theory]
    [InlineData("0")]
    [InlineData("\"0\"")]
    [InlineData("\"\"")]
    [InlineData("\"hybrid!\"")]
    [InlineData("\"HYBRID_\"")]
    [InlineData("null")]
    public void JSON_names_enum_values_by_words_only(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<AttendanceMode>(json, Wire.Json));

    [Theory]
    [InlineData("2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z")]
    [InlineData("2026-05-01T21:00:00+09:00", "2026-05-01T12:00:00Z")]
    [InlineData("2026-05-01T06:30:00-05:30", "2026-05-01T12:00:00Z")]
    [InlineData("2026-05-01T12:00:00.123456Z", "2026-05-01T12:00:00.123456Z")]
    [InlineData("2026-05-01T12:00:00.500+00:00", "2026-05-01T12:00:00.5Z")]
    public void An_instant_names_its_offset_and_is_answered_in_UTC(string text, string answer) =>
        JsonSerializer.Serialize(JsonSerializer.Deserialize<DateTimeOffset>($"\"{text}\"", Wire.Json), Wire.Json)
            .ShouldBe($"\"{answer}\"");

    [Theory]
    [InlineData("\"2026-05-01T12:00:00\"")]
    [InlineData("\"2026-05-01\"")]
    [InlineData("\"2026-05-01Z\"")]
    [InlineData("\"2026-05-01T12:00:00+0900\"")]
    [InlineData("\"2026-05-01T12:00:00+09\"")]
    [InlineData("\"2026-05-01T12:00:00+25:00\"")]
    [InlineData("\"2026-05-01T25:00:00Z\"")]
    [InlineData("\"2026-02-30T12:00:00Z\"")]
    [InlineData("\"0001-01-01T00:00:00+14:00\"")]
    [InlineData("\"0001-01-01T00:00:00Z\"")]
    [InlineData("\"9999-12-31T23:59:59-14:00\"")]
    [InlineData("\" 2026-05-01T12:00:00Z\"")]
    [InlineData("\"Z\"")]
    [InlineData("\"\"")]
    [InlineData("1777636800")]
    [InlineData("null")]
    [InlineData("{}")]
    public void What_is_no_instant_is_refused(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<DateTimeOffset>(json, Wire.Json));

    [Fact]
    public void Korean_stays_readable_and_HTML_is_escaped() =>
        JsonSerializer.Serialize("장터 <b>&'", Wire.Json).ShouldBe("""
            "장터 \u003Cb\u003E\u0026\u0027"
            """);

    [Fact]
    public void Ids_are_strings_and_come_back()
    {
        var id = EventId.New(Fakes.Noon);

        var json = JsonSerializer.Serialize(id, Wire.Json);

        json.ShouldBe($"\"{id}\"");
        JsonSerializer.Deserialize<EventId>(json, Wire.Json).ShouldBe(id);
        JsonSerializer.Deserialize<EventId?>("null", Wire.Json).ShouldBeNull();
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"x\"")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"value\":\"01890a5d-ac96-774b-bcce-b302099a8057\"}")]
    [InlineData("\"{01890a5d-ac96-774b-bcce-b302099a8057}\"")]
    [InlineData("\"01890a5dac96774bbcceb302099a8057\"")]
    [InlineData("\" 01890a5d-ac96-774b-bcce-b302099a8057\"")]
    public void What_is_no_id_is_refused(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<EventId>(json, Wire.Json));

    [Theory]
    [InlineData("""{"Name":"Hall"}""")]
    [InlineData("""{"NAME":"Hall"}""")]
    [InlineData("""{"name":"Hall","floor":1}""")]
    [InlineData("""{"name":"Hall","name":"Hall"}""")]
    [InlineData("""{"name":1}""")]
    [InlineData("""{"name":true}""")]
    [InlineData("""{"name":null}""")]
    [InlineData("""{"name":["Hall"]}""")]
    [InlineData("""{"name":"Ha\u0000ll"}""")]
    [InlineData("""{"name":"Ha\ud800ll"}""")]
    [InlineData("""{"name":"Hall",}""")]
    [InlineData("""{"name":"Hall"} {}""")]
    [InlineData("""{"name":"Hall" /* big */}""")]
    [InlineData("[]")]
    public void JSON_is_read_strictly(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<Venue>(json, Wire.Json));

    [Fact]
    public void Text_keeps_everything_else()
    {
        var json = """{"name":"\ud83d\udca9 \u0001 한국\n","address":null}""";

        JsonSerializer.Deserialize<Venue>(json, Wire.Json).ShouldBe(new Venue { Name = "💩 \u0001 한국\n" });
    }

    [Fact]
    public void Numbers_are_not_read_from_strings() =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<EventContent>("""{"capacity":"1"}""", Wire.Json));

    [Fact]
    public void An_answer_is_camelCase_and_shows_what_is_null() =>
        JsonSerializer.Serialize(Fakes.Acme.Limits, Wire.Json).ShouldBe(
            """
            {"events":5,"participants":500,"storageBytes":null,"members":10,"requestsPerMinute":300,"concurrentRequests":8}
            """);

    [Fact]
    public void A_patch_is_written_as_it_was_read() =>
        JsonSerializer.Serialize(
                JsonSerializer.Deserialize<MergePatch<Venue>>("""{"name":null}""", Wire.Json), Wire.Json)
            .ShouldBe("""{"name":null}""");

    [GeneratedRegex("^[a-z]+(_[a-z]+)*\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SnakeCase();

    [GeneratedRegex("^[a-z]+([A-Z][a-z]+)*\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CamelCase();
}
