using System.Globalization;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Events;

namespace CleanTenancy.UnitTests.Application.Common;

/// <summary>Pins what .NET's reader throws for a body that does not fit: messages, paths, inner exceptions.</summary>
public sealed class MalformedTests
{
    [Theory]
    [InlineData("""{"foo":1}""", "/foo", "unknown_member")]
    [InlineData("""{"foo":null}""", "/foo", "unknown_member")]
    [InlineData("""{"Title":"a"}""", "/Title", "unknown_member")]
    [InlineData("""{"":1}""", "/", "unknown_member")]
    [InlineData("""{"a.b":1}""", "/a.b", "unknown_member")]
    [InlineData("""{"a/b~c":1}""", "/a~1b~0c", "unknown_member")]
    [InlineData("""{"a'b":1}""", "/a'b", "unknown_member")]
    [InlineData("""{"a]b[0]":1}""", "/a]b[0]", "unknown_member")]
    [InlineData("""{"a b":1}""", "/a b", "unknown_member")]
    [InlineData("""{"a\nb":1}""", "/a\nb", "unknown_member")]
    [InlineData("""{"한":1}""", "/한", "unknown_member")]
    [InlineData("""{"venue":{"foo":1}}""", "/venue/foo", "unknown_member")]
    [InlineData("""{"translations":{"a.b":{"foo":1}}}""", "/translations/a.b/foo", "unknown_member")]
    [InlineData("""{"title":"a","title":"b"}""", "/title", "duplicate_member")]
    [InlineData("""{"venue":{"name":"a","name":"a"}}""", "/venue/name", "duplicate_member")]
    [InlineData("""{"translations":{"ko":{},"ko":{}}}""", "/translations/ko", "duplicate_member")]
    [InlineData("""{"title":1}""", "/title", "invalid_value")]
    [InlineData("""{"title":{}}""", "/title", "invalid_value")]
    [InlineData("""{"title":null}""", "/title", "invalid_value")]
    [InlineData("""{"startsAt":null}""", "/startsAt", "invalid_value")]
    [InlineData("""{"startsAt":"tomorrow"}""", "/startsAt", "invalid_value")]
    [InlineData("""{"startsAt":"0001-01-01T00:00:00+14:00"}""", "/startsAt", "invalid_value")]
    [InlineData("""{"capacity":"1"}""", "/capacity", "invalid_value")]
    [InlineData("""{"capacity":1.5}""", "/capacity", "invalid_value")]
    [InlineData("""{"capacity":99999999999}""", "/capacity", "invalid_value")]
    [InlineData("""{"visibility":"secret"}""", "/visibility", "invalid_value")]
    [InlineData("""{"visibility":null}""", "/visibility", "invalid_value")]
    [InlineData("""{"venue":[]}""", "/venue", "invalid_value")]
    [InlineData("""{"venue":{"name":[{}]}}""", "/venue/name", "invalid_value")]
    [InlineData("""{"translations":{"zh-Hant":{"title":1}}}""", "/translations/zh-Hant/title", "invalid_value")]
    [InlineData("""{"title":"a\u0000"}""", "/title", "invalid_value")]
    [InlineData("""{"title":"a\ud800"}""", "/title", "invalid_value")]
    [InlineData("""{"title":"\udc00a"}""", "/title", "invalid_value")]
    [InlineData("""{"\ud800":1}""", "", "invalid_value")]
    [InlineData("""{"translations":{"\ud800":{}}}""", "/translations", "invalid_value")]
    [InlineData("[]", "", "invalid_value")]
    [InlineData("1", "", "invalid_value")]
    [InlineData("\"text\"", "", "invalid_value")]
    public void JSON_that_does_not_fit_names_the_member(string json, string pointer, string code)
    {
        var refused = Refuse<EventContent>(json);

        Malformed.IsSyntax(refused).ShouldBeFalse(refused.Message);
        Malformed.Describe(refused).Select(failure => (failure.Pointer, failure.Code)).ShouldBe([(pointer, code)]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("{")]
    [InlineData("}")]
    [InlineData("""{"title":"a",}""")]
    [InlineData("""{"title":"a" "capacity":1}""")]
    [InlineData("""{"title":"a" """)]
    [InlineData("""{"title":"a""")]
    [InlineData("""{"title":""")]
    [InlineData("""{"title":tru}""")]
    [InlineData("""{"capacity":NaN}""")]
    [InlineData("""{"capacity":01}""")]
    [InlineData("""{"venue":{"name":}}""")]
    [InlineData("""{'title':'a'}""")]
    [InlineData("""{title:"a"}""")]
    [InlineData("""{"title":"\x"}""")]
    [InlineData("{\"title\":\"a\u0001\"}")]
    [InlineData("{} {}")]
    [InlineData("{/* nothing */}")]
    [InlineData("title=a")]
    [InlineData("<title/>")]
    public void Text_that_is_no_JSON_is_a_matter_of_syntax(string json)
    {
        Malformed.IsSyntax(Refuse<EventContent>(json)).ShouldBeTrue();
        Malformed.IsSyntax(Refuse<MergePatch<EventContent>>(json)).ShouldBeTrue();
        Malformed.IsSyntax(Should.Throw<JsonException>(() => JsonDocument.Parse(json))).ShouldBeTrue();
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_do_not_fit()
    {
        byte[] body = [.. "{\"title\":\""u8, 0xFF, .. "\"}"u8];

        var refused = Should.Throw<JsonException>(() => JsonSerializer.Deserialize<EventContent>(body, Wire.Json));

        Malformed.Describe(refused).ShouldHaveSingleItem().Code.ShouldBe("invalid_value");
    }

    [Fact]
    public void Thirty_two_levels_may_be_nested_and_no_more()
    {
        Should.NotThrow(() => JsonSerializer.Deserialize<MergePatch<EventContent>>(Nested(32), Wire.Json));

        var refused = Refuse<MergePatch<EventContent>>(Nested(33));

        Malformed.IsSyntax(refused).ShouldBeTrue();
        refused.Message.ShouldStartWith("The maximum configured depth of 32 has been exceeded.");
    }

    [Theory]
    [InlineData("en", "The member is not known.")]
    [InlineData("ko", "알 수 없는 멤버입니다.")]
    [InlineData("ko-KR", "알 수 없는 멤버입니다.")]
    [InlineData("fr", "The member is not known.")]
    public void People_are_told_in_their_language(string language, string message)
    {
        CultureInfo.CurrentUICulture = new CultureInfo(language); // flows with this test only

        Malformed.Describe(Refuse<EventContent>("""{"foo":1}""")).ShouldHaveSingleItem().Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("""{"foo":1}""")]
    [InlineData("""{"title":"a","title":"b"}""")]
    [InlineData("""{"venue":[]}""")]
    public void Nobody_learns_the_names_of_our_types(string json)
    {
        var refused = Refuse<EventContent>(json);
        refused.Message.ShouldContain("CleanTenancy"); // .NET's message would tell

        Malformed.Describe(refused).ShouldHaveSingleItem().ToString().ShouldNotContain("CleanTenancy");
    }

    private static JsonException Refuse<T>(string json) =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize<T>(json, Wire.Json));

    /// <summary>An object around arrays.</summary>
    private static string Nested(int levels) =>
        $$"""{"title":{{new string('[', levels - 1)}}{{new string(']', levels - 1)}}}""";
}
