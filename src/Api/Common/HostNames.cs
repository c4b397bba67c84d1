using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.Api.Common;

/// <summary>What a Host header names.</summary>
internal enum HostKind
{
    /// <summary>Nothing of ours: 404 before any other work.</summary>
    Unknown,

    /// <summary>The base domain itself.</summary>
    Platform,

    /// <summary>Perhaps a tenant: to be looked up.</summary>
    Tenant,
}

/// <summary>Reads Host headers: exact, never by guess. The first label of any host is not a tenant.</summary>
internal sealed class HostNames(string baseDomain)
{
    private readonly string _suffix = "." + baseDomain;

    public HostKind Read(HostString host, out HostKey key)
    {
        key = default;
        if (!host.HasValue || !DomainName.TryNormalize(host.Host, out var name)) return HostKind.Unknown;
        if (name == baseDomain) return HostKind.Platform;
        if (name.EndsWith(_suffix, StringComparison.Ordinal))
        {
            var label = name.AsSpan(0, name.Length - _suffix.Length);
            if (!Slug.IsValid(label)) return HostKind.Unknown; // two labels, reserved, or malformed

            key = new HostKey(label.ToString(), IsSlug: true);
            return HostKind.Tenant;
        }

        // A custom domain has a dot and does not end in a number: addresses are no names (RFC 1123, 2.1).
        var lastDot = name.LastIndexOf('.');
        if (lastDot < 0 || char.IsAsciiDigit(name[^1])) return HostKind.Unknown;

        key = new HostKey(name, IsSlug: false);
        return HostKind.Tenant;
    }
}
