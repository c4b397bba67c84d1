using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.WebUtilities;

namespace CleanTenancy.IntegrationTests.Auth;

/// <summary>Signing in as people do: with a password.</summary>
internal static class AuthSteps
{
    public static Task<Answer> SignInAsync(this TestTenant tenant, string role, string password = TestHost.Password) =>
        tenant.Anonymous.SignInAsync(tenant.Email(role), password);

    public static Task<Answer> SignInAsync(this ApiClient client, string email, string password = TestHost.Password) =>
        client.PostAsync("/v1/auth/login", new { email, password });

    public static async Task<Answer> SignedInAsync(this TestTenant tenant, string role) =>
        (await tenant.SignInAsync(role)).ShouldBe(HttpStatusCode.OK);

    public static Task<Answer> RefreshAsync(this ApiClient client, string refreshToken) =>
        client.PostAsync("/v1/auth/refresh", new { refreshToken });

    public static string AccessToken(this Answer signedIn) => signedIn.Get<string>("accessToken");

    public static string RefreshToken(this Answer signedIn) => signedIn.Get<string>("refreshToken");

    /// <summary>A part of a token: 0 is the header, 1 the claims.</summary>
    public static JsonObject Part(string token, int index) =>
        JsonNode.Parse(Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(token.Split('.')[index])))!.AsObject();

    public static Guid SessionOf(string token) => Guid.Parse(Part(token, 1)["sid"]!.GetValue<string>());

    /// <summary>
    /// What a stranger can compare: all but the id of the trace and of the request, and what is left to their address.
    /// </summary>
    public static string Indistinct(this Answer answer)
    {
        var headers = answer.Headers
            .Where(header => header.Key.ToUpperInvariant() is not ("DATE" or "X-REQUEST-ID" or "RATELIMIT"))
            .Select(header => $"{header.Key}: {string.Join(',', header.Value)}");
        return $"{(int)answer.Status}\n{string.Join('\n', headers)}\n{answer.Text.Replace(answer.Get<string>("traceId"), "", StringComparison.Ordinal)}";
    }
}
