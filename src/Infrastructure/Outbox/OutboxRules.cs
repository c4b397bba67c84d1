using System.Security.Cryptography;
using CleanTenancy.Application.Common.Ports;
using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Outbox;

/// <summary>How long, how often and how many (ADR 0033).</summary>
internal sealed record OutboxRules
{
    /// <summary>After so many attempts a message is dead.</summary>
    public const int MaxAttempts = 12;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(5), LongestDelay = TimeSpan.FromHours(1);

    /// <summary>While the other side is not reached at all, a message lives this long (RFC 5321, 4.5.4.1).</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromDays(4);

    /// <summary>For one attempt.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Longer than an attempt may take: what a process that died had claimed waits for as long.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(90);

    /// <exception cref="InvalidOperationException">Outbox__LeaseSeconds is below two.</exception>
    public static OutboxRules Read(IConfiguration configuration)
    {
        var lease = TimeSpan.FromSeconds(configuration.GetValue("Outbox:LeaseSeconds", 90));
        return lease >= TimeSpan.FromSeconds(2)
            ? new() { Lease = lease, Timeout = lease / 2 }
            : throw new InvalidOperationException("Outbox__LeaseSeconds is at least 2.");
    }

    /// <summary>After the attempt of this number: doubled each time, and spread by a fifth up and down.</summary>
    public static TimeSpan DelayAfter(int attempt)
    {
        var delay = Math.Min(
            FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(attempt, 30) - 1), LongestDelay.TotalSeconds);
        return TimeSpan.FromSeconds(delay * RandomNumberGenerator.GetInt32(800, 1201) / 1000);
    }

    public static bool IsDead(DeliveryFault fault, int attempt, TimeSpan age) => fault switch
    {
        DeliveryFault.Final => true,
        DeliveryFault.Unreachable => age >= Patience,
        DeliveryFault.Passing => attempt >= MaxAttempts,
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
