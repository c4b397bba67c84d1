using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>Passwords, codes and links, as people use them.</summary>
internal static class Credentials
{
    public const string NewPassword = "a whole new sentence";

    /// <summary>Enrolls and confirms an authenticator app for somebody who has just signed in.</summary>
    public static async Task<(byte[] Secret, string[] RecoveryCodes)> EnableTotpAsync(this ApiClient client, DateTimeOffset now)
    {
        var secret = (await client.PostAsync("/v1/auth/totp/enroll")).ShouldBe(HttpStatusCode.OK).Secret();
        var confirmed = await client.PostAsync("/v1/auth/totp/confirm", new { code = Totp.Code(secret, Totp.StepAt(now)) });
        return (secret, confirmed.ShouldBe(HttpStatusCode.OK).Codes());
    }

    public static byte[] Secret(this Answer enrollment) => FromBase32(enrollment.Get<string>("secret"));

    public static byte[] FromBase32(string text)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        var bits = string.Concat(text.Select(c => Convert.ToString(Alphabet.IndexOf(c), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
    }

    public static string[] Codes(this Answer answer) =>
        [.. answer.Body!["codes"]!.AsArray().Select(code => code!.GetValue<string>())];

    /// <summary>The mails that wait in the outbox for somebody, oldest first.</summary>
    public static async Task<IReadOnlyList<JsonNode>> MailsToAsync(this TestTenant tenant, string email)
    {
        var payloads = await tenant.Api.QueryAsync<string[]>(
            "select coalesce(array_agg(payload order by id), '{}') from outbox where org_id = $1 and kind = 'mail'", tenant.Id.Value);
        return [.. payloads.Select(payload => JsonNode.Parse(payload)!).Where(mail => mail["to"]!.GetValue<string>() == email)];
    }

    public static async Task<string[]> TemplatesToAsync(this TestTenant tenant, string email) =>
        [.. (await tenant.MailsToAsync(email)).Select(mail => mail["template"]!.GetValue<string>())];

    /// <summary>The token in the newest link that was sent to somebody.</summary>
    public static async Task<string> ResetTokenAsync(this TestTenant tenant, string email)
    {
        var mail = (await tenant.MailsToAsync(email)).Last(m => m["template"]!.GetValue<string>() == "password_reset");
        var link = mail["values"]!["link"]!.GetValue<string>();
        link.ShouldStartWith($"https://{tenant.Host}/reset-password?token=");
        return link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..];
    }
}

internal static class TokenSteps
{
    /// <summary>Another access token for the same session: the first has ended by the clock.</summary>
    public static string GetToken(this IServiceProvider services, User user, string old, DateTimeOffset now) =>
        services.GetRequiredService<ITokens>().IssueAccess(
            user.OrgId, user.Id, new SessionId(Auth.AuthSteps.SessionOf(old)), now);
}
