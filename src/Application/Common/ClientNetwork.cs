using System.Net;
using System.Net.Sockets;

namespace CleanTenancy.Application.Common;

/// <summary>What one client can pick its addresses from: an IPv4 address, or the 64-bit network of an IPv6 one.</summary>
public static class ClientNetwork
{
    public static string Of(string address)
    {
        if (!IPAddress.TryParse(address, out var ip) || ip.AddressFamily is not AddressFamily.InterNetworkV6)
            return address;

        var bytes = ip.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes).ToString();
    }
}
