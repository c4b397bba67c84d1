using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.ApiKeys;

public sealed partial class CreateApiKeyTests(TestHost host, ClockedApi clocked) : IClassFixture<ClockedApi>
{
    private const string Path = "/v1/api-keys";

    [Fact]
    public async Task A_key_is_shown_once_and_its_hash_is_kept()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        var made = (await owner.PostAsync(Path, new { name = "Kiosk", permissions = new[] { "events:write", "events:read" } }))
            .ShouldBe(HttpStatusCode.Created);

        var key = made.Get<string>("secret");
        Format().IsMatch(key).ShouldBeTrue(key);
        made.Headers.Location!.ToString().ShouldBe($"{Path}/{made.Id}");
        made.Headers.CacheControl!.NoStore.ShouldBeTrue();
        made.Get<string>("prefix").ShouldBe(key[3..15]);
        made.Body!["permissions"]!.AsArray().Select(p => p!.GetValue<string>()).ShouldBe(["events:read", "events:write"]);
        (await host.Api.QueryAsync<byte[]>("select secret_hash from api_keys where org_id = $1", tenant.Id.Value))
            .ShouldBe(SHA256.HashData(Encoding.ASCII.GetBytes(key[16..])));
        (await host.Api.QueryAsync<string>("""
            select concat((select string_agg(k::text, '') from api_keys k where org_id = $1),
              (select string_agg(l::text, '') from audit_logs l where org_id = $1))
            """, tenant.Id.Value)).ShouldNotContain(key[16..]);
        var listed = (await owner.GetAsync(Path)).Data().ShouldHaveSingleItem().AsObject();
        listed.Select(member => member.Key).ShouldBe(
            ["id", "name", "prefix", "permissions", "createdBy", "createdAt", "expiresAt", "lastUsedAt"]);
        (await tenant.DeedsAsync()).ShouldBe(["api_key.created"]);
    }

    [Fact]
    public async Task Nobody_gives_a_key_what_they_lack()
    {
        var tenant = await host.NewTenantAsync();
        var admin = await tenant.AsAsync(BuiltInRoles.Admin);
        var before = await tenant.TraceAsync();

        (await admin.PostAsync(Path, new { name = "Billing", permissions = new[] { "events:read", "billing:write" } }))
            .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied").Get<string>("permission").ShouldBe("billing:write");

        (await tenant.TraceAsync()).ShouldBe(before);
        (await tenant.DenialsAsync()).ShouldBe(["access.denied CreateApiKey permission_denied"]);
        (await (await tenant.OwnerAsync()).PostAsync(Path, new { name = "Billing", permissions = new[] { "billing:write" } }))
            .ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("""{"permissions":["events:read"]}""")]
    [InlineData("""{"name":"","permissions":["events:read"]}""")]
    [InlineData("""{"name":"a\u0001b","permissions":["events:read"]}""")]
    [InlineData("""{"name":"Kiosk"}""")]
    [InlineData("""{"name":"Kiosk","permissions":[]}""")]
    [InlineData("""{"name":"Kiosk","permissions":null}""")]
    [InlineData("""{"name":"Kiosk","permissions":[null]}""")]
    [InlineData("""{"name":"Kiosk","permissions":["*"]}""")]
    [InlineData("""{"name":"Kiosk","permissions":["events:destroy"]}""")]
    [InlineData("""{"name":"Kiosk","permissions":["events:read"],"expiresAt":"2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"name":"Kiosk","permissions":["events:read"],"secret":"ct_mine"}""")]
    public async Task What_does_not_fit_is_refused_and_leaves_no_trace(string body)
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var before = await tenant.TraceAsync();

        (await owner.PostTextAsync(Path, body)).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData(Tier.Free, false)]
    [InlineData(Tier.Starter, false)]
    [InlineData(Tier.Pro, true)]
    [InlineData(Tier.Enterprise, true)]
    public async Task The_plan_must_have_them(Tier tier, bool has)
    {
        var tenant = await host.NewTenantAsync(tier);
        var owner = await tenant.OwnerAsync();

        foreach (var answer in new[] { await owner.PostAsync(Path, Sample.ApiKey()), await owner.GetAsync(Path) })
            if (has) answer.Status.ShouldBeOneOf(HttpStatusCode.Created, HttpStatusCode.OK);
            else answer.ShouldBeProblem(HttpStatusCode.Forbidden, "feature_not_in_plan").Get<string>("feature").ShouldBe("apiAccess");
    }

    [Fact]
    public async Task Who_proved_who_they_are_too_long_ago_proves_it_again()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var made = (await owner.PostAsync(Path, Sample.ApiKey())).ShouldBe(HttpStatusCode.Created);

        clocked.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));

        (await owner.PostAsync(Path, Sample.ApiKey())).ShouldBeProblem(HttpStatusCode.Forbidden, "step_up_required");
        (await owner.DeleteAsync($"{Path}/{made.Id}", ifMatch: null)).ShouldBeProblem(HttpStatusCode.Forbidden, "step_up_required");
        (await owner.GetAsync(Path)).Data().Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_idempotency_key_keeps_no_secret()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        var first = await owner.PostAsync(Path, Sample.ApiKey(), ("Idempotency-Key", "one"));
        var second = await owner.PostAsync(Path, Sample.ApiKey(), ("Idempotency-Key", "one"));

        first.Get<string>("secret").ShouldNotBe(second.Get<string>("secret"));
        (await tenant.RowsAsync("idempotency_keys")).ShouldBe(0);
    }

    [GeneratedRegex("^ct_[0-9A-Za-z]{12}_[0-9A-Za-z_-]{43}$", RegexOptions.None, 1_000)]
    private static partial Regex Format();
}
