using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Outbox;

namespace CleanTenancy.Infrastructure.Files;

/// <summary>Erases what the store holds of deleted files.</summary>
internal sealed class FileEraser(IFileStore store) : IOutboxHandler
{
    public string Kind => OutboxWriter.FileKind;

    public Task HandleAsync(OutboxDelivery message, CancellationToken cancellationToken)
    {
        var key = JsonSerializer.Deserialize<FileKey>(message.Payload, Wire.Json)
            ?? throw new DeliveryException("The payload is no file.", DeliveryFault.Final);
        if (key.OrgId != message.Tenant.Id)
            throw new DeliveryException("The payload names another tenant's file.", DeliveryFault.Final);

        return store.EraseAsync(key, cancellationToken);
    }
}
