namespace CleanTenancy.Domain.Tenants;

/// <summary>What the owner of a deleted tenant wants for events to come whose places are taken.</summary>
public enum TicketDisposition
{
    /// <summary>What was paid is given back.</summary>
    Refund,

    /// <summary>The events take place, and tickets are good.</summary>
    Honour,
}
