using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>One request as it goes over the wire.</summary>
/// <param name="Path">With its query, already encoded: it is sent as it stands.</param>
internal sealed record HttpShot(string Method, string Host, string Path)
{
    public string? Authorization { get; init; }

    public byte[]? Body { get; init; }

    public string? MediaType { get; init; }

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public HttpShot As(string? token) => this with { Authorization = token is null ? null : $"Bearer {token}" };

    /// <summary>With this header in place of any other of its name.</summary>
    public HttpShot With(string name, string value) =>
        this with { Headers = [.. Headers.Where(header => header.Name != name), (name, value)] };

    public HttpShot WithBody(string text) => this with { Body = Encoding.UTF8.GetBytes(text) };

    /// <summary>Whether the client itself said this word: an answer that repeats it tells nothing new.</summary>
    public bool Says(string word) =>
        Path.Contains(word, StringComparison.OrdinalIgnoreCase)
        || (Body is not null && Encoding.UTF8.GetString(Body).Contains(word, StringComparison.OrdinalIgnoreCase));

    public async Task<HttpReply> SendAsync(TestApi api)
    {
        var address = api.Address.GetLeftPart(UriPartial.Authority) + Path;
        using var request = new HttpRequestMessage(
            new HttpMethod(Method),
            new Uri(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        request.Headers.Host = Host;
        if (Authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", Authorization);
        if (Body is not null)
        {
            request.Content = new ByteArrayContent(Body);
            if (MediaType is not null) request.Content.Headers.TryAddWithoutValidation("Content-Type", MediaType);
        }

        foreach (var (name, value) in Headers)
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content?.Headers.TryAddWithoutValidation(name, value);
        using var response = await api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return new HttpReply(
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            [.. from header in response.Headers.Concat(response.Content.Headers)
                orderby header.Key
                select (header.Key, string.Join(',', header.Value))]);
    }
}

/// <summary>What a stranger gets to see.</summary>
/// <param name="Headers">In the order of their names.</param>
internal sealed partial record HttpReply(
    int Status, string? MediaType, string Text, IReadOnlyList<(string Name, string Value)> Headers)
{
    private static readonly string[] Ours = ["type", "title", "detail", "instance", "code", "traceId"];

    /// <summary>Null for what is no JSON object.</summary>
    public JsonObject? Json { get; } = Parse(Text);

    public string? Code => TextOf("code");

    public bool Succeeded => Status is >= 200 and < 300;

    /// <summary>Complete as RFC 9457 and the contract say.</summary>
    public bool IsProblem =>
        MediaType == "application/problem+json"
        && Ours.All(member => TextOf(member) is { Length: > 0 })
        && Json!["status"] is JsonValue status && status.TryGetValue<int>(out var number) && number == Status;

    /// <summary>All of it but what differs from one request to the next.</summary>
    public string Indistinct =>
        $"{Status}\n{string.Join('\n', Headers.Where(IsSteady).Select(header => $"{header.Name}: {header.Value}"))}\n"
        + Passing().Replace(Text, "");

    /// <summary>The kind of answer: status, header names, member names.</summary>
    public string Shape =>
        $"{Status} {Code} [{string.Join(' ', Headers.Select(header => header.Name))}] "
        + $"{{{string.Join(' ', (Json ?? []).Select(member => member.Key))}}}";

    public string? Header(string name) =>
        Headers.FirstOrDefault(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    public string? TextOf(string member) =>
        Json?[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>Short, for a list of findings.</summary>
    public override string ToString() => $"{Status} {Code} {(Text.Length > 300 ? Text[..300] + "..." : Text)}";

    /// <summary>What is left of a limit is less after each request.</summary>
    private static bool IsSteady((string Name, string Value) header) =>
        header.Name.ToUpperInvariant() is not ("DATE" or "X-REQUEST-ID" or "RATELIMIT");

    private static JsonObject? Parse(string text)
    {
        try
        {
            return text.StartsWith('{') ? JsonNode.Parse(text) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex("\"(instance|traceId|at)\":\"[^\"]*\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Passing();
}
