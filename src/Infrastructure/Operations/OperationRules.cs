using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Operations;

/// <summary>How long, how often and how many (ADR 0048).</summary>
internal sealed record OperationRules
{
    /// <summary>After so many attempts it has failed.</summary>
    public const int MaxAttempts = 5;

    /// <summary>What a process that died had claimed waits for as long.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Of all tenants together, on one instance.</summary>
    public int AtOnce { get; init; } = 2;

    /// <summary>Often enough that one beat may be lost.</summary>
    public TimeSpan Beat => Lease / 3;

    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public static OperationRules Read(IConfiguration configuration)
    {
        var (lease, atOnce) = (configuration.GetValue("Operations:LeaseSeconds", 30), configuration.GetValue("Operations:AtOnce", 2));
        if (lease < 2) throw new InvalidOperationException("Operations__LeaseSeconds is at least 2.");
        if (atOnce < 1) throw new InvalidOperationException("Operations__AtOnce is at least 1.");

        return new() { Lease = TimeSpan.FromSeconds(lease), AtOnce = atOnce };
    }

    /// <summary>After the attempt of this number, before the next.</summary>
    public static TimeSpan DelayAfter(int attempt) => TimeSpan.FromSeconds(10 * Math.Pow(2, attempt - 1));
}
