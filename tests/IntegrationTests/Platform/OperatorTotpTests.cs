using System.Net;
using CleanTenancy.Domain.Members;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.IntegrationTests.Platform;

/// <summary>An API whose operators need an authenticator app, as everywhere but in development.</summary>
public sealed class StrictApi(TestHost host) : IAsyncLifetime
{
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public TestApi Api { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Api = await host.StartApiAsync(host.Api.Database, options =>
    {
        options.Settings["Platform:RequireTotp"] = null;
        options.Services = services => services.AddSingleton<TimeProvider>(Clock);
    });

    /// <summary>What the command on the server prints.</summary>
    public async Task<(int Exit, string Output)> RunAsync(params string[] args)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Owner"] = host.Postgres.ConnectionString(Api.Database, "cleantenancy_migrator"),
        }).Build();
        await using var output = new StringWriter();
        return (await OperatorCommand.RunAsync(configuration, args, output, TestContext.Current.CancellationToken), output.ToString());
    }

    public ValueTask DisposeAsync() => Api.DisposeAsync();
}

public sealed class OperatorTotpTests(StrictApi strict) : IClassFixture<StrictApi>
{
    private const string Login = "/v1/platform/auth/login";

    [Fact]
    public async Task Without_an_app_an_operator_is_refused_after_the_password_and_not_before()
    {
        var email = await strict.Api.NewOperatorAsync();

        (await SignInAsync(email, TestHost.Password)).ShouldBeProblem(HttpStatusCode.Forbidden, "totp_enrollment_required");
        (await SignInAsync(email, TestHost.Password, "123456")).ShouldBeProblem(HttpStatusCode.Forbidden, "totp_enrollment_required");
        (await SignInAsync(email, "wrong-horse-battery")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await SessionsAsync(email)).ShouldBe(0);
    }

    [Fact]
    public async Task Who_was_added_on_the_server_signs_in_with_what_was_printed_once()
    {
        var (email, password, secret) = await AddAsync();

        (await SignInAsync(email, password)).ShouldBeProblem(HttpStatusCode.Unauthorized, "totp_required");
        (await SignInAsync(email, password, "000000")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await SignInAsync(email, "wrong-horse-battery", Code(secret))).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await SessionsAsync(email)).ShouldBe(0);

        (await Answers.ParallelAsync(6, _ => SignInAsync(email, password, Code(secret)))).Tally()
            .ShouldBe("1 x 200, 5 x 401 unauthenticated");
        strict.Clock.Advance(TimeSpan.FromSeconds(60));
        var again = await SignInAsync(email, password, Code(secret));
        (await strict.Api.Platform.With(again.ShouldBe(HttpStatusCode.OK).Get<string>("accessToken")).GetAsync("/v1/platform/isolation"))
            .ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task New_credentials_replace_the_old_ones_and_end_the_sessions()
    {
        var (email, password, secret) = await AddAsync();
        var client = strict.Api.Platform.With(
            (await SignInAsync(email, password, Code(secret))).ShouldBe(HttpStatusCode.OK).Get<string>("accessToken"));

        var (exit, output) = await strict.RunAsync("reset", email);

        exit.ShouldBe(0, output);
        strict.Clock.Advance(TimeSpan.FromSeconds(60));
        (await client.GetAsync("/v1/platform/isolation")).ShouldBe(HttpStatusCode.Unauthorized);
        (await SignInAsync(email, password, Code(secret))).ShouldBe(HttpStatusCode.Unauthorized);
        (await SignInAsync(email, Read(output, "password"), Code(SecretIn(output)))).ShouldBe(HttpStatusCode.OK);
        (await strict.Api.QueryAsync<string[]>(
            """
            select array_agg(l.action::text order by l.id) from platform_audit_logs l
            join platform_operators o on o.id = l.operator_id where o.email = $1 and l.actor_kind = 'system'
            """,
            email)).ShouldBe(["operator.added", "operator.credentials_replaced"]);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(2, "add")]
    [InlineData(2, "add", "no address")]
    [InlineData(2, "remove", "a@b.test")]
    [InlineData(1, "reset", "nobody@platform.test")]
    public async Task What_makes_no_sense_does_nothing(int exit, params string[] args) =>
        (await strict.RunAsync(args)).Exit.ShouldBe(exit);

    [Fact]
    public async Task Who_is_there_is_not_added_again()
    {
        var (email, password, secret) = await AddAsync();

        (await strict.RunAsync("add", email.ToUpperInvariant())).Exit.ShouldBe(1);

        (await SignInAsync(email, password, Code(secret))).ShouldBe(HttpStatusCode.OK);
    }

    private async Task<(string Email, string Password, byte[] Secret)> AddAsync()
    {
        var email = $"added-{Answers.RandomId():N}@platform.test";
        var (exit, output) = await strict.RunAsync("add", email, "Ann");
        exit.ShouldBe(0, output);
        return (email, Read(output, "password"), SecretIn(output));
    }

    private static byte[] SecretIn(string output) => Credentials.FromBase32(Read(output, "secret"));

    private static string Read(string output, string name) =>
        output.Split('\n').Single(line => line.StartsWith($"{name} ", StringComparison.Ordinal))[10..].Trim();

    private string Code(byte[] secret) => Totp.Code(secret, Totp.StepAt(strict.Clock.GetUtcNow()));

    private Task<Answer> SignInAsync(string email, string password, string? code = null) =>
        strict.Api.Platform.PostAsync(Login, new { email, password, code });

    private Task<long> SessionsAsync(string email) => strict.Api.QueryAsync<long>(
        "select count(*) from operator_sessions s join platform_operators o on o.id = s.operator_id where o.email = $1", email);
}
