using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>The operators' accounts and sessions, and the platform's own log. As platform_role.</summary>
public interface IOperators
{
    Task<OperatorAccount?> FindAsync(string normalizedEmail, CancellationToken cancellationToken);

    /// <summary>Nobody signs in with a password alone: everywhere but in development.</summary>
    bool RequireTotp { get; }

    /// <summary>Addresses from which this operator has signed in since; none for nobody.</summary>
    Task<IReadOnlyList<string>> PlacesAsync(
        OperatorId? id, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Uses a time step of the authenticator app up: once, and none before it (RFC 6238, 5.2).</summary>
    Task<bool> UseStepAsync(OperatorAccount account, long step, CancellationToken cancellationToken);

    /// <summary>Starts a session with its first refresh token, and records it.</summary>
    Task<OperatorSessionId> StartAsync(OperatorId id, byte[] refreshHash, CancellationToken cancellationToken);

    /// <summary>Changes a refresh token for the next, once; a token used twice ends its session.</summary>
    /// <returns>Null for unknown, used, expired and ended: all alike.</returns>
    Task<Operator?> RotateAsync(byte[] hash, byte[] nextHash, CancellationToken cancellationToken);

    Task EndAsync(OperatorTicket ticket, CancellationToken cancellationToken);

    /// <returns>Null when the session has ended.</returns>
    Task<Operator?> FindAsync(OperatorTicket ticket, CancellationToken cancellationToken);

    /// <summary>Appends to the platform's log.</summary>
    Task RecordAsync(string deed, OperatorId? id, string? reason, CancellationToken cancellationToken);

    /// <summary>Appends what an operator, or a sweep, did to or found in a row of a tenant to the platform's log.</summary>
    Task RecordAsync(string deed, OperatorId? id, Guid row, object details, CancellationToken cancellationToken);
}

/// <param name="PasswordHash">A PHC string.</param>
/// <param name="TotpSecret">Sealed; null without an authenticator app.</param>
public sealed record OperatorAccount(
    OperatorId Id, string Email, string Name, string PasswordHash, byte[]? TotpSecret);

/// <summary>What a valid access token of an operator says.</summary>
public sealed record OperatorTicket(OperatorId OperatorId, OperatorSessionId SessionId);

/// <summary>Access tokens whose audience is the platform: no tenant takes them, and the platform takes no other.</summary>
public interface IOperatorTokens
{
    string IssueAccess(OperatorTicket ticket, DateTimeOffset now);

    /// <returns>Null for anything but a valid operator's token of ours.</returns>
    ValueTask<OperatorTicket?> ReadAsync(string token);
}

/// <summary>Keeps the tenants' logs: seals, retention, partitions. As platform_role, by functions of audit_role.</summary>
public interface IAuditKeeping
{
    /// <summary>Seals what is due, tenant by tenant, each in its own transaction.</summary>
    /// <returns>Lines sealed.</returns>
    Task<long> SealAsync(CancellationToken cancellationToken);

    /// <summary>Deletes what the tenants' plans keep no longer.</summary>
    /// <returns>Lines deleted.</returns>
    Task<long> ExpireAsync(CancellationToken cancellationToken);

    /// <summary>Makes the partitions of the months to come.</summary>
    /// <returns>Partitions made or dropped.</returns>
    Task<int> KeepPartitionsAsync(CancellationToken cancellationToken);
}

/// <summary>Whether tenants are apart, as the catalogue tells it and as two synthetic tenants find it.</summary>
public interface IIsolation
{
    Task<IsolationReport> ReportAsync(CancellationToken cancellationToken);

    /// <summary>Tries every crossing between the two synthetic tenants, as application_role.</summary>
    Task<CanaryReport> ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>The isolation report.</summary>
/// <param name="At">When the catalogue was read.</param>
/// <param name="Holds">Every rule holds, and the last probe found no crossing.</param>
/// <param name="Rules">What was looked at, rule by rule.</param>
/// <param name="Canaries">The last probe; null before the first.</param>
public sealed record IsolationReport(
    DateTimeOffset At, bool Holds, IReadOnlyList<IsolationRuleReport> Rules, CanaryReport? Canaries);

/// <summary>One rule's verdict.</summary>
/// <param name="Control">The control it comes from, e.g. A2.</param>
/// <param name="Rule">What must hold.</param>
/// <param name="Holds">Something was looked at, and nothing broke the rule.</param>
/// <param name="Examined">The tables, functions, roles or settings that were looked at.</param>
/// <param name="Broken">What breaks it.</param>
public sealed record IsolationRuleReport(
    string Control, string Rule, bool Holds, IReadOnlyList<string> Examined, IReadOnlyList<string> Broken);

/// <summary>What the synthetic tenants found.</summary>
/// <param name="At">When.</param>
/// <param name="Holds">Each saw all of its own and nothing of the other's.</param>
/// <param name="Tables">How many tables were tried.</param>
/// <param name="Crossings">How many crossings were tried.</param>
/// <param name="Broken">Crossings that were not refused, and tables in which a canary is missing.</param>
public sealed record CanaryReport(
    DateTimeOffset At, bool Holds, int Tables, int Crossings, IReadOnlyList<string> Broken);
