using System.Net;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Tenancy;

/// <summary>The host alone names the tenant: exactly, or not at all.</summary>
public sealed class HostTests(TestHost host)
{
    /// <summary>GET /v1/me says which host it is: 401 at a tenant, not_found at the platform, tenant_not_found elsewhere.</summary>
    private const string Tenant = "401 unauthenticated", Platform = "404 not_found", Nobody = "404 tenant_not_found", Refused = "400 ";

    [Theory]
    [InlineData("{slug}.localhost", Tenant)]
    [InlineData("{slug}.localhost:5080", Tenant)]
    [InlineData("{slug}.localhost:1", Tenant)]
    [InlineData("{slug}.localhost.", Tenant)]
    [InlineData("{slug}.localhost.:5080", Tenant)]
    [InlineData("{SLUG}.LOCALHOST", Tenant)]
    [InlineData("{slug}.LocalHost", Tenant)]
    [InlineData("localhost", Platform)]
    [InlineData("localhost:5080", Platform)]
    [InlineData("LOCALHOST.", Platform)]
    [InlineData("{slug}", Nobody)]
    [InlineData("{slug}.localhost..", Nobody)]
    [InlineData("{slug}..localhost", Nobody)]
    [InlineData(".{slug}.localhost", Nobody)]
    [InlineData(".localhost", Nobody)]
    [InlineData("localhost..", Nobody)]
    [InlineData(".", Nobody)]
    [InlineData("{slug}.localhost.evil.com", Nobody)]
    [InlineData("{slug}.evil.com", Nobody)]
    [InlineData("{slug}.localhost.evil.localhost", Nobody)]
    [InlineData("a.{slug}.localhost", Nobody)]
    [InlineData("{slug}.a.localhost", Nobody)]
    [InlineData("www.{slug}.localhost", Nobody)]
    [InlineData("{slug}.localhost.localhost", Nobody)]
    [InlineData("{slug}localhost", Nobody)]
    [InlineData("{slug}.localhosts", Nobody)]
    [InlineData("{slug}-localhost", Nobody)]
    [InlineData("x{slug}.localhost", Nobody)]
    [InlineData("{slug}x.localhost", Nobody)]
    [InlineData("-{slug}.localhost", Nobody)]
    [InlineData("{slug}-.localhost", Nobody)]
    [InlineData("{slug}--a.localhost", Nobody)]
    [InlineData("{slug}_.localhost", Nobody)]
    [InlineData("_dmarc.localhost", Nobody)]
    [InlineData("www.localhost", Nobody)]
    [InlineData("api.localhost", Nobody)]
    [InlineData("admin.localhost", Nobody)]
    [InlineData("auth.localhost", Nobody)]
    [InlineData("status.localhost", Nobody)]
    [InlineData("localhost.localhost", Nobody)]
    [InlineData("ab.localhost", Nobody)]
    [InlineData("a.localhost", Nobody)]
    [InlineData("xn--9t4b11yi5a.localhost", Nobody)]
    [InlineData("xn--.localhost", Nobody)]
    [InlineData("xn--a.localhost", Nobody)]
    [InlineData("127.0.0.1", Nobody)]
    [InlineData("127.0.0.1:5080", Nobody)]
    [InlineData("127.1", Nobody)]
    [InlineData("2130706433", Nobody)]
    [InlineData("0x7f000001", Nobody)]
    [InlineData("[::1]", Nobody)]
    [InlineData("[::1]:5080", Nobody)]
    [InlineData("[::ffff:127.0.0.1]", Nobody)]
    [InlineData("::1", Refused)]
    [InlineData("", Nobody)]
    [InlineData("example.com", Nobody)]
    [InlineData("com", Nobody)]
    [InlineData("{slug}.localhost:", Refused)]
    [InlineData("{slug}.localhost:http", Refused)]
    [InlineData("{slug}.localhost:-1", Refused)]
    [InlineData("{slug}.localhost,evil.com", Refused)]
    [InlineData("evil.com@{slug}.localhost", Refused)]
    [InlineData("{slug}.localhost/evil", Refused)]
    [InlineData("{slug}.localhost#", Refused)]
    [InlineData("{slug} .localhost", Refused)]
    [InlineData("{slug}.localhost\u0000", Refused)]
    [InlineData("{slug}%2elocalhost", Refused)]
    [InlineData("한국.localhost", Refused)]
    [InlineData("*.localhost", Refused)]
    public async Task A_Host_header_names_one_tenant_the_platform_or_nobody(string header, string expected)
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var given = header
            .Replace("{slug}", tenant.Slug, StringComparison.Ordinal)
            .Replace("{SLUG}", tenant.Slug.ToUpperInvariant(), StringComparison.Ordinal);

        (await AskAsync(given)).ShouldBe(expected, given);
    }

    [Fact]
    public async Task Very_long_names_are_nobodys()
    {
        foreach (var name in new[]
        {
            new string('a', 41) + ".localhost",
            new string('a', 64) + ".localhost",
            new string('a', 300),
            string.Join('.', Enumerable.Repeat("a", 150)),
            string.Join('.', Enumerable.Repeat("abcdefghi", 30)) + ".localhost",
            new string('a', 8_000),
        })
            (await AskAsync(name)).ShouldBe(Nobody, name);
    }

    [Theory]
    [InlineData("GET /v1/me HTTP/1.1\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /v1/me HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /v1/me HTTP/1.1\r\nHost: {host}\r\nHost: evil.com\r\nConnection: close\r\n\r\n")]
    [InlineData("GET http://evil.com/v1/me HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")]
    public async Task A_request_without_one_clear_host_is_refused_by_the_server(string request)
    {
        var tenant = await host.NewTenantAsync(Tier.Free);

        var answer = await RawHttp.SendAsync(
            host.Api.Address, request.Replace("{host}", tenant.Host, StringComparison.Ordinal), TestContext.Current.CancellationToken);

        answer.Status.ShouldBe(400);
    }

    [Fact]
    public async Task Unknown_unverified_and_purged_look_the_same()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var domain = $"{tenant.Slug}.example.org";
        await host.Api.Seeder.AddHostAsync(tenant.Id, domain, verifiedAt: null, TestContext.Current.CancellationToken);
        var purged = await host.NewTenantAsync(Tier.Free);
        await host.Api.ExecuteAsync("update organizations set state = 'purged' where id = $1", purged.Id.Value);

        Answer[] answers =
        [
            await host.Api.Client("nobody-is-here.localhost").GetAsync("/v1/me"),
            await host.Api.Client("nobody.example.org").GetAsync("/v1/me"),
            await host.Api.Client(domain).GetAsync("/v1/me"),
            await purged.Anonymous.GetAsync("/v1/me"),
            await host.Api.Client("www.localhost").GetAsync("/v1/me"),
            await host.Api.Client("127.0.0.1").GetAsync("/v1/me"),
        ];

        foreach (var answer in answers)
        {
            answer.ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");
            answer.Comparable.ShouldBe(answers[0].Comparable);
            answer.Headers.Select(header => header.Key).ShouldBe(answers[0].Headers.Select(header => header.Key));
        }
    }

    [Fact]
    public async Task Nothing_answers_at_an_unknown_host()
    {
        var unknown = host.Api.Client("nobody-is-here.localhost");

        foreach (var path in new[] { "/", "/health/live", "/health/ready", "/openapi/v1.json", "/swagger/index.html", "/v1/plans", "/v1/events" })
            (await unknown.GetAsync(path)).ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");
        (await unknown.PostTextAsync("/v1/auth/login", "{")).ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");
    }

    [Fact]
    public async Task A_verified_custom_domain_serves_the_same_tenant()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var created = await owner.DraftEventAsync();
        var domain = $"tickets.{tenant.Slug}.example.org";
        await host.Api.Seeder.AddHostAsync(tenant.Id, domain, TimeProvider.System.Now(), TestContext.Current.CancellationToken);

        foreach (var name in new[] { domain, domain.ToUpperInvariant(), domain + ".", domain + ":8443" })
            (await host.Api.Client(name, owner.Token).GetAsync($"/v1/events/{created.Id}")).ShouldBe(HttpStatusCode.OK).Text.ShouldBe(created.Text);
        foreach (var name in new[] { $"www.{domain}", $"{tenant.Slug}.example.org", $"{domain}.localhost", $"{domain}.evil.com" })
            (await host.Api.Client(name, owner.Token).GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");
    }

    [Fact]
    public async Task A_custom_domain_in_Korean_is_found_by_its_A_label()
    {
        var tenant = await host.NewTenantAsync(Tier.Pro);
        // 한국 as an A-label, and the tenant's own label in front, for every run has its own.
        var domain = $"{tenant.Slug}.xn--3e0b707e";
        await host.Api.Seeder.AddHostAsync(tenant.Id, domain, TimeProvider.System.Now(), TestContext.Current.CancellationToken);

        (await AskAsync(domain)).ShouldBe(Tenant);
        (await AskAsync(domain.ToUpperInvariant())).ShouldBe(Tenant);
        (await AskAsync($"{tenant.Slug}.한국")).ShouldBe(Refused); // a Host header is ASCII (RFC 9110, 7.2)
    }

    [Fact]
    public async Task No_header_changes_the_tenant_the_method_or_the_path()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var viewer = await tenant.AsAsync(BuiltInRoles.Viewer);
        var before = await tenant.TraceAsync();
        var plain = await viewer.GetAsync("/v1/me");

        foreach (var (name, value) in new[]
        {
            ("X-Tenant-Id", other.Id.ToString()), ("X-Tenant", other.Slug), ("X-Org-Id", other.Id.ToString()),
            ("X-Forwarded-Host", other.Host), ("X-Original-Host", other.Host), ("X-Host", other.Host),
            ("Forwarded", $"host={other.Host};for=10.0.0.1"), ("X-Forwarded-Server", other.Host),
            ("X-Original-URL", "/v1/events"), ("X-Rewrite-URL", "/v1/events"), ("X-Forwarded-Prefix", "/v1/events"),
            ("X-HTTP-Method-Override", "DELETE"), ("X-HTTP-Method", "DELETE"), ("X-Method-Override", "DELETE"),
        })
            (await viewer.GetAsync("/v1/me", (name, value))).Text.ShouldBe(plain.Text, name);

        (await viewer.PostAsync("/v1/events", Sample.Event(), ("X-HTTP-Method-Override", "GET")))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Not_even_a_known_proxy_names_another_host()
    {
        await using var api = await host.StartApiAsync(host.Api.Database, o => o.Settings["Proxies:Known"] = "127.0.0.1");
        var (tenant, other) = (await api.NewTenantAsync(), await api.NewTenantAsync());
        var owner = await tenant.OwnerAsync();

        (await owner.GetAsync("/v1/me", ("X-Forwarded-Host", other.Host), ("X-Forwarded-For", "198.51.100.7"))).ShouldBe(HttpStatusCode.OK);
        (await api.Client(other.Host, owner.Token).GetAsync("/v1/me", ("X-Forwarded-Host", tenant.Host)))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    private async Task<string> AskAsync(string header)
    {
        var answer = await RawHttp.GetAsync(host.Api.Address, header, "/v1/me", TestContext.Current.CancellationToken);
        return $"{answer.Status} {answer.Code}";
    }
}
