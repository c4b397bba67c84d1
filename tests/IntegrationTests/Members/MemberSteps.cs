using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Members;

/// <summary>More people than the five of each tenant, and what their mails say.</summary>
internal static class MemberSteps
{
    /// <summary>A member made without an invitation, with everybody's password.</summary>
    public static async Task<User> AddMemberAsync(this TestTenant tenant, params string[] roles)
    {
        var now = TimeProvider.System.Now();
        var user = User.Join(tenant.Id, $"{Answers.RandomId():N}@example.test", "Member", "none", [], now);
        await tenant.Api.ExecuteAsync(
            """
            with joined as (
              insert into users (org_id, id, email, normalized_email, name, password_hash, status, password_changed_at,
                version, created_at, updated_at)
              values ($1, $2, $3, $3, 'Member', (select password_hash from users where org_id = $1 limit 1), 'active', $4, 1, $4, $4)),
            counted as (
              update usage_counters set used = used + 1 where org_id = $1 and resource = 'members')
            insert into user_roles (org_id, user_id, role_id) select $1, $2, id from roles where org_id = $1 and name = any($5)
            """,
            tenant.Id.Value, user.Id.Value, user.Email, now.UtcDateTime, roles);
        return user;
    }

    public static async Task<ApiClient> AsAsync(this TestTenant tenant, User user) =>
        tenant.Anonymous.With(await tenant.Api.TokenAsync(user));

    /// <summary>A client with exactly these permissions.</summary>
    public static async Task<ApiClient> WithAsync(this TestTenant tenant, params string[] permissions)
    {
        var name = $"{Answers.RandomId():N}";
        await tenant.Api.ExecuteAsync(
            """
            insert into roles (org_id, id, name, permissions, built_in, version, created_at)
            values ($1, $2, $3, $4, false, 1, now())
            """,
            tenant.Id.Value, Answers.RandomId(), name, permissions);
        return await tenant.AsAsync(await tenant.AddMemberAsync(name));
    }

    /// <summary>The newest mail to an address.</summary>
    public static async Task<JsonNode> MailAsync(this TestTenant tenant, string email) => JsonNode.Parse(
        await tenant.Api.QueryAsync<string>(
            """
            select payload from outbox where org_id = $1 and kind = 'mail' and payload::json ->> 'to' = $2
            order by created_at desc, id desc limit 1
            """,
            tenant.Id.Value, email))!;

    public static async Task<string> InvitationTokenAsync(this TestTenant tenant, string email) =>
        (await tenant.MailAsync(email))["values"]!["link"]!.GetValue<string>().Split("token=")[1];

    public static async Task<Answer> InviteAsync(this ApiClient inviter, string email, params string[] roles) =>
        (await inviter.PostAsync("/v1/invitations", Sample.Invitation(email, roles))).ShouldBe(HttpStatusCode.Created);

    public static Task<Answer> AcceptAsync(this TestTenant tenant, string token, string name = "Park Jisoo") =>
        tenant.Anonymous.PostAsync(
            "/v1/invitations/accept", new { token, name, password = TestHost.Password });

    public static Task<string> StatusAsync(this TestTenant tenant, Guid member) => tenant.Api.QueryAsync<string>(
        "select status::text from users where org_id = $1 and id = $2", tenant.Id.Value, member);
}
