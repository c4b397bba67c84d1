using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Signals;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Makes whole tenants for the development data and the tests, as the migrator: provisioning through the API is
/// another way, with mails and waiting. Bound to the new tenant like everything else.
/// </summary>
public sealed class TenantSeeder : IAsyncDisposable
{
    private readonly NpgsqlDataSource _owner;
    private readonly DbContextOptions<AppDbContext> _options;

    /// <param name="owner">A connection as cleantenancy_migrator.</param>
    public TenantSeeder(string owner)
    {
        _owner = NpgsqlDataSource.Create(owner);
        var builder = new DbContextOptionsBuilder<AppDbContext>();
        builder.UseTenants(_owner);
        _options = builder.Options;
    }

    public async Task<bool> ExistsAsync(string slug, CancellationToken cancellationToken)
    {
        await using var command = _owner.CreateCommand("select exists (select from tenant_slugs where slug = $1)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = slug });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>
    /// An organization with the five built-in roles, its people and its counters, in one transaction.
    /// </summary>
    /// <param name="organization">As it shall be.</param>
    /// <param name="people">Address, name, built-in role.</param>
    /// <param name="passwordHash">For all of them.</param>
    /// <param name="fill">What else the tenant shall have.</param>
    public async Task<IReadOnlyList<User>> CreateAsync(
        Organization organization,
        IReadOnlyList<(string Email, string Name, string Role)> people,
        string passwordHash,
        Action<IAppDbContext>? fill,
        CancellationToken cancellationToken)
    {
        await using var db = new AppDbContext(_options);
        db.Bind(new TenantBinding(organization.Id));
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(
            db, "insert into tenant_slugs (org_id, slug) values ($1, $2)", organization.Slug, cancellationToken);

        var roles = BuiltInRoles.All.Keys.ToDictionary(
            name => name, name => Role.FromBuiltIn(organization.Id, name, organization.CreatedAt));
        var users = people
            .Select(p => User.Join(
                organization.Id, p.Email, p.Name, passwordHash, [roles[p.Role].Id], organization.CreatedAt))
            .ToList();
        db.Organizations.Add(organization);
        db.Roles.AddRange(roles.Values);
        db.Users.AddRange(users);
        fill?.Invoke(db);
        await db.SaveChangesAsync(cancellationToken);

        foreach (var quota in Enum.GetValues<Quota>().Where(quota => quota is not Quota.None))
            await ExecuteAsync(
                db,
                "insert into usage_counters (org_id, resource) values ($1, $2)",
                Wire.Text(quota),
                cancellationToken);
        await RecountAsync(db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return users;
    }

    /// <summary>Gives a tenant a verified custom domain.</summary>
    public async Task AddHostAsync(
        TenantId org, string host, DateTimeOffset? verifiedAt, CancellationToken cancellationToken)
    {
        await using var command = _owner.CreateCommand(
            "insert into tenant_hosts (host, org_id, verified_at) values ($1, $2, $3)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = host });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = org.Value });
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = verifiedAt is { } at ? at.UtcDateTime : DBNull.Value,
            NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz,
        });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Changes the tenant's row, and tells every instance.</summary>
    public async Task ChangeAsync(TenantId org, Action<Organization> change, CancellationToken cancellationToken)
    {
        await using var db = new AppDbContext(_options);
        db.Bind(new TenantBinding(org));
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        change(await db.Organizations.AsTracking().SingleAsync(cancellationToken));
        await db.SaveChangesAsync(cancellationToken);
        await db.NotifyAsync(
            SignalChannel.Name, SignalChannel.Message(SignalChannel.Tenant, org.Value), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>An operator of the platform.</summary>
    public async Task AddOperatorAsync(
        string email, string name, string passwordHash, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = _owner.CreateCommand("""
            insert into platform_operators (id, email, normalized_email, name, password_hash, created_at)
            values ($1, $2, $3, $4, $5, $6) on conflict (normalized_email) do nothing
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7(now) });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = email });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = EmailAddress.Normalize(email) });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = passwordHash });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _owner.DisposeAsync();

    /// <summary>Counters as the rows are, for a tenant that was not filled request by request.</summary>
    private static async Task RecountAsync(AppDbContext db, CancellationToken cancellationToken)
    {
        await using (var events = db.Command($"""
            update events e set registered = t.real from ({UsageTruth.Registered}) t where e.org_id = $1 and e.id = t.id
            """).With(db.OrgId.Value))
            await events.ExecuteNonQueryAsync(cancellationToken);
        await using var counters = db.Command($"""
            update usage_counters u set used = t.real from ({UsageTruth.Counters}) t
            where u.org_id = $1 and u.resource = t.resource
            """).With(db.OrgId.Value);
        await counters.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(
        AppDbContext db, string sql, string text, CancellationToken cancellationToken)
    {
        await using var command = db.Command(sql).With(db.OrgId.Value).With(text);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
