using System.Net;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.IntegrationTests.Auth;

/// <summary>An API with the limits of production, behind a proxy that vouches for addresses.</summary>
public sealed class ThrottledApi(TestHost host) : IAsyncLifetime
{
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    /// <summary>Passwords that were hashed.</summary>
    public int Verified => _passwords!.Verified;

    private CountingPasswords? _passwords;

    public TestApi Api { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Api = await host.StartApiAsync(host.Api.Database, options =>
    {
        options.Settings["Throttle:Factor"] = "1";
        options.Settings["Proxies:Known"] = "127.0.0.1";
        options.Services = services =>
        {
            services.AddSingleton<TimeProvider>(Clock);
            var inner = services.Last(service => service.ServiceType == typeof(IPasswords));
            services.AddSingleton<IPasswords>(provider => _passwords = new CountingPasswords(
                (IPasswords)ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!)));
        };
    });

    public ValueTask DisposeAsync() => Api.DisposeAsync();

    private sealed class CountingPasswords(IPasswords inner) : IPasswords
    {
        private int _verified;

        public int Verified => _verified;

        public Task<string> HashAsync(string password, CancellationToken cancellationToken) =>
            inner.HashAsync(password, cancellationToken);

        public Task<PasswordVerdict> VerifyAsync(string? hash, string password, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _verified);
            return inner.VerifyAsync(hash, password, cancellationToken);
        }
    }
}

public sealed class ThrottlingTests(ThrottledApi throttled) : IClassFixture<ThrottledApi>
{
    private const string Wrong = "wrong-horse-battery", Home = "203.0.113.7";

    [Fact]
    public async Task The_eleventh_guess_from_one_address_waits_before_it_is_hashed_and_says_how_long()
    {
        var tenant = await throttled.Api.NewTenantAsync();
        for (var i = 0; i < 10; i++)
            (await SignInAsync(tenant, "198.51.100.1", Wrong)).ShouldBe(HttpStatusCode.Unauthorized);
        var (hashed, before) = (throttled.Verified, await tenant.TraceAsync());

        var limited = await SignInAsync(tenant, "198.51.100.1", TestHost.Password);

        limited.ShouldBeProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        (limited.Get<string>("policy"), limited.Get<int>("limit"), limited.Get<int>("window")).ShouldBe(("account_address", 10, 900));
        limited.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromMinutes(15));
        throttled.Verified.ShouldBe(hashed);
        (await tenant.TraceAsync()).ShouldBe(before);
        throttled.Clock.Advance(TimeSpan.FromMinutes(15));
        (await SignInAsync(tenant, "198.51.100.1", TestHost.Password)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Known_and_unknown_accounts_are_limited_alike()
    {
        var tenant = await throttled.Api.NewTenantAsync();
        Task<Answer> Try(string email) => SignInAsync(tenant, "198.51.100.2", Wrong, email);

        for (var i = 0; i < 10; i++)
        {
            var (guess, nobody) = (await Try(tenant.Email(BuiltInRoles.Viewer)), await Try("nobody@example.test"));
            guess.Indistinct().ShouldBe(nobody.Indistinct());
        }

        var (known, unknown) = (await Try(tenant.Email(BuiltInRoles.Viewer)), await Try("nobody@example.test"));
        known.ShouldBeProblem(HttpStatusCode.TooManyRequests, "rate_limited").Indistinct().ShouldBe(unknown.Indistinct());
    }

    [Fact]
    public async Task An_attacker_from_many_addresses_is_stopped_and_the_owner_at_home_is_not()
    {
        var tenant = await throttled.Api.NewTenantAsync();
        (await SignInAsync(tenant, Home, TestHost.Password)).ShouldBe(HttpStatusCode.OK);

        var guesses = new List<Answer>();
        for (var n = 0; n < 120; n += 20) // more at once would take the test server's connections from other tests
        {
            var from = n;
            guesses.AddRange(await Answers.ParallelAsync(20, i => SignInAsync(tenant, $"198.51.{from + i}.3", Wrong)));
        }


        guesses.Tally().ShouldBe("80 x 401 unauthenticated, 40 x 429 rate_limited");
        (await SignInAsync(tenant, "198.51.200.3", TestHost.Password)).ShouldBe(HttpStatusCode.TooManyRequests);
        (await SignInAsync(tenant, Home, TestHost.Password)).ShouldBe(HttpStatusCode.OK);
        // A place is forgotten after thirty days without a sign-in.
        await throttled.Api.ExecuteAsync(
            "update sessions set created_at = created_at - interval '31 days' where org_id = $1", tenant.Id.Value);
        (await SignInAsync(tenant, Home, TestHost.Password)).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Another_address_of_the_same_IPv6_network_is_the_same_place()
    {
        var tenant = await throttled.Api.NewTenantAsync();
        for (var i = 0; i < 10; i++)
            (await SignInAsync(tenant, $"2001:db8:1:2::{i:x}", Wrong)).ShouldBe(HttpStatusCode.Unauthorized);

        (await SignInAsync(tenant, "2001:db8:1:2:ffff::1", Wrong)).ShouldBe(HttpStatusCode.TooManyRequests);
        (await SignInAsync(tenant, "2001:db8:1:3::1", Wrong)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Step_up_change_and_disable_share_the_guesses_of_sign_in()
    {
        var tenant = await throttled.Api.NewTenantAsync();
        var me = await tenant.AsAsync(BuiltInRoles.Viewer);
        Task<Answer> PostAsync(string path, object body) => me.PostAsync(path, body, ("X-Forwarded-For", "198.51.100.5"));

        for (var i = 0; i < 5; i++)
        {
            (await PostAsync("/v1/auth/step-up", new { password = Wrong })).ShouldBe(HttpStatusCode.Forbidden);
            (await PostAsync("/v1/auth/password/change", new { oldPassword = Wrong, newPassword = Credentials.NewPassword }))
                .ShouldBe(HttpStatusCode.Forbidden);
        }

        (await PostAsync("/v1/auth/step-up", new { password = TestHost.Password })).ShouldBe(HttpStatusCode.TooManyRequests);
        (await PostAsync("/v1/auth/password/change", new { oldPassword = TestHost.Password, newPassword = Credentials.NewPassword }))
            .ShouldBe(HttpStatusCode.TooManyRequests);
        (await SignInAsync(tenant, "198.51.100.5", TestHost.Password)).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Codes_are_guessed_ten_times_and_a_missing_code_is_no_guess()
    {
        var tenant = await throttled.Api.NewTenantAsync();
        await (await tenant.AsAsync(BuiltInRoles.Viewer)).EnableTotpAsync(throttled.Clock.GetUtcNow());
        Task<Answer> SendAsync(string? code) => tenant.Anonymous.PostAsync(
            "/v1/auth/login", new { email = tenant.Email(BuiltInRoles.Viewer), password = TestHost.Password, code },
            ("X-Forwarded-For", "198.51.100.6"));

        for (var i = 0; i < 12; i++) (await SendAsync(null)).ShouldBeProblem(HttpStatusCode.Unauthorized, "totp_required");
        for (var i = 0; i < 10; i++) (await SendAsync("not it")).ShouldBe(HttpStatusCode.Unauthorized);

        (await SendAsync("not it")).ShouldBeProblem(HttpStatusCode.TooManyRequests, "rate_limited");
    }

    [Fact]
    public async Task Five_links_an_hour_for_known_and_unknown_alike()
    {
        var tenant = await throttled.Api.NewTenantAsync();
        Task<Answer> Ask(string email, int i) => tenant.Anonymous.PostAsync(
            "/v1/auth/password/forgot", new { email }, ("X-Forwarded-For", $"198.52.{i}.1"));

        foreach (var email in new[] { tenant.Email(BuiltInRoles.Viewer), "nobody@example.test" })
        {
            for (var i = 0; i < 5; i++) (await Ask(email, i)).ShouldBe(HttpStatusCode.NoContent);
            (await Ask(email, 6)).ShouldBeProblem(HttpStatusCode.TooManyRequests, "rate_limited").Get<string>("policy").ShouldBe("account");
        }

        (await tenant.MailsToAsync(tenant.Email(BuiltInRoles.Viewer))).Count.ShouldBe(5);
    }

    [Fact]
    public async Task Tokens_are_guessed_thirty_times_from_one_address()
    {
        var tenant = await throttled.Api.NewTenantAsync();
        var answers = await Answers.ParallelAsync(32, _ => tenant.Anonymous.PostAsync(
            "/v1/auth/password/reset", new { token = new string('A', 43), newPassword = Credentials.NewPassword },
            ("X-Forwarded-For", "198.53.0.1")));

        answers.Tally().ShouldBe("30 x 400 invalid_token, 2 x 429 rate_limited");
    }

    [Fact]
    public async Task Operators_are_limited_too()
    {
        var email = await throttled.Api.NewOperatorAsync();
        Task<Answer> Try(string password) => throttled.Api.Platform.PostAsync(
            "/v1/platform/auth/login", new { email, password }, ("X-Forwarded-For", "198.54.0.1"));

        for (var i = 0; i < 10; i++) (await Try(Wrong)).ShouldBe(HttpStatusCode.Unauthorized);

        (await Try(TestHost.Password)).ShouldBeProblem(HttpStatusCode.TooManyRequests, "rate_limited");
    }

    private static Task<Answer> SignInAsync(TestTenant tenant, string address, string password, string? email = null) =>
        tenant.Anonymous.PostAsync(
            "/v1/auth/login", new { email = email ?? tenant.Email(BuiltInRoles.Viewer), password }, ("X-Forwarded-For", address));
}
