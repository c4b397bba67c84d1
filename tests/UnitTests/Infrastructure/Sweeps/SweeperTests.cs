using System.Threading.Channels;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Sweeps;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace CleanTenancy.UnitTests.Infrastructure.Sweeps;

public sealed class SweeperTests
{
    /// <summary>A time limit inside a sweep is a cancellation too, and nobody has asked the program to stop.</summary>
    [Theory]
    [InlineData(typeof(TaskCanceledException))]
    [InlineData(typeof(InvalidOperationException))]
    public async Task A_sweep_that_fails_is_tried_again_at_its_next_time(Type failure)
    {
        var (clock, turns) = (new FakeTimeProvider(), Channel.CreateUnbounded<bool>());
        var sweep = new Sweep("failing", TimeSpan.FromMinutes(1), (_, _) =>
        {
            turns.Writer.TryWrite(true);
            throw (Exception)Activator.CreateInstance(failure)!;
        });
        await using var services = new ServiceCollection()
            .AddScoped<ISystemCaller, System>()
            .AddScoped<ISender, Nobody>()
            .BuildServiceProvider();
        using var sweeper = new Sweeper(
            [sweep], services.GetRequiredService<IServiceScopeFactory>(), new ConfigurationBuilder().Build(), clock,
            NullLogger<Sweeper>.Instance);

        await sweeper.StartAsync(TestContext.Current.CancellationToken);
        for (var turn = 0; turn < 3; turn++)
        {
            await turns.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            sweeper.ExecuteTask!.IsCompleted.ShouldBeFalse();
            clock.Advance(sweep.Every);
        }

        await sweeper.StopAsync(TestContext.Current.CancellationToken);
        sweeper.ExecuteTask!.IsCompleted.ShouldBeTrue();
    }

    /// <summary>The sweep fails before it sends.</summary>
    private sealed class Nobody : ISender
    {
        public Task<Result<T>> Send<T>(IGuardedRequest<T> request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    private sealed class System : ISystemCaller
    {
        public void BecomeSystem()
        {
        }
    }
}
