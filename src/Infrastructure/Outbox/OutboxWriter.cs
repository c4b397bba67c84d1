using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Outbox;
using CleanTenancy.Infrastructure.Persistence;

namespace CleanTenancy.Infrastructure.Outbox;

/// <summary>Adds messages to the command's transaction: no message without its cause, no cause without its message.</summary>
internal sealed class OutboxWriter(
    AppDbContext db, ITenantTransaction transaction, OutboxBell bell, TimeProvider clock) : IOutbox
{
    public const string MailKind = "mail";

    public Task MailAsync(Mail mail, CancellationToken cancellationToken)
    {
        MailTemplates.Require(mail);
        var org = db.OrgId;
        db.Outbox.Add(OutboxMessage.Of(org, MailKind, JsonSerializer.Serialize(mail, Wire.Json), clock.Now()));
        transaction.AfterCommit(() => bell.Ring(org));
        return Task.CompletedTask;
    }
}
