using System.Security.Cryptography;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Mails;
using CleanTenancy.Infrastructure.Outbox;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>Queues a mail to each owner, once for each notice and owner however often it runs.</summary>
internal sealed class LifecycleNoticeHandler(IDbContextFactory<AppDbContext> contexts, TimeProvider clock)
    : IOutboxHandler
{
    public string Kind => LifecycleNotice.Kind;

    public async Task HandleAsync(OutboxDelivery message, CancellationToken cancellationToken)
    {
        var notice = JsonSerializer.Deserialize<LifecycleNotice>(message.Payload, Wire.Json)
            ?? throw new DeliveryException("The payload is no notice.", DeliveryFault.Final);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Bind(new TenantBinding(message.Tenant.Id));
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        foreach (var owner in await db.OwnersAsync(cancellationToken))
        {
            // The tenant's language: a person has none of their own.
            var mail = new Mail(notice.Template, owner.Email, "", notice.Values);
            MailTemplates.Require(mail);
            await using var queue = db.Command(
                """
                insert into outbox (org_id, id, kind, payload, created_at, available_at) values ($1, $2, $3, $4, $5, $5)
                on conflict do nothing
                """).With(message.Tenant.Id.Value).With(IdOf(message.Id, owner.Id)).With(OutboxWriter.MailKind)
                .With(JsonSerializer.Serialize(mail, Wire.Json)).With(clock.Now().UtcDateTime);
            await queue.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>The same for the same two: in the order of the notice, and different for each owner.</summary>
    private static Guid IdOf(MessageId notice, UserId owner)
    {
        Span<byte> both = stackalloc byte[32], hash = stackalloc byte[32];
        notice.Value.TryWriteBytes(both, bigEndian: true, out _);
        owner.Value.TryWriteBytes(both[16..], bigEndian: true, out _);
        SHA256.HashData(both, hash);
        hash[9..16].CopyTo(both[9..]); // time, version and variant stay the notice's
        return new Guid(both[..16], bigEndian: true);
    }
}
