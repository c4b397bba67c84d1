using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Tenancy;

namespace CleanTenancy.Infrastructure.Signals;

/// <summary>One channel; a message is a kind and an id, nothing else: every role may listen.</summary>
internal static class SignalChannel
{
    public const string Name = "cleantenancy", Session = "session", Tenant = "tenant", People = "people",
        Plans = "plans";

    public static string Message(string kind, Guid id) => $"{kind}:{id}";

    public static bool TryRead(string message, out string kind, out Guid id)
    {
        var colon = message.IndexOf(':', StringComparison.Ordinal);
        kind = colon < 0 ? "" : message[..colon];
        return Guid.TryParse(message.AsSpan(colon + 1), out id);
    }
}

/// <inheritdoc cref="ISignals"/>
internal sealed class Signals(
    AppDbContext db, ITenantTransaction transaction, SessionDirectory sessions, ApiKeyDirectory keys) : ISignals
{
    public async Task PeopleChangedAsync(CancellationToken cancellationToken)
    {
        var org = db.OrgId;
        await db.NotifyAsync(
            SignalChannel.Name, SignalChannel.Message(SignalChannel.People, org.Value), cancellationToken);
        transaction.AfterCommit(() => sessions.Forget(org));
        transaction.AfterCommit(() => keys.Forget(org));
    }

    /// <summary>Either way it is read again: one message for both.</summary>
    public Task SessionChangedAsync(SessionId session, CancellationToken cancellationToken) =>
        SessionRevokedAsync(session, cancellationToken);

    public async Task SessionRevokedAsync(SessionId session, CancellationToken cancellationToken)
    {
        await db.NotifyAsync(
            SignalChannel.Name, SignalChannel.Message(SignalChannel.Session, session.Value), cancellationToken);
        transaction.AfterCommit(() => sessions.Forget(session));
    }
}
