using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.RateLimiting;

/// <summary>Where nobody has signed in, so many requests in any minute from one network.</summary>
public sealed class NetworkLimitTests(LimitedApi limited, TestHost host) : IClassFixture<LimitedApi>
{
    private const string Login = "/v1/auth/login";

    [Fact]
    public async Task Credentials_are_tried_sixty_times_from_one_network_whatever_the_tenant_and_the_route()
    {
        var (one, other) = (await limited.Api.NewTenantAsync(), await limited.Api.NewTenantAsync());
        var from = ("X-Forwarded-For", "198.51.100.1");
        var tries = new (ApiClient Client, string Path)[]
        {
            (one.Anonymous, Login), (other.Anonymous, Login), (one.Anonymous, "/v1/auth/refresh"),
            (one.Anonymous, "/v1/auth/password/forgot"), (other.Anonymous, "/v1/auth/password/reset"),
            (limited.Api.Platform, "/v1/platform/auth/login"), (limited.Api.Platform, "/v1/platform/auth/refresh"),
        };

        var answers = new List<Answer>();
        for (var i = 0; i < 60; i++) answers.Add(await tries[i % tries.Length].Client.PostAsync(tries[i % tries.Length].Path, new { x = 1 }, from));
        answers.Tally().ShouldBe("60 x 400 validation_failed");
        (answers[0].Policies(), answers[0].Left(), answers[^1].Left())
            .ShouldBe(("\"network\";q=60;w=60", "\"network\";r=59;t=60", "\"network\";r=0;t=60"));

        foreach (var (client, path) in tries)
        {
            var refused = (await client.PostAsync(path, new { x = 1 }, from)).ShouldBeProblem(HttpStatusCode.TooManyRequests, "rate_limited");
            (refused.Get<string>("policy"), refused.Get<int>("limit"), refused.Get<int>("window")).ShouldBe(("network", 60, 60));
            refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(60));
        }

        // Before a token, a state and a body are looked at; after the host.
        (await one.Anonymous.With("no.token.atall").PostAsync(Login, null, from)).ShouldBe(HttpStatusCode.TooManyRequests);
        (await limited.Api.Client("nobody-is-here.localhost").PostAsync(Login, null, from)).ShouldBe(HttpStatusCode.NotFound);
        (await limited.Api.Platform.GetAsync("/v1/plans", from)).ShouldBe(HttpStatusCode.OK);
        (await (await one.AsAsync(BuiltInRoles.Viewer)).GetAsync("/v1/me", from)).ShouldBe(HttpStatusCode.OK);
        (await one.Anonymous.PostAsync(Login, new { x = 1 }, ("X-Forwarded-For", "198.51.100.2"))).ShouldBe(HttpStatusCode.BadRequest);
        limited.Clock.Advance(TimeSpan.FromMinutes(1));
        (await one.Anonymous.PostAsync(Login, new { x = 1 }, from)).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Strangers_use_up_nothing_that_members_sign_in_by()
    {
        var tenant = await limited.Api.NewTenantAsync(Tier.Free);
        for (var network = 1; network <= 4; network++)
        {
            var from = ("X-Forwarded-For", $"198.51.101.{network}");
            (await 61.TimesAsync(() => tenant.Anonymous.PostAsync(Login, new { x = 1 }, from))).Tally()
                .ShouldBe("60 x 400 validation_failed, 1 x 429 rate_limited");
        }

        var body = new { email = tenant.Email(BuiltInRoles.Viewer), password = TestHost.Password };
        var signedIn = await tenant.Anonymous.PostAsync(Login, body, ("X-Forwarded-For", "198.51.101.5"));

        signedIn.ShouldBe(HttpStatusCode.OK).Policies().ShouldBe("\"network\";q=60;w=60");
        (await tenant.Anonymous.With(signedIn.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Other_public_routes_are_asked_six_hundred_times()
    {
        var from = ("X-Forwarded-For", "198.51.102.1");

        var answers = await 601.TimesAsync(() => limited.Api.Platform.GetAsync("/v1/plans", from));

        answers.Tally().ShouldBe("600 x 200, 1 x 429 rate_limited");
        answers[^1].Get<int>("limit").ShouldBe(600);
    }

    [Fact]
    public async Task Addresses_of_one_IPv6_network_are_one()
    {
        var tenant = await limited.Api.NewTenantAsync();
        var n = 0;

        var answers = await 61.TimesAsync(() => tenant.Anonymous.PostAsync(
            Login, new { x = 1 }, ("X-Forwarded-For", $"2001:db8:77:1:{++n:x}::1")));

        answers[^1].ShouldBe(HttpStatusCode.TooManyRequests);
        (await tenant.Anonymous.PostAsync(Login, new { x = 1 }, ("X-Forwarded-For", "2001:db8:77:2::1"))).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_public_route_of_a_tenant_has_both_limits_and_a_refusal_by_one_costs_nothing_of_the_other()
    {
        var (tenant, other) = (await limited.Api.NewTenantAsync(Tier.Free), await limited.Api.NewTenantAsync(Tier.Free));
        var n = 0;
        Task<Answer> AcceptAsync(TestTenant of, string from) =>
            of.Anonymous.PostAsync("/v1/invitations/accept", new { x = ++n }, ("X-Forwarded-For", from));

        var answers = await 70.TimesAsync(() => AcceptAsync(tenant, "198.51.103.1"));

        answers.Tally().ShouldBe("60 x 400 validation_failed, 10 x 429 rate_limited");
        answers[0].Policies().ShouldBe("\"network\";q=600;w=60, \"plan\";q=60;w=60");
        answers[0].Left().ShouldBe("\"network\";r=599;t=60, \"plan\";r=59;t=60");
        answers[^1].Get<string>("policy").ShouldBe("plan");
        answers[^1].Left().ShouldBe("\"network\";r=540;t=60, \"plan\";r=0;t=60");
        (await AcceptAsync(other, "198.51.103.1")).ShouldBe(HttpStatusCode.BadRequest)
            .Left().ShouldBe("\"network\";r=539;t=60, \"plan\";r=59;t=60");
    }

    [Fact]
    public async Task Nobody_takes_another_address_by_saying_so()
    {
        await using var api = await host.StartApiAsync(host.Api.Database, options => options.Settings["RateLimits:Factor"] = "1");
        var tenant = await api.NewTenantAsync();
        var n = 0;

        var answers = await 61.TimesAsync(() =>
        {
            var address = $"198.51.104.{++n}";
            return tenant.Anonymous.PostAsync(
                Login, new { x = 1 }, ("X-Forwarded-For", address), ("Forwarded", $"for={address}"),
                ("X-Real-IP", address), ("X-Client-IP", address), ("True-Client-IP", address), ("CF-Connecting-IP", address));
        });

        answers.Tally().ShouldBe("60 x 400 validation_failed, 1 x 429 rate_limited");
    }
}
