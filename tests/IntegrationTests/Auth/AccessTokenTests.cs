using System.Net;
using System.Security.Cryptography;
using System.Text;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Infrastructure.Security;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Auth;

/// <summary>Tokens that are almost right (RFC 8725, 3; RFC 9068, 4): each differs from a good one in one thing.</summary>
public sealed class AccessTokenTests(TestHost host, ClockedApi clocked) : IClassFixture<ClockedApi>
{
    internal static readonly Dictionary<string, Func<Forge, string>> Corpus = new()
    {
        ["expired beyond the skew"] = f => f.Sign(f.Header, f.Claims(expires: -31)),
        ["expired long ago"] = f => f.Sign(f.Header, f.Claims(expires: -600)),
        ["not yet valid"] = f => f.Sign(f.Header, f.Claims(from: 60)),
        ["payload tampered with"] = f => f.Swap(f.Sign(f.Header, f.Claims()), 1, f.Claims(user: f.OtherUser)),
        ["header tampered with"] = f => f.Swap(f.Sign(f.Header, f.Claims()), 0, f.Header.Replace("at+jwt", "AT+JWT", StringComparison.Ordinal)),
        ["signature tampered with"] = f => f.FlipSignature(f.Sign(f.Header, f.Claims())),
        ["signature cut off"] = f => f.Sign(f.Header, f.Claims()).Split('.') is [var h, var c, _] ? $"{h}.{c}." : "",
        ["signature as DER"] = f => f.SignDer(f.Header, f.Claims()),
        ["alg none"] = f => f.Unsigned(f.Header.Replace("ES256", "none", StringComparison.Ordinal), f.Claims()),
        ["alg None with our signature"] = f => f.Sign(f.Header.Replace("ES256", "None", StringComparison.Ordinal), f.Claims()),
        ["HS256 with the public key"] = f => f.SignHmac(f.Header.Replace("ES256", "HS256", StringComparison.Ordinal), f.Claims()),
        ["HS512 with the public key"] = f => f.SignHmac(f.Header.Replace("ES256", "HS512", StringComparison.Ordinal), f.Claims()),
        ["alg missing"] = f => f.Sign(f.Header.Replace("\"alg\":\"ES256\",", "", StringComparison.Ordinal), f.Claims()),
        ["wrong issuer"] = f => f.Sign(f.Header, f.Claims(issuer: "\"somebody\"")),
        ["no issuer"] = f => f.Sign(f.Header, f.Claims(issuer: null)),
        ["wrong audience"] = f => f.Sign(f.Header, f.Claims(audience: "\"00000000-0000-7000-8000-00000000000a\"")),
        ["audience that is no id"] = f => f.Sign(f.Header, f.Claims(audience: "\"cleantenancy\"")),
        ["no audience"] = f => f.Sign(f.Header, f.Claims(audience: null)),
        ["audience of two tenants"] = f => f.Sign(f.Header, f.Claims(audience: $"[{f.Org},{f.OtherOrg}]")),
        ["audience of two tenants, ours last"] = f => f.Sign(f.Header, f.Claims(audience: $"[{f.OtherOrg},{f.Org}]")),
        ["audience an object"] = f => f.Sign(f.Header, f.Claims(audience: $"{{\"id\":{f.Org}}}")),
        ["audience empty"] = f => f.Sign(f.Header, f.Claims(audience: "[]")),
        ["typ JWT"] = f => f.Sign(f.Header.Replace("at+jwt", "JWT", StringComparison.Ordinal), f.Claims()),
        ["no typ"] = f => f.Sign(f.Header.Replace("\"typ\":\"at+jwt\",", "", StringComparison.Ordinal), f.Claims()),
        ["no exp"] = f => f.Sign(f.Header, f.Claims(exp: null)),
        ["exp a text"] = f => f.Sign(f.Header, f.Claims(exp: "\"tomorrow\"")),
        ["exp a number in a text"] = f => f.Sign(f.Header, f.Claims(exp: $"\"{f.Now + 600}\"")),
        ["exp null"] = f => f.Sign(f.Header, f.Claims(exp: "null")),
        ["exp negative"] = f => f.Sign(f.Header, f.Claims(exp: "-1")),
        ["exp beyond all numbers"] = f => f.Sign(f.Header, f.Claims(exp: "1e400")),
        ["crit"] = f => f.Sign(f.Header.Replace("{", "{\"crit\":[\"exp\"],", StringComparison.Ordinal), f.Claims()),
        ["crit unknown"] = f => f.Sign(f.Header.Replace("{", "{\"crit\":[\"x\"],\"x\":1,", StringComparison.Ordinal), f.Claims()),
        ["aud given twice"] = f => f.Sign(f.Header, f.Claims(more: $",\"aud\":{f.OtherOrg}")),
        ["aud given twice, ours last"] = f => f.Sign(f.Header, f.Claims(audience: f.OtherOrg, more: $",\"aud\":{f.Org}")),
        ["sub given twice"] = f => f.Sign(f.Header, f.Claims(more: $",\"sub\":{f.OtherUser}")),
        ["sub of somebody else"] = f => f.Sign(f.Header, f.Claims(user: f.OtherUser)),
        ["no sub"] = f => f.Sign(f.Header, f.Claims(user: null)),
        ["sub a number"] = f => f.Sign(f.Header, f.Claims(user: "1")),
        ["no sid"] = f => f.Sign(f.Header, f.Claims(session: null)),
        ["sid unknown"] = f => f.Sign(f.Header, f.Claims(session: f.OtherUser)),
        ["sid a list of two"] = f => f.Sign(f.Header, f.Claims(session: $"[{f.Session},{f.OtherUser}]")),
        ["unknown kid"] = f => f.Sign(f.Header.Replace(f.Kid, "0123456789abcdef", StringComparison.Ordinal), f.Claims()),
        ["kid a path"] = f => f.Sign(f.Header.Replace(f.Kid, "../../../dev/null", StringComparison.Ordinal), f.Claims()),
        ["no kid, another key"] = f => f.SignWithAnotherKey(f.Header.Replace($",\"kid\":\"{f.Kid}\"", "", StringComparison.Ordinal), f.Claims()),
        ["another key with our kid"] = f => f.SignWithAnotherKey(f.Header, f.Claims()),
        ["another key in the header"] = f => f.SignWithAnotherKey(
            f.Header.Replace("{", "{\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"},", StringComparison.Ordinal), f.Claims()),
        ["claims that are no object"] = f => f.Sign(f.Header, "[]"),
        ["claims that are no JSON"] = f => f.Sign(f.Header, "{\"aud\":"),
        ["nested too deep"] = f => f.Sign(f.Header, f.Claims(more: $",\"x\":{new string('[', 200)}{new string(']', 200)}")),
        ["another tenant's"] = f => f.OtherToken,
        ["longer than any of ours"] = f => f.Sign(f.Header, f.Claims(more: $",\"x\":\"{new string('x', 3_000)}\"")),
        ["twenty thousand letters"] = _ => new string('a', 20_000),
        ["dots"] = _ => "..",
        ["encrypted"] = _ => "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
        ["empty"] = _ => "",
        ["letters that are not base64"] = f => "%%%." + f.Sign(f.Header, f.Claims()),
    };

    public static TheoryData<string> Names => [.. Corpus.Keys];

    [Fact]
    public async Task The_forge_makes_good_tokens_when_nothing_is_changed()
    {
        var forge = await ForgeAsync();

        foreach (var good in new[]
        {
            forge.Sign(forge.Header, forge.Claims()),
            forge.Sign(forge.Header, forge.Claims(expires: -20)), // within the skew
            forge.Sign(forge.Header, forge.Claims(audience: $"[{forge.Org}]")),
            forge.Sign(forge.Header, forge.Claims(more: ",\"x\":\"unknown claims are ignored\"")),
        })
            (await forge.Client.With(good).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_differs_in_one_thing_is_unauthenticated(string name)
    {
        var forge = await ForgeAsync();
        var none = await forge.Client.GetAsync("/v1/me");
        var token = Corpus[name](forge);

        // Twice: what was refused once is not remembered as good.
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Get })
        {
            var refused = await forge.Client.With(token).SendAsync(method, "/v1/me", content: null);
            refused.ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
            refused.Indistinct().ShouldBe(none.Indistinct());
        }

        (await forge.Client.With(token).PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("{0}")]
    [InlineData("Basic {0}")]
    [InlineData("DPoP {0}")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer  {0}")]
    [InlineData("Bearer {0}, Bearer {0}")]
    [InlineData("Bearer {0} {0}")]
    public async Task Only_one_bearer_token_is_one(string header)
    {
        var forge = await ForgeAsync();
        var given = header.Replace("{0}", forge.Sign(forge.Header, forge.Claims()), StringComparison.Ordinal);

        (await forge.Client.GetAsync("/v1/me", ("Authorization", given)))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Two_Authorization_headers_are_none()
    {
        var forge = await ForgeAsync();
        var token = forge.Sign(forge.Header, forge.Claims());

        var answer = await RawHttp.SendAsync(
            host.Api.Address,
            $"GET /v1/me HTTP/1.1\r\nHost: {forge.Host}\r\nAuthorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n",
            TestContext.Current.CancellationToken);

        (answer.Status, answer.Code).ShouldBe((401, "unauthenticated"));
    }

    [Fact]
    public async Task A_token_in_the_query_or_a_cookie_is_none()
    {
        var forge = await ForgeAsync();
        var token = forge.Sign(forge.Header, forge.Claims());

        (await forge.Client.GetAsync($"/v1/me?access_token={token}")).ShouldBe(HttpStatusCode.Unauthorized);
        (await forge.Client.GetAsync("/v1/me", ("Cookie", $"accessToken={token}; Authorization=Bearer {token}")))
            .ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_of_400_KB_is_refused_by_the_server_before_it_is_read()
    {
        var forge = await ForgeAsync();

        var answer = await RawHttp.SendAsync(
            host.Api.Address,
            $"GET /v1/me HTTP/1.1\r\nHost: {forge.Host}\r\nAuthorization: Bearer {new string('a', 400_000)}\r\nConnection: close\r\n\r\n",
            TestContext.Current.CancellationToken);

        answer.Status.ShouldBe(431);
    }

    [Fact]
    public async Task A_token_ends_ten_minutes_and_the_skew_after_it_was_made()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        clocked.Clock.Advance(TimeSpan.FromSeconds(629) - TimeSpan.FromMilliseconds(clocked.Clock.GetUtcNow().Millisecond));
        (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        clocked.Clock.Advance(TimeSpan.FromSeconds(1));
        (await owner.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_revoked_session_is_refused_within_thirty_seconds_even_if_nobody_says_so()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        await clocked.Api.ExecuteAsync("update sessions set revoked_at = now() where org_id = $1", tenant.Id.Value);
        clocked.Clock.Advance(TimeSpan.FromSeconds(30));

        (await owner.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task A_suspended_person_is_refused_within_thirty_seconds()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var (staff, owner) = (await tenant.AsAsync(BuiltInRoles.Staff), await tenant.OwnerAsync());
        (await staff.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        await clocked.Api.ExecuteAsync(
            "update users set status = 'suspended' where org_id = $1 and id = $2",
            tenant.Id.Value, tenant.User(BuiltInRoles.Staff).Id.Value);
        clocked.Clock.Advance(TimeSpan.FromSeconds(30));

        (await staff.GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_permission_taken_away_is_gone_within_thirty_seconds_though_the_token_is_old()
    {
        var tenant = await clocked.Api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);

        await DemoteAsync(clocked.Api, tenant);
        clocked.Clock.Advance(TimeSpan.FromSeconds(30));

        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        (await organizer.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_permission_taken_away_is_gone_at_once_when_it_is_said()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        (await organizer.PostAsync("/v1/events", Sample.Event())).ShouldBe(HttpStatusCode.Created);

        await DemoteAsync(host.Api, tenant);
        await host.Api.ExecuteAsync("select pg_notify('cleantenancy', $1)", $"session:{AuthSteps.SessionOf(organizer.Token!)}");

        await Eventually.HoldsAsync(
            async () => (await organizer.PostAsync("/v1/events", Sample.Event())).Code == "permission_denied", TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Somebody_without_any_role_is_nobody()
    {
        var tenant = await host.NewTenantAsync();
        await host.Api.ExecuteAsync("delete from user_roles where org_id = $1", tenant.Id.Value);

        (await (await tenant.OwnerAsync()).GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    private static Task DemoteAsync(TestApi api, TestTenant tenant) => api.ExecuteAsync(
        "update user_roles set role_id = (select id from roles where org_id = $1 and name = 'viewer') where org_id = $1 and user_id = $2",
        tenant.Id.Value, tenant.User(BuiltInRoles.Organizer).Id.Value);

    private async Task<Forge> ForgeAsync()
    {
        var (tenant, other) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var key = host.Api.Services.GetRequiredService<SigningKeys>().All[0];
        return new Forge(
            tenant, other, (await tenant.OwnerAsync()).Token!, (await other.OwnerAsync()).Token!, key.ECDsa, key.KeyId);
    }

    /// <summary>Signs what it is told to, with the API's own key.</summary>
    internal sealed class Forge(TestTenant tenant, TestTenant other, string token, string otherToken, ECDsa key, string kid)
    {
        public ApiClient Client => tenant.Anonymous;

        public string Host => tenant.Host;

        public long Now { get; } = TimeProvider.System.Now().ToUnixTimeSeconds();

        public string Kid => kid;

        public string Header => $$"""{"alg":"ES256","typ":"at+jwt","kid":"{{kid}}"}""";

        public string Org => $"\"{tenant.Id}\"";

        public string OtherOrg => $"\"{other.Id}\"";

        public string OtherUser => $"\"{tenant.User(BuiltInRoles.Viewer).Id}\"";

        public string Session => $"\"{AuthSteps.SessionOf(token)}\"";

        public string OtherToken => otherToken;

        /// <summary>Claims as JSON. A default is a good one, null leaves the claim out; members are JSON themselves.</summary>
        public string Claims(
            int expires = 600, int from = -1, string? issuer = "\"cleantenancy\"", string? audience = "org",
            string? exp = "", string? user = "owner", string? session = "own", string more = "")
        {
            (string Name, string? Json)[] claims =
            [
                ("iss", issuer),
                ("aud", audience == "org" ? Org : audience),
                ("sub", user == "owner" ? $"\"{tenant.User(BuiltInRoles.SuperAdmin).Id}\"" : user),
                ("sid", session == "own" ? Session : session),
                ("nbf", $"{Now + from}"),
                ("exp", exp?.Length == 0 ? $"{Now + expires}" : exp),
            ];
            return $"{{{string.Join(',', claims.Where(c => c.Json is not null).Select(c => $"\"{c.Name}\":{c.Json}"))}{more}}}";
        }

        public string Sign(string header, string claims) => Sign(header, claims, key, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

        public string SignDer(string header, string claims) => Sign(header, claims, key, DSASignatureFormat.Rfc3279DerSequence);

        public string SignWithAnotherKey(string header, string claims)
        {
            using var another = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return Sign(header, claims, another, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }

        public string SignHmac(string header, string claims)
        {
            var (signed, secret) = (Unsigned(header, claims)[..^1], Encoding.UTF8.GetBytes(key.ExportSubjectPublicKeyInfoPem()));
            var signature = header.Contains("HS512", StringComparison.Ordinal)
                ? HMACSHA512.HashData(secret, Encoding.UTF8.GetBytes(signed))
                : HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(signed));
            return $"{signed}.{WebEncoders.Base64UrlEncode(signature)}";
        }

        public string Unsigned(string header, string claims) => $"{Encode(header)}.{Encode(claims)}.";

        public string Swap(string signed, int index, string part)
        {
            var parts = signed.Split('.');
            parts[index] = Encode(part);
            return string.Join('.', parts);
        }

        public string FlipSignature(string signed)
        {
            var parts = signed.Split('.');
            var signature = WebEncoders.Base64UrlDecode(parts[2]);
            signature[10] ^= 1;
            return $"{parts[0]}.{parts[1]}.{WebEncoders.Base64UrlEncode(signature)}";
        }

        private static string Sign(string header, string claims, ECDsa with, DSASignatureFormat format)
        {
            var signed = $"{Encode(header)}.{Encode(claims)}";
            var signature = with.SignData(Encoding.UTF8.GetBytes(signed), HashAlgorithmName.SHA256, format);
            return $"{signed}.{WebEncoders.Base64UrlEncode(signature)}";
        }

        private static string Encode(string text) => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(text));
    }
}
