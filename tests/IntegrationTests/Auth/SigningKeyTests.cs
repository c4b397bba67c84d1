using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Security;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Auth;

/// <summary>Keys that are changed while the old ones still hold, and published before they sign.</summary>
public sealed class SigningKeyTests(TestHost host)
{
    private const string Path = "/.well-known/jwks.json";

    [Fact]
    public async Task The_published_key_verifies_a_token_on_every_host()
    {
        var tenant = await host.NewTenantAsync();
        var token = (await tenant.OwnerAsync()).Token!;

        foreach (var client in new[] { tenant.Anonymous, host.Api.Platform })
        {
            var answer = (await client.GetAsync(Path)).ShouldBe(HttpStatusCode.OK);
            (answer.MediaType, answer.Headers.CacheControl!.ToString()).ShouldBe(("application/jwk-set+json", "public, max-age=300"));
            var key = answer.Body!["keys"]!.AsArray().Single(k => k!["kid"]!.GetValue<string>() == Kid(token))!.AsObject();
            key.Select(member => member.Key).ShouldBe(["kty", "crv", "x", "y", "use", "alg", "kid"]);
            (key["kty"]!.ToString(), key["crv"]!.ToString(), key["use"]!.ToString(), key["alg"]!.ToString())
                .ShouldBe(("EC", "P-256", "sig", "ES256"));
            using var published = ECDsa.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = Bytes(key["x"]!.ToString()), Y = Bytes(key["y"]!.ToString()) },
            });
            var signed = token[..token.LastIndexOf('.')];
            published.VerifyData(Encoding.ASCII.GetBytes(signed), Bytes(token[(signed.Length + 1)..]), HashAlgorithmName.SHA256)
                .ShouldBeTrue();
        }

        (await host.Api.Client("nobody.localhost").GetAsync(Path)).ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");
    }

    [Fact]
    public async Task A_rotation_under_load_refuses_nobody()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.Now());
        var database = await host.Postgres.NewDatabaseAsync();
        await using var one = await StartAsync(database, clock);
        await using var two = await StartAsync(database, clock);
        var tenant = await one.NewTenantAsync();
        var (kids, errors, stop) = (new ConcurrentDictionary<string, int>(), new ConcurrentBag<string>(), false);
        var rounds = new int[4];
        var load = Enumerable.Range(0, rounds.Length)
            .Select(n => Task.Run(() => WorkAsync(n, n % 2 == 0 ? (one, two) : (two, one)))).ToArray();

        await PassAsync(TimeSpan.FromMinutes(2));
        var first = kids.Keys.Single();
        var second = await RotateAsync(one, clock);
        await PassAsync(TimeSpan.FromMinutes(9));
        kids.Keys.ShouldBe([first]);
        foreach (var api in new[] { one, two }) (await PublishedAsync(api)).ShouldBe([second.Id, first]);
        await PassAsync(TimeSpan.FromMinutes(15));
        kids.Keys.ShouldBe([first, second.Id], ignoreOrder: true);
        (await RotateAsync(one, clock)).Retired.ShouldBe(0);
        await PassAsync(SigningKeyStore.Overlap);
        var third = (await PublishedAsync(one))[0];
        (await RotateAsync(two, clock)).Retired.ShouldBe(1);
        await PassAsync(TimeSpan.FromMinutes(16));
        foreach (var api in new[] { one, two }) (await PublishedAsync(api)).ShouldNotContain(first);
        Volatile.Write(ref stop, true);
        await Task.WhenAll(load);

        errors.ShouldBeEmpty();
        kids.Count.ShouldBe(4);
        kids.Keys.ShouldContain(third);
        rounds.Sum().ShouldBeGreaterThan(500);

        // Half a minute of the clock for two rounds of everybody: nobody is late because the machine is busy.
        async Task PassAsync(TimeSpan time)
        {
            for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(30))
            {
                clock.Advance(TimeSpan.FromSeconds(30));
                var before = rounds.ToArray();
                await Eventually.HoldsAsync(
                    () => Task.FromResult(before.Zip(rounds).All(n => n.Second >= n.First + 2)), TimeSpan.FromSeconds(20));
            }
        }

        async Task WorkAsync(int worker, (TestApi Signs, TestApi Reads) at)
        {
            var (pair, since) = ((await at.Signs.Client(tenant.Host).SignInAsync(tenant.Email(BuiltInRoles.Viewer))), clock.GetUtcNow());
            while (!Volatile.Read(ref stop))
            {
                kids.TryAdd(Kid(pair.AccessToken()), 0);
                foreach (var api in new[] { at.Reads, at.Signs })
                    Check(await api.Client(tenant.Host, pair.AccessToken()).GetAsync("/v1/me"));
                if (clock.GetUtcNow() - since >= TimeSpan.FromMinutes(4))
                {
                    var next = await at.Signs.Client(tenant.Host).RefreshAsync(pair.RefreshToken());
                    Check(next);
                    (pair, since) = (next, clock.GetUtcNow());
                }

                Interlocked.Increment(ref rounds[worker]);
            }

            void Check(Answer answer)
            {
                if (answer.Status != HttpStatusCode.OK) errors.Add($"{clock.GetUtcNow():T} {answer.Status} {answer.Code}");
            }
        }
    }

    [Fact]
    public async Task What_a_retired_key_signed_is_good_no_longer()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.Now());
        await using var api = await StartAsync(await host.Postgres.NewDatabaseAsync(), clock);
        var tenant = await api.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        await RotateAsync(api, clock);
        await api.ExecuteAsync("update signing_keys set retired_at = now() where kid = $1", Kid(owner.Token!));
        clock.Advance(SigningKeys.ReadEvery);

        await Eventually.HoldsAsync(
            async () => (await owner.GetAsync("/v1/me")).Status == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(2));
        // The only one left signs, though its time has not come.
        (await (await tenant.OwnerAsync()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_unknown_key_is_looked_for_once_in_ten_seconds()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.Now());
        await using var api = await StartAsync(await host.Postgres.NewDatabaseAsync(), clock);
        var keys = api.Services.GetRequiredService<SigningKeys>();
        var before = keys.Current;
        (await keys.LearnAsync("0123")).ShouldBeFalse();
        var added = await RotateAsync(api, clock);

        (await keys.LearnAsync(added.Id)).ShouldBeFalse();
        keys.Current.ShouldBeSameAs(before);
        clock.Advance(SigningKeys.AskedEvery);
        (await keys.LearnAsync(added.Id)).ShouldBeTrue();
        keys.Current.Find(Kid((await (await api.NewTenantAsync()).OwnerAsync()).Token!)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_token_of_a_key_that_another_instance_made_is_taken_at_once()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.Now());
        await using var api = await StartAsync(await host.Postgres.NewDatabaseAsync(), clock);
        var tenant = await api.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var rotated = await RotateAsync(api, clock);
        var pkcs8 = await api.QueryAsync<byte[]>("select private_key from signing_keys where kid = $1", rotated.Id);
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        var other = await api.NewTenantAsync();
        var forge = new AccessTokenTests.Forge(tenant, other, owner.Token!, owner.Token!, key, rotated.Id);

        (await owner.With(forge.Sign(forge.Header, forge.Claims())).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Run_twice_the_command_adds_one_key()
    {
        var database = await host.Postgres.NewDatabaseAsync();
        var platform = host.Postgres.ConnectionString(database, "platform_role");
        var settings = new Dictionary<string, string?> { ["ConnectionStrings:Platform"] = platform };
        await using var output = new StringWriter();

        for (var n = 0; n < 2; n++)
            (await RotateSigningKeyCommand.RunAsync(
                new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), TimeProvider.System, output,
                TestContext.Current.CancellationToken)).ShouldBe(0);

        output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
        output.ToString().ShouldContain("was there already");
        await using var source = NpgsqlDataSource.Create(platform);
        (await SigningKeyStore.ReadAsync(source, TestContext.Current.CancellationToken)).ShouldHaveSingleItem();
        settings["Jwt:SigningKey"] = "-----BEGIN PRIVATE KEY-----";
        (await Should.ThrowAsync<InvalidOperationException>(RotateSigningKeyCommand.RunAsync(
            new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), TimeProvider.System, output,
            TestContext.Current.CancellationToken))).Message.ShouldContain("Jwt__SigningKey");
    }

    [Fact]
    public async Task Of_several_keys_in_the_configuration_the_first_signs_and_all_verify()
    {
        using var first = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var second = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var third = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string[] blocks =
        [
            first.ExportPkcs8PrivateKeyPem(), second.ExportECPrivateKeyPem(), third.ExportSubjectPublicKeyInfoPem(),
        ];
        await using var api = await host.StartApiAsync(
            host.Api.Database, options => options.Settings["Jwt:SigningKey"] = string.Join('\n', blocks));
        var tenant = await api.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var kids = await PublishedAsync(api);

        kids.Length.ShouldBe(3);
        Kid(owner.Token!).ShouldBe(kids[0]);
        (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        var forge = new AccessTokenTests.Forge(tenant, tenant, owner.Token!, owner.Token!, second, kids[1]);
        (await owner.With(forge.Sign(forge.Header, forge.Claims())).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        Should.Throw<ArgumentException>(() => SigningKeys.FromPem("nothing", TimeProvider.System));
    }

    [Fact]
    public async Task A_key_put_in_front_of_the_configured_one_locks_no_authenticator_app_out()
    {
        using var old = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var young = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var retired = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var (one, owner) = (old.ExportPkcs8PrivateKeyPem(), Answers.RandomId());
        var (secret, cancelled) = (RandomNumberGenerator.GetBytes(20), TestContext.Current.CancellationToken);
        using var before = Box(one);
        using var after = Box(
            string.Join('\n', young.ExportPkcs8PrivateKeyPem(), one, retired.ExportSubjectPublicKeyInfoPem()));
        using var without = Box(young.ExportPkcs8PrivateKeyPem());
        var box = await before.SealAsync(secret, owner, cancelled);

        (await after.OpenAsync(box, owner, cancelled)).ShouldBe(secret);
        await Should.ThrowAsync<CryptographicException>(async () => await without.OpenAsync(box, owner, cancelled));

        SecretBox Box(string pem) => new(
            host.Api.Services.GetRequiredKeyedService<NpgsqlDataSource>(Infrastructure.DependencyInjection.Platform),
            new ConfigurationBuilder().AddInMemoryCollection([new("Jwt:SigningKey", pem)]).Build());
    }

    private Task<TestApi> StartAsync(string database, FakeTimeProvider clock) => host.StartApiAsync(
        database, options => options.Services = services => services.AddSingleton<TimeProvider>(clock));

    private async Task<KeyRotation> RotateAsync(TestApi api, FakeTimeProvider clock)
    {
        await using var platform = NpgsqlDataSource.Create(host.Postgres.ConnectionString(api.Database, "platform_role"));
        return await SigningKeyStore.RotateAsync(
            platform, SigningKeys.Make, clock.GetUtcNow(), TestContext.Current.CancellationToken);
    }

    private static async Task<string[]> PublishedAsync(TestApi api) =>
        [.. (await api.Platform.GetAsync(Path)).Body!["keys"]!.AsArray().Select(key => key!["kid"]!.GetValue<string>())];

    private static string Kid(string token) => AuthSteps.Part(token, 0)["kid"]!.GetValue<string>();

    private static byte[] Bytes(string text) => WebEncoders.Base64UrlDecode(text);
}
