using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace CleanTenancy.Infrastructure.RateLimiting;

/// <summary>
/// A short time limit and a circuit breaker around what is asked of Redis: one that hangs costs the requests of its
/// first moments their patience, and after that none. Requests do not try again: the heartbeat does.
/// </summary>
internal sealed class RedisGuard
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline _pipeline;

    public RedisGuard(TimeProvider clock)
        : this(clock, Patience)
    {
    }

    internal RedisGuard(TimeProvider clock, TimeSpan patience) =>
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                // A late answer now and then changes nothing; where one in twenty is late, nobody waits any more. Two
                // beats that fail are enough where there are no requests.
                FailureRatio = 0.05,
                MinimumThroughput = 2,
                SamplingDuration = TimeSpan.FromSeconds(3),
                BreakDuration = TimeSpan.FromMilliseconds(500),
                StateProvider = _state,
            })
            .AddTimeout(new TimeoutStrategyOptions { Timeout = patience })
            .Build();

    public bool IsOpen => _state.CircuitState is not CircuitState.Closed;

    /// <returns>Never throws: what went wrong is the outcome's.</returns>
    public ValueTask<Outcome<T>> AskAsync<T, TState>(Func<TState, Task<T>> ask, TState state)
    {
        var context = ResilienceContextPool.Shared.Get();
        return Returned(_pipeline.ExecuteOutcomeAsync(
            static async (context, s) =>
            {
                try
                {
                    // The driver does not take a token: what it answers later is nobody's.
                    return Outcome.FromResult(await s.ask(s.state).WaitAsync(context.CancellationToken));
                }
                catch (Exception failure)
                {
                    return Outcome.FromException<T>(failure);
                }
            },
            context,
            (ask, state)), context);
    }

    private static async ValueTask<Outcome<T>> Returned<T>(ValueTask<Outcome<T>> asked, ResilienceContext context)
    {
        try
        {
            return await asked;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }
}
