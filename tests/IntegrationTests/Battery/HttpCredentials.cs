using System.Security.Cryptography;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>What must be there before requests about somebody's own password and codes can succeed.</summary>
internal sealed partial class HttpArena
{
    private enum App
    {
        None,
        Enrolled,
        Confirmed,
    }

    private static readonly Dictionary<string, App> AboutCredentials = new()
    {
        ["SignIn"] = App.None,
        ["ChangePassword"] = App.None,
        ["ResetPassword"] = App.None,
        ["StepUp"] = App.None,
        ["EnrollTotp"] = App.None,
        ["ConfirmTotp"] = App.Enrolled,
        ["DisableTotp"] = App.Confirmed,
        ["MakeRecoveryCodes"] = App.Confirmed,
    };

    /// <summary>
    /// Gives the person back the tests' password and the app that the request is about, and puts what is good once into
    /// the body. Never for B, whose rows nobody changes.
    /// </summary>
    public async Task<HttpShot> ReadyAsync(HttpTarget target, TestTenant tenant, string role, HttpShot shot)
    {
        if (target.Request is not { } request || !AboutCredentials.TryGetValue(request.Request.Name, out var app)) return shot;

        var user = tenant.User(role).Id.Value;
        var secret = RandomNumberGenerator.GetBytes(Totp.SecretBytes);
        var box = await Api.Services.GetRequiredService<ISecretBox>().SealAsync(secret, user, CancellationToken.None);
        await Api.ExecuteAsync(
            """
            update users set totp_last_step = null, totp_secret = $3, totp_confirmed_at = case when $4 then now() end,
              password_hash = (select password_hash from users where org_id = $5 order by id limit 1)
            where org_id = $1 and id = $2
            """,
            tenant.Id.Value, user, app is App.None ? DBNull.Value : box, app is App.Confirmed, B.Id.Value);
        switch (request.Request.Name)
        {
            case "ConfirmTotp":
                var code = Totp.Code(secret, Totp.StepAt(TimeProvider.System.GetUtcNow()));
                return shot.WithBody($$"""{"code":"{{code}}"}""");
            case "ResetPassword":
                var token = RandomNumberGenerator.GetBytes(32);
                await Api.ExecuteAsync("delete from one_time_tokens where org_id = $1 and user_id = $2", tenant.Id.Value, user);
                await Api.ExecuteAsync(
                    """
                    insert into one_time_tokens (org_id, hash, user_id, purpose, created_at, expires_at)
                    values ($1, $2, $3, 'password_reset', now(), now() + interval '30 minutes')
                    """,
                    tenant.Id.Value, SHA256.HashData(token), user);
                return shot.WithBody(
                    $$"""{"token":"{{System.Buffers.Text.Base64Url.EncodeToString(token)}}","newPassword":"{{Credentials.NewPassword}}"}""");
            default:
                return shot;
        }
    }

    /// <summary>A token of A's owner who has just signed in: some endpoints end the session.</summary>
    public async Task RenewAsync() => Token = (await A.OwnerAsync()).Token!;
}
