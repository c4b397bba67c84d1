using CleanTenancy.Domain.Members;
using CleanTenancy.Infrastructure.Security;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>Every endpoint with everything but its own caller's token.</summary>
public sealed class HttpTokenTests(TestHost host)
{
    /// <summary>Null is no header at all.</summary>
    private static readonly string?[] NoCredentials =
    [
        null, "", "Bearer", "Bearer ", "Basic b3duZXI6b3duZXI=", "Digest username=\"owner\"", "Negotiate YII=",
        "Bearer garbage", "Bearer a.b.c", "Bearer null", "%00",
    ];

    [Fact]
    public async Task Without_credentials_only_public_endpoints_answer()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, no credentials");
        foreach (var target in arena.Targets)
        {
            var shot = await arena.ShotAsync(target, arena.A, await arena.AnyIdsAsync(target, arena.A));
            HttpReply? first = null;
            foreach (var authorization in NoCredentials)
            {
                if (target.IsPublic && target.Body is not null) // what it takes is good once
                    shot = await arena.ShotAsync(target, arena.A);
                var what = $"Authorization '{authorization ?? "(none)"}'";
                var reply = await arena.FireAsync(target, what, shot with { Authorization = authorization });
                if (target.IsPublic) arena.Check(reply.Status != 401, target, what, "an answer", reply);
                else CheckRefused(arena, target, what, reply, first ??= reply);
            }

            block.Count(target.Name, NoCredentials.Length);
            await arena.CheckBAsync(target.Name);
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task Tokens_that_are_almost_right_open_nothing()
    {
        var arena = await HttpArena.SetAsync(host);
        var corpus = await CorpusAsync(arena);
        var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
        using var block = Tally.Start("HTTP, token corpus");
        foreach (var target in arena.Guarded)
        {
            var shot = await arena.ShotAsync(target, arena.A, await arena.AnyIdsAsync(target, arena.A));
            var none = await arena.FireAsync(target, "no token", shot);
            await Parallel.ForEachAsync(
                corpus,
                new ParallelOptions { MaxDegreeOfParallelism = 4 },
                async (token, _) => CheckRefused(
                    arena, target, token.Key, await arena.FireAsync(target, token.Key, shot.As(token.Value)), none));
            block.Count(target.Name, corpus.Count);
            await arena.CheckBAsync(target.Name);
            await arena.CheckUnchangedAsync(arena.A, before, target, "the corpus");
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task Another_tenants_token_is_as_good_as_one_of_no_tenant()
    {
        var arena = await HttpArena.SetAsync(host);
        var nobodys = AccessTokenTests.Corpus["wrong audience"](Forge(arena, arena.Token));
        var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
        using var block = Tally.Start("HTTP, another tenant's token");
        foreach (var target in arena.Guarded)
        {
            var shot = await arena.ShotAsync(target, arena.A, await arena.AnyIdsAsync(target, arena.A));
            var of = await arena.FireAsync(target, "no tenant's token", shot.As(nobodys));
            foreach (var (role, token) in arena.TokensOfB)
            {
                var reply = await arena.FireAsync(target, $"B's {role}", shot.As(token));
                CheckRefused(arena, target, $"B's {role}", reply, of);
                block.Count(target.Name);
            }

            await arena.CheckBAsync(target.Name);
            await arena.CheckUnchangedAsync(arena.A, before, target, "B's tokens");
        }

        // B's people cannot sign in here either, nor stay signed in.
        foreach (var target in arena.OfTenants.Where(target => target is { IsPublic: true, Body: not null }))
        {
            var body = (await arena.BodyAsync(target, arena.B)).ToJsonString();
            var shot = (await arena.ShotAsync(target, arena.A)).WithBody(body);
            var reply = await arena.FireAsync(target, "B's person", shot);
            var (status, code) = target.Request!.Request.Name switch
            {
                "ForgotPassword" => (204, null),
                "ResetPassword" or "AcceptInvitation" => (400, "invalid_token"),
                _ => (401, "unauthenticated"),
            };
            arena.Check(
                reply.Status == status && reply.Code == code, target, "B's person", $"{status} {code}", reply);
            block.Count(target.Name);
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task The_platform_takes_no_tenants_token_and_tenants_take_no_operators()
    {
        var arena = await HttpArena.SetAsync(host);
        var tokens = new Dictionary<string, string>();
        foreach (var role in BuiltInRoles.All.Keys) tokens[role] = (await arena.A.AsAsync(role)).Token!;
        var @operator = await arena.OperatorAsync();
        using var block = Tally.Start("HTTP, tokens of the other kind");
        foreach (var target in arena.Targets.Where(target => target.Request is { IsPublic: false }))
        {
            var shot = await arena.ShotAsync(target, arena.A, await arena.AnyIdsAsync(target, arena.A));
            if (target.IsPlatform)
                foreach (var (role, token) in tokens) await FireAsync(shot.As(token), $"a tenant's {role}");
            else if (@operator is not null)
                await FireAsync(shot.As(@operator), "an operator");
            // Each on the host that is not its own: there the route is unknown, whoever asks.
            var elsewhere = shot with { Host = target.IsPlatform ? arena.A.Host : "localhost" };
            var reply = await arena.FireAsync(target, "on the other host", elsewhere.As(arena.Token));
            arena.Check(reply.Code == "not_found", target, "on the other host", "404", reply);
            block.Count(target.Name);

            async Task FireAsync(HttpShot signed, string what)
            {
                var refused = await arena.FireAsync(target, what, signed);
                CheckRefused(arena, target, what, refused, refused);
                block.Count(target.Name);
            }
        }

        await arena.HoldsAsync(block);
    }

    private static void CheckRefused(HttpArena arena, HttpTarget target, string what, HttpReply reply, HttpReply like)
    {
        arena.Check(
            reply is { Status: 401, Code: "unauthenticated", IsProblem: true }
                && reply.Header("WWW-Authenticate") == "Bearer",
            target, what, "401 unauthenticated", reply);
        arena.CheckSame(target, what, reply, like);
    }

    private static AccessTokenTests.Forge Forge(HttpArena arena, string token)
    {
        var key = arena.Api.Services.GetRequiredService<SigningKeys>().All[0];
        return new(arena.A, arena.B, token, arena.TokensOfB[BuiltInRoles.SuperAdmin], key.ECDsa, key.KeyId);
    }

    /// <summary>Keys that are almost right: each was good, or differs from a good one in one letter.</summary>
    private async Task AddKeysAsync(HttpArena arena, Dictionary<string, string> corpus)
    {
        var good = await KeyAsync(arena.A, "good");
        corpus["key of another tenant"] = await KeyAsync(await arena.Api.NewTenantAsync(), "foreign");
        corpus["key revoked"] = await KeyAsync(arena.A, "revoked");
        corpus["key expired"] = await KeyAsync(arena.A, "expired");
        await arena.Api.ExecuteAsync(
            "update api_keys set revoked_at = now() where org_id = $1 and name = 'revoked'", arena.A.Id.Value);
        await arena.Api.ExecuteAsync(
            "update api_keys set expires_at = now() where org_id = $1 and name = 'expired'", arena.A.Id.Value);
        corpus["key with another secret"] = good[..30] + (good[30] == 'x' ? 'y' : 'x') + good[31..];
        corpus["key with its last letter changed"] = good[..^1] + (char)(good[^1] + 1);
        corpus["key with another prefix"] = good[..5] + (good[5] == 'x' ? 'y' : 'x') + good[6..];
        corpus["key cut off"] = good[..^1];
        corpus["key with more behind"] = good + "A";
        corpus["key in capitals"] = good.ToUpperInvariant();
        corpus["mark of a key alone"] = "ct_";

        static async Task<string> KeyAsync(TestTenant tenant, string name) =>
            (await (await tenant.OwnerAsync()).PostAsync(
                "/v1/api-keys", new { name, permissions = Permissions.Catalogue })).Get<string>("secret");
    }

    /// <summary>The corpus of the token tests, and tokens that were good until their rows changed.</summary>
    private async Task<Dictionary<string, string>> CorpusAsync(HttpArena arena)
    {
        var (forge, tenant) = (Forge(arena, arena.Token), arena.A);
        var corpus = AccessTokenTests.Corpus.ToDictionary(entry => entry.Key, entry => entry.Value(forge));
        foreach (var audience in new[] { "platform", "operators", "operator", "cleantenancy:platform", "*", "" })
            corpus[$"audience '{audience}'"] = forge.Sign(forge.Header, forge.Claims(audience: $"\"{audience}\""));
        corpus["a refresh token"] = (await tenant.SignedInAsync(BuiltInRoles.SuperAdmin)).RefreshToken();
        corpus["session revoked"] = (await tenant.OwnerAsync()).Token!;
        await ChangeAsync("update sessions set revoked_at = now() where org_id = $1 and id = $2", "session revoked");
        corpus["session expired"] = (await tenant.OwnerAsync()).Token!;
        await ChangeAsync("update sessions set expires_at = now() where org_id = $1 and id = $2", "session expired");
        corpus["person suspended"] = (await tenant.AsAsync(BuiltInRoles.Viewer)).Token!;
        await ChangeAsync(
            """
            update users set status = 'suspended' where org_id = $1
              and id = (select user_id from sessions where org_id = $1 and id = $2)
            """,
            "person suspended");
        corpus["person without a role"] = (await tenant.AsAsync(BuiltInRoles.Staff)).Token!;
        await ChangeAsync(
            """
            delete from user_roles where org_id = $1
              and user_id = (select user_id from sessions where org_id = $1 and id = $2)
            """,
            "person without a role");
        await AddKeysAsync(arena, corpus);
        return corpus;

        Task ChangeAsync(string sql, string token) =>
            arena.Api.ExecuteAsync(sql, tenant.Id.Value, AuthSteps.SessionOf(corpus[token]));
    }
}
