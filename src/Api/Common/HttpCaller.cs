using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Api.Common;

/// <summary>Who asks, filled in by the edge, one step after the other, before the request is sent.</summary>
internal sealed class HttpCaller : ICaller
{
    public Tenant? Tenant { get; set; }

    public Member? Member { get; set; }

    public string Address { get; set; } = "";

    public string RequestId { get; set; } = "";

    public string? IdempotencyKey { get; set; }

    public Type? DeclaredRequest { get; set; }
}
