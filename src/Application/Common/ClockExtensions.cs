namespace CleanTenancy.Application.Common;

public static class ClockExtensions
{
    /// <summary>Now, to the microsecond: what PostgreSQL keeps, so that an answer and its row agree.</summary>
    public static DateTimeOffset Now(this TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }
}
