using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanTenancy.Application.Common;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>What a stranger sees: status, headers, JSON.</summary>
public sealed record Answer(HttpStatusCode Status, JsonNode? Body, HttpResponseHeaders Headers, string? MediaType, string Text)
{
    public string? Code => Body?["code"]?.GetValue<string>();

    public string? ETag => Headers.ETag?.ToString();

    public Guid Id => Body!["id"]!.GetValue<Guid>();

    /// <summary>Reads a member of the body.</summary>
    public T Get<T>(string member) => Body![member]!.GetValue<T>();

    /// <summary>The body without what differs from request to request.</summary>
    public string Comparable
    {
        get
        {
            var copy = Body!.DeepClone().AsObject();
            copy.Remove("instance");
            copy.Remove("traceId");
            return copy.ToJsonString();
        }
    }

    /// <summary>Asserts a problem document with this status and code, complete as RFC 9457 and the contract say.</summary>
    public Answer ShouldBeProblem(HttpStatusCode status, string code)
    {
        (Status, Code).ShouldBe((status, code), Text);
        MediaType.ShouldBe("application/problem+json");
        foreach (var member in new[] { "type", "title", "status", "detail", "instance", "code", "traceId" })
            Body![member].ShouldNotBeNull(member);
        Body!["status"]!.GetValue<int>().ShouldBe((int)status);
        return this;
    }

    public Answer ShouldBe(HttpStatusCode status)
    {
        Status.ShouldBe(status, Text);
        return this;
    }
}

/// <summary>Speaks HTTP to one host of the API, as one person or nobody.</summary>
public sealed class ApiClient(HttpClient http, string host, string? token)
{
    public string? Token => token;

    public ApiClient With(string? otherToken) => new(http, host, otherToken);

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, path, content: null, headers);

    public Task<Answer> PostAsync(string path, object? body = null, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, Json(body), headers);

    public Task<Answer> PatchAsync(string path, object body, string? ifMatch, params (string Name, string Value)[] headers) =>
        SendAsync(
            HttpMethod.Patch, path, Json(body, "application/merge-patch+json"),
            ifMatch is null ? headers : [.. headers, ("If-Match", ifMatch)]);

    public Task<Answer> PutAsync(
        string path, object body, string? ifMatch = null, params (string Name, string Value)[] headers) => SendAsync(
        HttpMethod.Put, path, Json(body), ifMatch is null ? headers : [.. headers, ("If-Match", ifMatch)]);

    public Task<Answer> DeleteAsync(string path, string? ifMatch, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Delete, path, content: null, ifMatch is null ? headers : [.. headers, ("If-Match", ifMatch)]);

    /// <summary>Sends the text as it is, well formed or not.</summary>
    public Task<Answer> PostTextAsync(string path, string text, string mediaType = "application/json") =>
        SendAsync(HttpMethod.Post, path, new StringContent(text, Encoding.UTF8, mediaType), []);

    public async Task<Answer> SendAsync(
        HttpMethod method, string path, HttpContent? content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Host = host;
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        // The isolation report is about the inside, and for operators only.
        if (path != "/v1/platform/isolation") SaysNothingOfTheInside(text);
        return new Answer(response.StatusCode, Parse(text), response.Headers, response.Content.Headers.ContentType?.MediaType, text);
    }

    /// <summary>Whatever a test is about: no answer speaks of the database, of our types or of a stack.</summary>
    internal static void SaysNothingOfTheInside(string text)
    {
        foreach (var word in new[] { "SQLSTATE", "Npgsql", "PostgresException", "violates", "tenant_isolation_policy", "   at CleanTenancy" })
            text.ShouldNotContain(word, Case.Insensitive);
    }

    private static StringContent? Json(object? body, string mediaType = "application/json") =>
        body is null ? null : new(JsonSerializer.Serialize(body, body.GetType(), Wire.Json), Encoding.UTF8, mediaType);

    private static JsonNode? Parse(string text)
    {
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null; // a page, not a document
        }
    }
}
