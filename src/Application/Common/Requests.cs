using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;

namespace CleanTenancy.Application.Common;

/// <summary>Carries a policy. Every request kind inherits it, so a request without one does not compile.</summary>
public interface IGuarded
{
    static abstract Policy Policy { get; }
}

/// <summary>
/// What <see cref="ISender"/> takes: a guarded request that is answered by a <typeparamref name="T"/>.
/// </summary>
public interface IGuardedRequest<T> : IRequest<Result<T>>, IGuarded;

/// <summary>
/// Changes something: runs in one transaction that is bound to the tenant, the person and the address.
/// </summary>
public interface ICommand;

/// <inheritdoc cref="ICommand"/>
public interface ICommand<T> : IGuardedRequest<T>, ICommand;

/// <summary>Reads: each read is its own READ ONLY bound batch of one round trip (ADR 0012).</summary>
public interface IQuery;

/// <inheritdoc cref="IQuery"/>
public interface IQuery<T> : IGuardedRequest<T>, IQuery;

/// <summary>Nobody needs to have signed in.</summary>
public interface IPublic;

/// <summary>Crosses tenants or stands outside all of them; answered on the platform host only.</summary>
public interface IPlatform;

/// <summary>A command of the public: sign-in, and later orders.</summary>
public interface IPublicCommand<T> : ICommand<T>, IPublic;

/// <summary>A query of the public: what a page needs before anybody has signed in.</summary>
public interface IPublicQuery<T> : IQuery<T>, IPublic;

/// <summary>A query of the public on the platform host: the plans.</summary>
public interface IPublicPlatformQuery<T> : IQuery<T>, IPublic, IPlatform;

/// <summary>A command of the public on the platform host: a sign-up, an operator's sign-in.</summary>
public interface IPublicPlatformCommand<T> : ICommand<T>, IPublic, IPlatform;

/// <summary>A command of an operator.</summary>
public interface IPlatformCommand<T> : ICommand<T>, IPlatform;

/// <summary>A query of an operator.</summary>
public interface IPlatformQuery<T> : IQuery<T>, IPlatform;

/// <summary>Sent by a timer of ours and by nobody else: it has no route.</summary>
public interface ISweep;

/// <inheritdoc cref="ISweep"/>
public interface ISweep<T> : ICommand<T>, IPlatform, ISweep;

/// <summary>
/// Opens its own short transactions, because something slow or outside stands between them. Each use needs a written
/// reason in the architecture tests.
/// </summary>
public interface IOwnTransactions;

/// <summary>Changes one versioned row: If-Match is required (RFC 9110, 13.1.1; RFC 6585, 3).</summary>
public interface IConditional
{
    VersionCondition IfMatch { get; }
}

/// <summary>
/// Names the row the deed is about, for the audit log. Carried by the answer, or by the request if not.
/// </summary>
public interface ISubject
{
    Guid SubjectId { get; }
}

/// <summary>Who may send a request, what it costs, and what is remembered of it.</summary>
public sealed record Policy
{
    /// <summary>
    /// From <see cref="Permissions"/>; None lets in every member, and the public where the request is public.
    /// </summary>
    public required string Permission { get; init; }

    /// <summary>What the tenant's plan must have.</summary>
    public required Feature Feature { get; init; }

    /// <summary>The deed in the past tense, e.g. "event.created"; <see cref="Deed.None"/> for queries.</summary>
    public required string Audit { get; init; }

    /// <summary>One is reserved before the handler runs, and given back if it refuses or throws.</summary>
    public Quota Quota { get; init; }

    /// <summary>
    /// The handler may find that none is needed, and reserves by itself: the counter is locked before it runs.
    /// </summary>
    public bool ReservesLater { get; init; }

    /// <summary>
    /// Counters the handler may lower: locked first, so that the order of locks is the same everywhere (ADR 0015).
    /// </summary>
    public IReadOnlyList<Quota> Releases { get; init; } = [];

    /// <summary>Whether an Idempotency-Key is honoured.</summary>
    public bool Idempotent { get; init; }

    /// <summary>
    /// What a handler with transactions of its own reserves by itself, as much as it needs: here for the documents.
    /// </summary>
    public Quota OwnQuota { get; init; }

    /// <summary>
    /// A handler with transactions of its own honours an Idempotency-Key by itself: what is compared is known only when
    /// all of it has come.
    /// </summary>
    public bool OwnIdempotency { get; init; }

    /// <summary>Whether clients may send an Idempotency-Key.</summary>
    public bool TakesKey => Idempotent || OwnIdempotency;

    /// <summary>Whether clients must send one: what is begun twice could not be told apart, or taken back.</summary>
    public bool KeyRequired { get; init; }

    /// <summary>
    /// A person must have proved who they are within <see cref="Gate.StepUpWindow"/>; no key and no operator may.
    /// </summary>
    public bool StepUp { get; init; }

    /// <summary>About the person who has signed in: a key has no sessions and no password.</summary>
    public bool PersonOnly { get; init; }

    /// <summary>What the tenant's state must allow; null is Read for queries and Change for commands.</summary>
    public Capability? Capability { get; init; }
}

public static class Deed
{
    /// <summary>Nothing to remember: a query.</summary>
    public const string None = "";
}

/// <summary>Sends a request through the pipeline.</summary>
public interface ISender
{
    Task<Result<T>> Send<T>(IGuardedRequest<T> request, CancellationToken cancellationToken);
}

internal sealed class MediatorSender(IMediator mediator) : ISender
{
    public Task<Result<T>> Send<T>(IGuardedRequest<T> request, CancellationToken cancellationToken) =>
        mediator.Send(request, cancellationToken);
}
