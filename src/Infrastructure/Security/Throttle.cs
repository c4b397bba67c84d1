using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Tenancy;
using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Security;

/// <summary>
/// Sliding windows in the memory of this instance (ADR 0028). What comes from places an account has never signed in
/// from shares windows that its owner, at a known place, does not enter: an attacker elsewhere locks nobody out.
/// </summary>
internal sealed class Throttle : IThrottle
{
    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15), Hour = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();

    private readonly Dictionary<(AttemptKind Kind, bool IsKnownPlace), Limit[]> _limits;

    public Throttle(TimeProvider clock, IConfiguration configuration)
        : this(clock, configuration.GetValue("Throttle:Factor", 1))
    {
    }

    /// <param name="factor">Multiplies all limits; 1 is what ADR 0028 is about.</param>
    internal Throttle(TimeProvider clock, int factor)
    {
        Limit Of(string policy, int most, TimeSpan window, Func<Attempt, string> key) =>
            new(policy, checked(most * factor), window, key, clock);

        string Account(Attempt a) => $"{a.Realm} {a.Account}";
        string Place(Attempt a) => $"{a.Realm} {a.Account} {a.Network}";

        // The wide ones first: what they refuse opens no window of an account.
        _limits = new()
        {
            // 80 + 20: at most 100 guesses of one account's password in any hour (NIST SP 800-63B-4, 3.2.2).
            [(AttemptKind.Proof, false)] =
            [
                Of("tenant", 300, Quarter, a => a.Realm), Of("address", 50, Quarter, a => a.Network),
                Of("account", 80, Hour, Account), Of("account_address", 10, Quarter, Place),
            ],
            [(AttemptKind.Proof, true)] =
                [Of("account", 20, Hour, Account), Of("account_address", 10, Quarter, Place)],
            [(AttemptKind.ForgottenPassword, false)] =
            [
                Of("tenant", 300, Hour, a => a.Realm), Of("address", 20, Hour, a => a.Network),
                Of("account", 5, Hour, Account),
            ],
            [(AttemptKind.ForgottenPassword, true)] = [Of("account", 5, Hour, Account)],
            [(AttemptKind.SignUp, false)] = [Of("account", 5, Hour, Account)],
            [(AttemptKind.PasswordReset, false)] =
                [Of("tenant", 1_000, Quarter, a => a.Realm), Of("address", 30, Quarter, a => a.Network)],
        };
    }

    public Error? TryEnter(Attempt attempt)
    {
        lock (_lock)
        {
            foreach (var limit in LimitsOf(attempt))
                if (limit.WaitFor(attempt) is { } wait)
                    return new Error(ErrorKind.RateLimited, "rate_limited") { RetryAfter = wait }
                        .With("policy", limit.Policy).With("limit", limit.Most)
                        .With("window", (int)limit.Window.TotalSeconds);

            foreach (var limit in LimitsOf(attempt)) limit.Count(attempt);
            return null;
        }
    }

    public void GiveBack(Attempt attempt)
    {
        lock (_lock)
            foreach (var limit in LimitsOf(attempt))
                limit.GiveBack(attempt);
    }

    public void Succeeded(Attempt attempt)
    {
        lock (_lock)
            foreach (var limit in LimitsOf(attempt))
                if (limit.Policy == "account_address") limit.Forget(attempt);
                else limit.GiveBack(attempt);
    }

    private Limit[] LimitsOf(Attempt attempt) => _limits[(attempt.Kind, attempt.IsKnownPlace)];

    /// <summary>
    /// So many within any window of so long. A cache of its own for each: filling one with accounts that do not exist
    /// empties none of the others.
    /// </summary>
    private sealed class Limit(
        string policy, int most, TimeSpan window, Func<Attempt, string> key, TimeProvider clock)
    {
        private readonly ExpiringCache<string, List<DateTimeOffset>> _times = new(capacity: 100_000, clock);

        public string Policy { get; } = policy;

        public int Most { get; } = most;

        public TimeSpan Window { get; } = window;

        /// <returns>Null when there is room.</returns>
        public TimeSpan? WaitFor(Attempt attempt)
        {
            if (!_times.TryGet(key(attempt), out var times)) return null;

            times.RemoveAll(at => at + Window <= attempt.At);
            return times.Count < Most ? null : times[0] + Window - attempt.At;
        }

        public void Count(Attempt attempt)
        {
            if (!_times.TryGet(key(attempt), out var times)) times = [];
            times.Add(attempt.At);
            _times.Set(key(attempt), times, attempt.At + Window);
        }

        public void GiveBack(Attempt attempt)
        {
            if (_times.TryGet(key(attempt), out var times)) times.Remove(attempt.At);
        }

        public void Forget(Attempt attempt) => _times.Remove(key(attempt));
    }
}
