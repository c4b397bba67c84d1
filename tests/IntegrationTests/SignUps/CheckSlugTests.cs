using System.Net;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.SignUps;

public sealed class CheckSlugTests(TestHost host)
{
    [Fact]
    public async Task A_free_one_is_available()
    {
        var answer = await AskAsync(new Visitor(host.Api).Slug);

        answer.Get<bool>("available").ShouldBeTrue();
        answer.Body!["reason"].ShouldBeNull();
        Suggestions(answer).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_asked_for_is_not_taken_by_asking()
    {
        var visitor = new Visitor(host.Api);

        (await AskAsync(visitor.Slug)).Get<bool>("available").ShouldBeTrue();
        (await AskAsync(visitor.Slug)).Get<bool>("available").ShouldBeTrue();
        await visitor.SignUpAsync();

        var answer = await AskAsync(visitor.Slug);
        (answer.Get<bool>("available"), answer.Get<string>("reason")).ShouldBe((false, "taken"));
        Suggestions(answer).ShouldBe([$"{visitor.Slug}-events", $"{visitor.Slug}-hq", $"{visitor.Slug}-team"]);
    }

    [Fact]
    public async Task What_is_suggested_can_be_had()
    {
        var visitor = await new Visitor(host.Api).SignUpAsync();
        var first = Suggestions(await AskAsync(visitor.Slug))[0];
        var other = new Visitor(host.Api);

        (await other.AskAsync(other.Body().With($$"""{"slug":"{{first}}"}"""))).ShouldBe(HttpStatusCode.Accepted);

        Suggestions(await AskAsync(visitor.Slug)).ShouldNotContain(first);
    }

    [Theory]
    [InlineData("admin", "reserved", "admin-events")]
    [InlineData("Ab", "malformed", "ab-events")]
    [InlineData("Kim & Lee", "malformed", "kim-lee")]
    [InlineData("-a--b-", "malformed", "a-b")]
    [InlineData("xn--80ak6aa92e", "malformed", "xn-80ak6aa92e")]
    public async Task What_cannot_be_had_says_why_and_what_is_like_it(string slug, string reason, string like)
    {
        var answer = await AskAsync(slug);

        (answer.Get<bool>("available"), answer.Get<string>("reason")).ShouldBe((false, reason));
        Suggestions(answer)[0].ShouldBe(like);
    }

    [Fact]
    public async Task Of_a_word_without_a_letter_that_fits_nothing_is_suggested()
    {
        var answer = await AskAsync("\uC11C\uC6B8");

        answer.Get<string>("reason").ShouldBe("malformed");
        Suggestions(answer).ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_word_there_is_no_answer()
    {
        (await host.Api.Platform.GetAsync("/v1/signup/slug-availability")).ShouldBeInvalid("?slug", "not_empty");
        (await host.Api.Platform.GetAsync($"/v1/signup/slug-availability?slug={new string('a', 101)}"))
            .ShouldBeInvalid("?slug", "maximum_length");
    }

    private async Task<Answer> AskAsync(string slug) => (await host.Api.Platform.GetAsync(
        $"/v1/signup/slug-availability?slug={Uri.EscapeDataString(slug)}")).ShouldBe(HttpStatusCode.OK);

    private static string[] Suggestions(Answer answer) =>
        [.. answer.Body!["suggestions"]!.AsArray().Select(one => one!.GetValue<string>())];
}
