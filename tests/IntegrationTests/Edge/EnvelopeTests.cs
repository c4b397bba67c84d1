using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.Logging;

namespace CleanTenancy.IntegrationTests.Edge;

/// <summary>What every answer has, what the logs never have, and whose word about the address counts.</summary>
public sealed class EnvelopeTests(TestHost host)
{
    [Fact]
    public async Task Every_answer_has_the_security_headers_and_none_names_the_server()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        foreach (var answer in new[]
        {
            await owner.GetAsync("/v1/me"),
            await owner.PostAsync("/v1/events", Sample.Event()),
            await owner.PostTextAsync("/v1/events", "{"),
            await tenant.Anonymous.GetAsync("/v1/me"),
            await tenant.Anonymous.GetAsync("/v1/nothing"),
            await owner.SendAsync(HttpMethod.Put, "/v1/events", content: null),
            await host.Api.Client("nobody-is-here.localhost").GetAsync("/"),
            await host.Api.Platform.GetAsync("/v1/plans"),
            await host.Api.Platform.GetAsync("/health/live"),
            await host.Api.Platform.GetAsync("/openapi/v1.json"),
            await host.Api.Platform.GetAsync("/swagger/index.html"),
        })
        {
            One(answer, "X-Content-Type-Options").ShouldBe("nosniff");
            One(answer, "X-Frame-Options").ShouldBe("DENY");
            One(answer, "Referrer-Policy").ShouldBe("no-referrer");
            One(answer, "X-Request-Id").ShouldNotBeEmpty();
            answer.Headers.Contains("Server").ShouldBeFalse();
            answer.Headers.Contains("X-Powered-By").ShouldBeFalse();
            answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task What_belongs_to_somebody_is_stored_by_nobody()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        foreach (var answer in new[]
        {
            await owner.GetAsync("/v1/me"),
            await owner.GetAsync("/v1/events"),
            await owner.PostAsync("/v1/events", Sample.Event()),
            await owner.PostTextAsync("/v1/events", "{"),
            await owner.GetAsync("/v1/events/01900000-0000-7000-8000-000000000000"),
            await owner.SendAsync(HttpMethod.Put, "/v1/events", content: null),
            await tenant.Anonymous.GetAsync("/v1/me"),
            await tenant.SignInAsync(BuiltInRoles.Viewer, "wrong-horse-battery"),
        })
            answer.Headers.CacheControl!.NoStore.ShouldBeTrue(answer.Text);
    }

    [Fact]
    public async Task A_clients_own_request_id_comes_back_and_goes_into_the_audit_log()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        var created = await owner.PostAsync("/v1/events", Sample.Event(), ("X-Request-Id", "mobile-7.3:abc_DEF"));

        One(created, "X-Request-Id").ShouldBe("mobile-7.3:abc_DEF");
        (await host.Api.QueryAsync<string>("select request_id::text from audit_logs where org_id = $1 and action = 'event.created'", tenant.Id.Value))
            .ShouldBe("mobile-7.3:abc_DEF");
        One(await owner.GetAsync("/v1/events/unknown", ("X-Request-Id", "on-a-refusal")), "X-Request-Id").ShouldBe("on-a-refusal");
        One(await owner.PostAsync("/v1/events", body: null, ("X-Request-Id", "after-an-exception")), "X-Request-Id").ShouldBe("after-an-exception");
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("<script>")]
    [InlineData("a,b")]
    [InlineData("a\tb")]
    [InlineData("a'b")]
    [InlineData("${jndi:ldap://x}")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890123456789012345678901")]
    public async Task A_strange_request_id_is_replaced(string id)
    {
        var tenant = await host.NewTenantAsync();

        var given = One(await tenant.Anonymous.GetAsync("/v1/me", ("X-Request-Id", id)), "X-Request-Id");

        given.ShouldNotBe(id);
        given.ShouldMatch("^[A-Za-z0-9:]+$");
    }

    [Fact]
    public async Task Two_request_ids_are_none()
    {
        var tenant = await host.NewTenantAsync();

        var answer = await RawHttp.SendAsync(
            host.Api.Address,
            $"GET /v1/me HTTP/1.1\r\nHost: {tenant.Host}\r\nX-Request-Id: one\r\nX-Request-Id: two\r\nConnection: close\r\n\r\n",
            TestContext.Current.CancellationToken);

        answer.Headers.ShouldNotContain("one");
    }

    [Fact]
    public async Task The_address_is_the_sockets_unless_a_known_proxy_says_otherwise()
    {
        var plain = await host.NewTenantAsync();
        await (await plain.OwnerAsync()).PostAsync("/v1/events", Sample.Event(), ("X-Forwarded-For", "198.51.100.7"), ("Forwarded", "for=198.51.100.8"));
        (await AddressAsync(plain)).ShouldBe("127.0.0.1");

        await using var behind = await host.StartApiAsync(host.Api.Database, o => o.Settings["Proxies:Known"] = "127.0.0.1, 10.0.0.0/8");
        var known = await behind.NewTenantAsync();
        await (await known.OwnerAsync()).PostAsync("/v1/events", Sample.Event(), ("X-Forwarded-For", "203.0.113.9, 198.51.100.7"));
        (await AddressAsync(known)).ShouldBe("198.51.100.7"); // what the proxy saw; the rest is the client's own tale

        await using var elsewhere = await host.StartApiAsync(host.Api.Database, o => o.Settings["Proxies:Known"] = "192.0.2.1");
        var unknown = await elsewhere.NewTenantAsync();
        await (await unknown.OwnerAsync()).PostAsync("/v1/events", Sample.Event(), ("X-Forwarded-For", "198.51.100.7"));
        (await AddressAsync(unknown)).ShouldBe("127.0.0.1");

        Task<string> AddressAsync(TestTenant tenant) =>
            host.Api.QueryAsync<string>("select address::text from audit_logs where org_id = $1 and action = 'event.created'", tenant.Id.Value);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("999.999.999.999")]
    [InlineData("'; drop table events; --")]
    [InlineData("198.51.100.7:99999999")]
    public async Task A_known_proxys_nonsense_does_no_harm(string forwarded)
    {
        await using var api = await host.StartApiAsync(host.Api.Database, o => o.Settings["Proxies:Known"] = "127.0.0.1");
        var tenant = await api.NewTenantAsync();

        (await (await tenant.OwnerAsync()).PostAsync("/v1/events", Sample.Event(), ("X-Forwarded-For", forwarded))).ShouldBe(HttpStatusCode.Created);
        (await api.QueryAsync<string>("select address::text from audit_logs where org_id = $1 and action = 'event.created'", tenant.Id.Value)).ShouldBe("127.0.0.1");
    }

    [Fact]
    public async Task No_log_line_of_any_level_holds_a_password_an_address_or_a_token()
    {
        using var logs = new LogCapture();
        await using var api = await host.StartApiAsync(host.Api.Database, options =>
        {
            options.Logs = logs;
            foreach (var category in new[] { "Default", "Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore", "Npgsql", "Microsoft.Hosting.Lifetime" })
                options.Settings[$"Logging:LogLevel:{category}"] = "Trace";
        });
        var tenant = await api.NewTenantAsync();
        var signedIn = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        var refreshed = await tenant.Anonymous.RefreshAsync(signedIn.RefreshToken());
        await tenant.Anonymous.SignInAsync("canary-address@leak.test", "canary-password-of-somebody");
        await tenant.Anonymous.PostTextAsync("/v1/auth/login", """{"email":"canary-address@leak.test","password":"canary-password-of-somebody","x":1}""");
        await tenant.Anonymous.PostTextAsync("/v1/auth/login", """{"email":"canary-address@leak.test","password":"canary-password-of-somebody" """);
        await tenant.Anonymous.With(refreshed.AccessToken()).GetAsync("/v1/me");
        await tenant.Anonymous.With("canary-token.canary-claims.canary-signature").GetAsync("/v1/me");
        await tenant.Anonymous.With(refreshed.AccessToken()[..^4] + "AAAA").GetAsync("/v1/me");
        await tenant.Anonymous.RefreshAsync("canary-refresh-token");
        await (await tenant.OrganizerAsync()).PostAsync($"/v1/events/{await (await tenant.OrganizerAsync()).LiveEventAsync()}/registrations",
            Sample.Attendee("canary-name", "canary-attendee@leak.test"));

        logs.Lines.Count.ShouldBeGreaterThan(100);
        foreach (var category in new[] { "Microsoft.EntityFrameworkCore", "Microsoft.AspNetCore" })
            logs.Lines.ShouldContain(line => line.Level <= LogLevel.Debug && line.Text.StartsWith(category, StringComparison.Ordinal), category);
        foreach (var secret in new[]
        {
            "canary", TestHost.Password, "argon2id", signedIn.RefreshToken(), refreshed.RefreshToken(),
            signedIn.AccessToken().Split('.')[2], refreshed.AccessToken().Split('.')[2], $"@{tenant.Slug}.test", "test-roles-password",
        })
            logs.Lines.Where(line => line.Text.Contains(secret, StringComparison.OrdinalIgnoreCase)).Select(line => line.Text).ShouldBeEmpty(secret);
    }

    private static string One(Answer answer, string header) => answer.Headers.GetValues(header).ShouldHaveSingleItem();
}
