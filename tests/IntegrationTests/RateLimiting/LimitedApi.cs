using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Signals;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.IntegrationTests.RateLimiting;

/// <summary>An API with the limits of production, behind a proxy that vouches for addresses; tests set its clock.</summary>
public sealed class LimitedApi(TestHost host) : IAsyncLifetime
{
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.Now());

    public TestApi Api { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Api = await host.StartApiAsync(host.Api.Database, options =>
        {
            options.Settings["RateLimits:Factor"] = "1";
            options.Settings["Proxies:Known"] = "127.0.0.1";
            options.Services = services => services.AddSingleton<TimeProvider>(Clock).AddScoped<IAuditChain, Broken>();
        });
        await Api.Services.GetServices<IHostedService>().OfType<SignalListener>().Single().Listening;
    }

    public ValueTask DisposeAsync() => Api.DisposeAsync();

    /// <summary>GET /v1/audit/verify fails as nobody expected.</summary>
    internal sealed class Broken : IAuditChain
    {
        public Task<AuditChainState> VerifyAsync(int maxBreaches, int maxUnsealed, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("broken");

        public Task<bool?> HoldsAsync(long seal, byte[] head, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("broken");
    }
}

internal static class LimitSteps
{
    /// <summary>Asks so often, one after the other.</summary>
    public static async Task<List<Answer>> TimesAsync(this int times, Func<Task<Answer>> ask)
    {
        var answers = new List<Answer>(times);
        for (var i = 0; i < times; i++) answers.Add(await ask());
        return answers;
    }

    public static string? Policies(this Answer answer) => Header(answer, "RateLimit-Policy");

    public static string? Left(this Answer answer) => Header(answer, "RateLimit");

    private static string? Header(Answer answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) ? string.Join(" | ", values) : null;
}
