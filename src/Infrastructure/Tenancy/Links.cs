using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Tenancy;

/// <inheritdoc cref="ILinks"/>
internal sealed class Links(IConfiguration configuration) : ILinks
{
    private readonly string _domain = configuration["Tenancy:BaseDomain"] ?? "localhost";

    private readonly string _scheme = configuration["Tenancy:PublicScheme"] ?? "https";

    private readonly string _port = configuration["Tenancy:PublicPort"] is { Length: > 0 } port ? ":" + port : "";

    public string To(Tenant tenant, string path) => $"{_scheme}://{HostOf(tenant.Slug)}{path}";

    public string ToPlatform(string path) => $"{_scheme}://{_domain}{_port}{path}";

    public string HostOf(string slug) => $"{slug}.{_domain}{_port}";
}
