using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Platform;

/// <summary>Operators sign in on the platform host, with tokens that no tenant takes.</summary>
public sealed class OperatorSessionTests(TestHost host)
{
    private const string Login = "/v1/platform/auth/login", Refresh = "/v1/platform/auth/refresh",
        Logout = "/v1/platform/auth/logout", Isolation = "/v1/platform/isolation";

    [Fact]
    public async Task An_operator_signs_in_and_is_let_in()
    {
        var email = await host.Api.NewOperatorAsync();

        var signedIn = await SignInAsync(email.ToUpperInvariant());

        signedIn.ShouldBe(HttpStatusCode.OK).Body!["operator"]!["email"]!.GetValue<string>().ShouldBe(email);
        (signedIn.Get<string>("tokenType"), signedIn.Get<int>("expiresIn")).ShouldBe(("Bearer", 600));
        (await As(signedIn).GetAsync(Isolation)).ShouldBe(HttpStatusCode.OK);
        (await LogAsync(email)).ShouldBe(["operator_session.started operator"]);
    }

    [Fact]
    public async Task Unknown_and_wrong_are_refused_alike_and_logged()
    {
        var email = await host.Api.NewOperatorAsync();

        var wrong = await SignInAsync(email, "correct-horse-wrong");
        var unknown = await SignInAsync("nobody@platform.test");

        wrong.ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated").Comparable.ShouldBe(unknown.Comparable);
        (await LogAsync(email)).ShouldBe(["session.refused public"]);
    }

    [Fact]
    public async Task No_tenant_takes_an_operators_token_and_the_platform_no_tenants()
    {
        var tenant = await host.NewTenantAsync();
        var operatorClient = await host.Api.OperatorAsync();
        var owner = await tenant.OwnerAsync();

        (await tenant.Anonymous.With(operatorClient.Token).GetAsync("/v1/me"))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await host.Api.Platform.With(owner.Token).GetAsync(Isolation))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        // A member with the platform's address is a member.
        (await tenant.Anonymous.PostAsync(Login, new { email = tenant.Email(BuiltInRoles.SuperAdmin), password = TestHost.Password }))
            .ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task A_refresh_token_is_good_once_and_used_twice_ends_the_session()
    {
        var email = await host.Api.NewOperatorAsync();
        var first = await SignInAsync(email);

        var second = await RefreshAsync(first);
        second.ShouldBe(HttpStatusCode.OK);
        (await As(second).GetAsync(Isolation)).ShouldBe(HttpStatusCode.OK);

        (await RefreshAsync(first)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await RefreshAsync(second)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await As(second).GetAsync(Isolation)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await LogAsync(email)).ShouldBe(
        [
            "operator_session.started operator", "operator_session.refreshed operator", "operator_session.refresh_token_reused operator",
        ]);
    }

    [Fact]
    public async Task Of_parallel_refreshes_one_wins()
    {
        var signedIn = await SignInAsync(await host.Api.NewOperatorAsync());

        var answers = await Answers.ParallelAsync(8, _ => RefreshAsync(signedIn));

        answers.Tally().ShouldBe("1 x 200, 7 x 401 unauthenticated");
    }

    [Fact]
    public async Task Signing_out_ends_the_session_at_once()
    {
        var signedIn = await SignInAsync(await host.Api.NewOperatorAsync());

        (await As(signedIn).PostAsync(Logout)).ShouldBe(HttpStatusCode.NoContent);

        (await As(signedIn).GetAsync(Isolation)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await RefreshAsync(signedIn)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Theory]
    [InlineData("update operator_sessions set expires_at = now()")]
    [InlineData("update operator_refresh_tokens set expires_at = now()")]
    public async Task A_session_ends_by_the_clock(string end)
    {
        var email = await host.Api.NewOperatorAsync();
        var signedIn = await SignInAsync(email);
        var session = await host.Api.QueryAsync<Guid>(
            "select s.id from operator_sessions s join platform_operators o on o.id = s.operator_id where o.email = $1", email);

        await host.Api.ExecuteAsync($"{end} where {(end.Contains("tokens", StringComparison.Ordinal) ? "session_id" : "id")} = $1", session);

        (await RefreshAsync(signedIn)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    private Task<Answer> SignInAsync(string email, string password = TestHost.Password) =>
        host.Api.Platform.PostAsync(Login, new { email, password });

    private Task<Answer> RefreshAsync(Answer pair) =>
        host.Api.Platform.PostAsync(Refresh, new { refreshToken = pair.Get<string>("refreshToken") });

    private ApiClient As(Answer pair) => host.Api.Platform.With(pair.Get<string>("accessToken"));

    private Task<string[]> LogAsync(string email) => host.Api.QueryAsync<string[]>(
        """
        select coalesce(array_agg(concat_ws(' ', l.action, l.actor_kind) order by l.id), '{}')
        from platform_audit_logs l join platform_operators o on o.id = l.operator_id where o.email = $1
        """,
        email);
}
