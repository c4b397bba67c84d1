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
    public const string MailKind = "mail", FileKind = "file.erase";

    public Task MailAsync(Mail mail, CancellationToken cancellationToken)
    {
        MailTemplates.Require(mail);
        return QueueAsync(MailKind, mail);
    }

    public Task EraseFileAsync(FileKey file, CancellationToken cancellationToken) => QueueAsync(FileKind, file);

    private Task QueueAsync<T>(string kind, T message)
    {
        var org = db.OrgId;
        db.Outbox.Add(OutboxMessage.Of(org, kind, JsonSerializer.Serialize(message, Wire.Json), clock.Now()));
        transaction.AfterCommit(() => bell.Ring(org));
        return Task.CompletedTask;
    }
}
