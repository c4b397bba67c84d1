using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Common;

/// <summary>Many requests at once, and short ways to say what came back.</summary>
internal static class Answers
{
    public static Task<Answer[]> ParallelAsync(int times, Func<int, Task<Answer>> request) =>
        Task.WhenAll(Enumerable.Range(0, times).Select(request));

    /// <summary>How often each answer was given: "1 x 200, 19 x 412 precondition_failed".</summary>
    public static string Tally(this IEnumerable<Answer> answers) => string.Join(", ", answers
        .GroupBy(a => $"{(int)a.Status} {a.Code}".Trim())
        .OrderBy(g => g.Key, StringComparer.Ordinal)
        .Select(g => $"{g.Count()} x {g.Key}"));

    /// <summary>Asserts a refusal of validation for one reason only.</summary>
    public static void ShouldBeInvalid(this Answer answer, string pointer, string code) =>
        answer.ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed").Body!["errors"]!.AsArray()
            .Select(e => (e!["pointer"]!.GetValue<string>(), e["code"]!.GetValue<string>()))
            .ShouldBe([(pointer, code)], answer.Text);

    public static void ShouldBeInvalidTransition(this Answer answer, string from, string trigger)
    {
        answer.ShouldBeProblem(HttpStatusCode.Conflict, "invalid_transition");
        (answer.Get<string>("from"), answer.Get<string>("trigger")).ShouldBe((from, trigger));
    }

    public static bool IsReplayed(this Answer answer) =>
        answer.Headers.TryGetValues("Idempotency-Replayed", out var values) && values.Single() == "true";

    public static IReadOnlyList<JsonNode> Data(this Answer page) =>
        [.. page.ShouldBe(HttpStatusCode.OK).Body!["data"]!.AsArray().Select(item => item!)];

    public static Guid[] Ids(this Answer page) => [.. page.Data().Select(item => item["id"]!.GetValue<Guid>())];

    public static string? NextCursor(this Answer page) => page.Body!["nextCursor"]?.GetValue<string>();

    /// <summary>All pages of a list, from the first to the one without a next.</summary>
    public static async Task<IReadOnlyList<Answer>> PagesAsync(this ApiClient client, string list)
    {
        var pages = new List<Answer> { (await client.GetAsync(list)).ShouldBe(HttpStatusCode.OK) };
        while (pages[^1].NextCursor() is { } cursor)
        {
            pages.Count.ShouldBeLessThan(50, "the list does not end");
            pages.Add((await client.GetAsync($"{list}&cursor={cursor}")).ShouldBe(HttpStatusCode.OK));
        }

        return pages;
    }

    /// <summary>The body with the members of this JSON object in place of its own.</summary>
    public static JsonObject With(this object body, string json)
    {
        var changed = JsonSerializer.SerializeToNode(body, body.GetType(), Wire.Json)!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(json)!.AsObject()) changed[name] = value?.DeepClone();
        return changed;
    }

    public static Guid RandomId() => EventId.New(TimeProvider.System.GetUtcNow()).Value;
}
