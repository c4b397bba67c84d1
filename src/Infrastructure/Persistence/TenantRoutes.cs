using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>Before a tenant is known: one narrow function, two exact names in, one id out.</summary>
internal sealed class TenantRoutes(NpgsqlDataSource source)
{
    /// <returns>Null for unknown and unverified: alike.</returns>
    public async Task<TenantId?> ResolveAsync(HostKey host)
    {
        await using var command = source.CreateCommand("select resolve_tenant($1, $2)");
        command.With(host.IsSlug ? host.Name : "").With(host.IsSlug ? "" : host.Name);
        return await command.ExecuteScalarAsync() is Guid id ? new TenantId(id) : null;
    }
}
