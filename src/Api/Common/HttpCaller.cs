using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Api.Common;

/// <summary>Who asks, filled in by the edge, one step after the other, before the request is sent.</summary>
internal sealed class HttpCaller : ICaller, ISystemCaller
{
    public Tenant? Tenant { get; set; }

    public Member? Member { get; set; }

    public Operator? Operator { get; set; }

    public bool IsSystem { get; private set; }

    public string Address { get; set; } = "";

    public string UserAgent { get; set; } = "";

    public string RequestId { get; set; } = "";

    public string? TraceId { get; set; }

    public string? IdempotencyKey { get; set; }

    public Type? DeclaredRequest { get; set; }

    /// <summary>What was taken of the limits for this request; null where nothing limits it, or not yet.</summary>
    public Taken? Taken { get; set; }

    /// <exception cref="InvalidOperationException">A client's request is under way in this scope.</exception>
    public void BecomeSystem()
    {
        if (RequestId.Length > 0) throw new InvalidOperationException("A request of a client stays one.");

        (IsSystem, RequestId) = (true, "sweep");
    }
}
