using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Files;
using CleanTenancy.Domain.Mails;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Programs;
using CleanTenancy.Domain.Registrations;
using CleanTenancy.Domain.Tenants;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>The tenant's database. Every query carries the tenant, twice: by the filter and by the fence.</summary>
public interface IAppDbContext
{
    DbSet<Organization> Organizations { get; }

    DbSet<User> Users { get; }

    DbSet<Role> Roles { get; }

    DbSet<UserRole> UserRoles { get; }

    DbSet<Session> Sessions { get; }

    DbSet<RefreshToken> RefreshTokens { get; }

    DbSet<Event> Events { get; }

    DbSet<EventCategory> Categories { get; }

    DbSet<EventTemplate> EventTemplates { get; }

    DbSet<EventProgram> Programs { get; }

    DbSet<Registration> Registrations { get; }

    DbSet<StoredFile> Files { get; }

    DbSet<Upload> Uploads { get; }

    DbSet<Invitation> Invitations { get; }

    DbSet<ApiKey> ApiKeys { get; }

    DbSet<OneTimeToken> OneTimeTokens { get; }

    DbSet<RecoveryCode> RecoveryCodes { get; }

    DbSet<PlanOverride> PlanOverrides { get; }

    DbSet<SignUp> SignUps { get; }

    DbSet<ProvisioningStep> ProvisioningSteps { get; }

    DbSet<EmailTemplate> EmailTemplates { get; }

    DbSet<Operation> Operations { get; }

    DbSet<UsageCounter> UsageCounters { get; }

    DbSet<AuditEntry> AuditEntries { get; }

    DbSet<AuditSeal> AuditSeals { get; }

    /// <summary>The event, locked until the transaction ends; null if there is none. Commands only.</summary>
    Task<Event?> LockEventAsync(EventId id, CancellationToken cancellationToken);

    /// <summary>Whether there is such a category; if so, it stays until the transaction ends. Commands only.</summary>
    Task<bool> KeepCategoryAsync(CategoryId id, CancellationToken cancellationToken);

    /// <summary>The registration, locked until the transaction ends; null if there is none. Commands only.</summary>
    Task<Registration?> LockRegistrationAsync(RegistrationId id, CancellationToken cancellationToken);

    /// <summary>The file, locked until the transaction ends; null if there is none. Commands only.</summary>
    Task<StoredFile?> LockFileAsync(FileId id, CancellationToken cancellationToken);

    /// <summary>
    /// The file, which nobody deletes until the transaction ends; null if there is none. Commands only.
    /// </summary>
    Task<StoredFile?> KeepFileAsync(FileId id, CancellationToken cancellationToken);

    /// <summary>
    /// Waits until nobody else changes who may what in the tenant, and keeps others out until the transaction ends: one
    /// lock for members, roles and invitations, taken after the counters and before their rows. Commands only.
    /// </summary>
    Task LockPeopleAsync(CancellationToken cancellationToken);

    /// <summary>The member, locked until the transaction ends; null if there is none. Commands only.</summary>
    Task<User?> LockMemberAsync(UserId id, CancellationToken cancellationToken);

    Task<TResult> RunAsync<T1, TResult>(Read<T1, TResult> read, T1 argument, CancellationToken cancellationToken);

    Task<IReadOnlyList<TResult>> RunAsync<T1, T2, TResult>(
        ReadList<T1, T2, TResult> read, T1 first, T2 second, CancellationToken cancellationToken);
}

/// <summary>Who asks, where, and how: made by the edge before the pipeline starts.</summary>
public interface ICaller
{
    /// <summary>Null on the platform host.</summary>
    Tenant? Tenant { get; }

    /// <summary>Null when nobody has signed in.</summary>
    Member? Member { get; }

    /// <summary>A person of the platform, on the platform host only.</summary>
    Operator? Operator { get; }

    /// <summary>A timer of ours sends it, and no client.</summary>
    bool IsSystem { get; }

    /// <summary>The client's address, as far as configured proxies vouch for it.</summary>
    string Address { get; }

    /// <summary>The program that asks, as it names itself; "" when it does not.</summary>
    string UserAgent { get; }

    string RequestId { get; }

    /// <summary>Of the W3C trace; null outside one.</summary>
    string? TraceId { get; }

    string? IdempotencyKey { get; }

    /// <summary>The request the route declared; null outside HTTP.</summary>
    Type? DeclaredRequest { get; }
}

public static class CallerExtensions
{
    /// <exception cref="InvalidOperationException">The request reached its handler without a tenant: a bug.</exception>
    public static Tenant RequiredTenant(this ICaller caller) =>
        caller.Tenant ?? throw new InvalidOperationException("No tenant.");

    /// <exception cref="InvalidOperationException">The request reached its handler without a member: a bug.</exception>
    public static Member RequiredMember(this ICaller caller) =>
        caller.Member ?? throw new InvalidOperationException("Nobody has signed in.");

    /// <exception cref="InvalidOperationException">
    /// The request reached its handler without an operator: a bug.
    /// </exception>
    public static Operator RequiredOperator(this ICaller caller) =>
        caller.Operator ?? throw new InvalidOperationException("No operator has signed in.");
}

/// <summary>
/// The one transaction of a command, bound to the tenant, the person and the address before anything else.
/// </summary>
public interface ITenantTransaction
{
    /// <summary>Names the tenant for reads: each opens and closes its own bound batch.</summary>
    void NameTenant();

    /// <summary>
    /// Runs the work, saves and commits if it succeeded, rolls back if it refused or threw. Runs it again, from
    /// the start, when the database ended it as the victim of a deadlock.
    /// </summary>
    /// <exception cref="ConstraintViolatedException">A constraint of the schema refused.</exception>
    /// <exception cref="StaleRowException">A row was changed by somebody else meanwhile.</exception>
    /// <exception cref="BusyException">A row was locked by somebody else for too long.</exception>
    Task<TResponse> RunAsync<TResponse>(Func<Task<TResponse>> work, CancellationToken cancellationToken)
        where TResponse : IRefusable<TResponse>;

    /// <summary>Sends the changes made so far to the database, inside the transaction.</summary>
    Task FlushAsync(CancellationToken cancellationToken);

    /// <summary>Runs after the commit, and not at all without one.</summary>
    void AfterCommit(Action action);
}

/// <summary>A constraint refused; the name says which.</summary>
public sealed class ConstraintViolatedException(string constraint, Exception inner)
    : Exception($"The constraint {constraint} refused.", inner)
{
    public string Constraint { get; } = constraint;
}

/// <summary>Others hold what the command needs, for longer than it may wait: nothing was done.</summary>
public sealed class BusyException(Exception inner) : Exception("A row was locked for too long.", inner);

/// <summary>Optimistic concurrency found another version of the row.</summary>
public sealed class StaleRowException(Exception inner) : Exception("The row was changed meanwhile.", inner);

/// <summary>
/// The tenant of the host, of the token and of the database's transaction are not the same one: nothing is answered.
/// </summary>
public sealed class TenantMismatchException(string what) : Exception($"Tenants do not match: {what}.");

/// <summary>Counters of what a plan limits. All inside the command's transaction.</summary>
public interface IQuotas
{
    /// <summary>Reserves n by one conditional UPDATE; owners get a mail when that crosses 80 or 100 per cent.</summary>
    /// <returns>Null, or quota_exceeded with resource, limit and used.</returns>
    Task<Error?> ReserveAsync(Quota quota, long n, CancellationToken cancellationToken);

    /// <summary>Reserves n, of which it is not known yet how much is used: nobody gets a mail before it is.</summary>
    /// <returns>Null, or quota_exceeded.</returns>
    Task<Error?> ReserveUnsettledAsync(Quota quota, long n, CancellationToken cancellationToken);

    /// <summary>Makes of what was reserved what is really used, in either direction.</summary>
    /// <param name="quota">What is counted.</param>
    /// <param name="reserved">By <see cref="ReserveUnsettledAsync"/>, before.</param>
    /// <param name="real">What is used.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Null, or quota_exceeded; then what was reserved stays reserved.</returns>
    Task<Error?> SettleAsync(Quota quota, long reserved, long real, CancellationToken cancellationToken);

    /// <summary>Locks a counter that will be lowered, before any other row.</summary>
    Task HoldAsync(Quota quota, CancellationToken cancellationToken);

    /// <summary>Gives n back.</summary>
    Task ReleaseAsync(Quota quota, long n, CancellationToken cancellationToken);
}

/// <summary>The audit log of the tenant, append-only. Who, from where and in which request is the binding's.</summary>
public interface IAuditTrail
{
    /// <summary>Records a deed in the command's transaction.</summary>
    /// <param name="deed">Past tense, e.g. event.created.</param>
    /// <param name="subject">The row it is about.</param>
    /// <param name="actor">Who did it, when that is not the caller: a sign-in's user.</param>
    Task RecordAsync(string deed, Guid? subject, UserId? actor, CancellationToken cancellationToken);
}

/// <summary>Denied attempts, in a transaction of their own: what was refused has rolled its own back.</summary>
public interface IDenials
{
    /// <summary>Records it in the log of the host's tenant; never throws, and never grows without bound.</summary>
    Task RecordAsync(Denial denial, CancellationToken cancellationToken);
}

/// <summary>An attempt that was denied.</summary>
/// <param name="Deed">Past tense: access.denied, session.refused.</param>
/// <param name="Code">Why, as a problem code or a word of its own.</param>
/// <param name="Request">What was asked for.</param>
public sealed record Denial(string Deed, string Code, string Request)
{
    public const string Access = "access.denied", SignIn = "session.refused";

    /// <summary>Of another tenant's token on this tenant's host.</summary>
    public const string ForeignToken = "foreign_token";

    /// <summary>The row it is about: the user of a failed sign-in.</summary>
    public Guid? Subject { get; init; }

    /// <returns>Null for what is no denial: a missing token, a suspended tenant, a mistake.</returns>
    public static Denial? Of(Error? error, Type request) =>
        error is { Code: "permission_denied" or "feature_not_in_plan" or "person_required" or "step_up_required" }
            ? new(Access, error.Code, request.Name)
            : null;
}

/// <summary>The chain of the tenant's log.</summary>
public interface IAuditChain
{
    /// <summary>Checks all seals, the lines they hold, and those that none holds.</summary>
    /// <param name="maxBreaches">Breaches reported, at most.</param>
    /// <param name="maxUnsealed">Lines counted that wait for their seal, at most.</param>
    Task<AuditChainState> VerifyAsync(int maxBreaches, int maxUnsealed, CancellationToken cancellationToken);

    /// <summary>Whether the chain has a seal of this number and head; null where there is no such number.</summary>
    Task<bool?> HoldsAsync(long seal, byte[] head, CancellationToken cancellationToken);
}

/// <param name="Breaches">In the order of the chain; lines that were added stand last, in no seal.</param>
/// <param name="Unsealed">Lines that no seal holds yet: young ones, to be sealed within minutes.</param>
public sealed record AuditChainState(IReadOnlyList<AuditBreach> Breaches, int Unsealed);

/// <param name="Seal">Its number; null for a line that is in no seal.</param>
/// <param name="Problem">seal_missing, seal_changed, seal_emptied, row_missing, row_changed, row_added.</param>
/// <param name="RowId">The line.</param>
public sealed record AuditBreach(long? Seal, string Problem, Guid? RowId);

/// <summary>Answers already given to an Idempotency-Key, in the transaction of the effect.</summary>
public interface IIdempotencyStore
{
    /// <summary>Keeps others with the same key out until the transaction ends; false if one is inside.</summary>
    Task<bool> TryEnterAsync(string key, CancellationToken cancellationToken);

    Task<StoredAnswer?> FindAsync(string key, CancellationToken cancellationToken);

    Task SaveAsync(string key, StoredAnswer answer, CancellationToken cancellationToken);
}

/// <param name="RequestHash">SHA-256 of the request's type and content.</param>
/// <param name="Json">The answer.</param>
public sealed record StoredAnswer(byte[] RequestHash, string Json);

/// <summary>Hashes and verifies passwords; slow on purpose, and few at a time (ADR 0011).</summary>
public interface IPasswords
{
    Task<string> HashAsync(string password, CancellationToken cancellationToken);

    /// <summary>Takes as long for no hash (an unknown user) as for a wrong password.</summary>
    Task<PasswordVerdict> VerifyAsync(string? hash, string password, CancellationToken cancellationToken);
}

/// <param name="IsCorrect">The password is the one that was hashed.</param>
/// <param name="NeedsRehash">It was hashed under older parameters than today's.</param>
public readonly record struct PasswordVerdict(bool IsCorrect, bool NeedsRehash);

/// <summary>
/// What the token's issuer knew: an instance that knows less, because a signal has not reached it, looks again.
/// </summary>
/// <param name="User">Version of the user's row (claim sv).</param>
/// <param name="Org">Version of the organization's row (claim ov).</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
public readonly record struct TokenVersions(long User, long Org);

/// <summary>Makes access tokens (RFC 9068).</summary>
public interface ITokens
{
    /// <summary>How long an access token is good for.</summary>
    TimeSpan AccessLifetime { get; }

    string IssueAccess(
        TenantId orgId, UserId userId, SessionId sessionId, DateTimeOffset now, TokenVersions versions = default);
}

/// <summary>Tells this instance at once, and the others by NOTIFY, that something cached is no longer true.</summary>
public interface ISignals
{
    /// <summary>Sent with the commit of the transaction.</summary>
    Task SessionRevokedAsync(SessionId session, CancellationToken cancellationToken);

    /// <summary>The session goes on, and what is known of it is another: a newer proof. Sent with the commit.</summary>
    Task SessionChangedAsync(SessionId session, CancellationToken cancellationToken);

    /// <summary>
    /// Members, roles, permissions or keys of the bound tenant are others now: what is cached of its people goes, at
    /// once here and within moments elsewhere. Sent with the commit of the transaction.
    /// </summary>
    Task PeopleChangedAsync(CancellationToken cancellationToken);
}
