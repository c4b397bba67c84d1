using System.Diagnostics;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>Waits for what other instances are told about.</summary>
public static class Eventually
{
    /// <summary>Asks again until the condition holds; fails when it does not within the time.</summary>
    public static async Task HoldsAsync(Func<Task<bool>> condition, TimeSpan within)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Stopwatch.GetElapsedTime(started).ShouldBeLessThan(within);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
