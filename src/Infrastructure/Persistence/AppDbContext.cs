using System.Diagnostics.CodeAnalysis;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Files;
using CleanTenancy.Domain.Mails;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Domain.Outbox;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Programs;
using CleanTenancy.Domain.Registrations;
using CleanTenancy.Domain.Tenants;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>The tenant's database. Pooled: whom it is bound to is told anew for each lease.</summary>
public sealed class AppDbContext : DbContext, IAppDbContext
{
    private (int Lease, TenantBinding Binding)? _bound;

    public AppDbContext(DbContextOptions<AppDbContext> options)
        : base(options)
    {
        // One changed row is saved in a transaction too: there is no other place for the binding.
        Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
        // A failed save ends the command's transaction: a savepoint would only cost a round trip.
        Database.AutoSavepointsEnabled = false;
    }

    public DbSet<Organization> Organizations => Set<Organization>();

    public DbSet<User> Users => Set<User>();

    public DbSet<Role> Roles => Set<Role>();

    public DbSet<UserRole> UserRoles => Set<UserRole>();

    public DbSet<Session> Sessions => Set<Session>();

    public DbSet<RefreshToken> RefreshTokens => Set<RefreshToken>();

    public DbSet<Event> Events => Set<Event>();

    public DbSet<EventCategory> Categories => Set<EventCategory>();

    public DbSet<EventTemplate> EventTemplates => Set<EventTemplate>();

    public DbSet<EventProgram> Programs => Set<EventProgram>();

    public DbSet<Registration> Registrations => Set<Registration>();

    public DbSet<StoredFile> Files => Set<StoredFile>();

    public DbSet<Upload> Uploads => Set<Upload>();

    public DbSet<Invitation> Invitations => Set<Invitation>();

    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();

    public DbSet<OneTimeToken> OneTimeTokens => Set<OneTimeToken>();

    public DbSet<RecoveryCode> RecoveryCodes => Set<RecoveryCode>();

    public DbSet<OutboxMessage> Outbox => Set<OutboxMessage>();

    public DbSet<PlanOverride> PlanOverrides => Set<PlanOverride>();

    public DbSet<SignUp> SignUps => Set<SignUp>();

    public DbSet<ProvisioningStep> ProvisioningSteps => Set<ProvisioningStep>();

    public DbSet<EmailTemplate> EmailTemplates => Set<EmailTemplate>();

    public DbSet<Operation> Operations => Set<Operation>();

    public DbSet<UsageCounter> UsageCounters => Set<UsageCounter>();

    public DbSet<AuditEntry> AuditEntries => Set<AuditEntry>();

    public DbSet<AuditSeal> AuditSeals => Set<AuditSeal>();

    /// <summary>The tenant of every query: what the filter compares org_id with.</summary>
    /// <exception cref="InvalidOperationException">
    /// Nobody has bound this lease to a tenant: nothing may be sent.
    /// </exception>
    public TenantId OrgId => Binding.OrgId;

    /// <inheritdoc cref="OrgId"/>
    internal TenantBinding Binding =>
        _bound is { } bound && bound.Lease == ContextId.Lease
            ? bound.Binding
            : throw new InvalidOperationException("No tenant is bound to this database context.");

    /// <summary>Binds this lease to a tenant; a pooled instance forgets it with the lease.</summary>
    /// <exception cref="InvalidOperationException">
    /// It is bound to another tenant already, or in a transaction.
    /// </exception>
    internal void Bind(TenantBinding binding)
    {
        if (Database.CurrentTransaction is not null) throw new InvalidOperationException("Bound within a transaction.");
        if (_bound is { } bound && bound.Lease == ContextId.Lease && bound.Binding.OrgId != binding.OrgId)
            throw new InvalidOperationException("Bound to another tenant already.");

        _bound = (ContextId.Lease, binding);
    }

    public Task<Event?> LockEventAsync(EventId id, CancellationToken cancellationToken)
    {
        RequireTransaction();
        return Events
            .FromSql($"select * from events where org_id = {OrgId.Value} and id = {id.Value} for update")
            .AsTracking()
            .SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<bool> KeepCategoryAsync(CategoryId id, CancellationToken cancellationToken)
    {
        RequireTransaction();
        return await Categories
            .FromSql($"select * from event_categories where org_id = {OrgId.Value} and id = {id.Value} for key share")
            .AsNoTracking()
            .SingleOrDefaultAsync(cancellationToken) is not null;
    }

    public Task<Registration?> LockRegistrationAsync(RegistrationId id, CancellationToken cancellationToken)
    {
        RequireTransaction();
        return Registrations
            .FromSql($"select * from registrations where org_id = {OrgId.Value} and id = {id.Value} for update")
            .AsTracking()
            .SingleOrDefaultAsync(cancellationToken);
    }

    public Task<StoredFile?> LockFileAsync(FileId id, CancellationToken cancellationToken) =>
        FileAsync("select pg_advisory_xact_lock(hashtextextended($1, 0))", id, cancellationToken);

    public Task<StoredFile?> KeepFileAsync(FileId id, CancellationToken cancellationToken) =>
        FileAsync("select pg_advisory_xact_lock_shared(hashtextextended($1, 0))", id, cancellationToken);

    /// <summary>Locking a row takes the right to change it, and nobody may change a file: its id is locked instead.</summary>
    private async Task<StoredFile?> FileAsync(string sql, FileId id, CancellationToken cancellationToken)
    {
        await using (var locked = this.Command(sql).With($"file {OrgId} {id}"))
            await locked.ExecuteNonQueryAsync(cancellationToken);
        return await Files.AsTracking().SingleOrDefaultAsync(file => file.Id == id, cancellationToken);
    }

    /// <summary>The row of the role that there is in each tenant, and that nobody can change or delete.</summary>
    public Task LockPeopleAsync(CancellationToken cancellationToken)
    {
        RequireTransaction();
        return Roles
            .FromSql($"""
                select * from roles where org_id = {OrgId.Value} and name = {BuiltInRoles.SuperAdmin} for no key update
                """)
            .AsNoTracking()
            .SingleAsync(cancellationToken);
    }

    public Task<User?> LockMemberAsync(UserId id, CancellationToken cancellationToken)
    {
        RequireTransaction();
        return Users
            .FromSql($"select * from users where org_id = {OrgId.Value} and id = {id.Value} for no key update")
            .AsTracking()
            .SingleOrDefaultAsync(cancellationToken);
    }

    public Task<TResult> RunAsync<T1, TResult>(
        Read<T1, TResult> read, T1 argument, CancellationToken cancellationToken) =>
        CompiledReads.Of(read)(this, argument, cancellationToken);

    public async Task<IReadOnlyList<TResult>> RunAsync<T1, T2, TResult>(
        ReadList<T1, T2, TResult> read, T1 first, T2 second, CancellationToken cancellationToken)
    {
        var rows = new List<TResult>();
        await foreach (var row in CompiledReads.Of(read)(this, first, second).WithCancellation(cancellationToken))
            rows.Add(row);
        return rows;
    }

    private void RequireTransaction()
    {
        if (Database.CurrentTransaction is null)
            throw new InvalidOperationException("Rows are locked by commands only.");
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        Conventions.Apply(configurationBuilder);

    [SuppressMessage("Design", "CA1062", Justification = "Called by EF.")]
    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(AppDbContext).Assembly);
        modelBuilder.ApplyTenantFilter(this);
    }
}

/// <summary>Whom a transaction is for: the tenant, the person if one has signed in, the client's address.</summary>
public sealed record TenantBinding(TenantId OrgId, UserId? UserId = null, string? Address = null)
{
    public ActorKind Kind { get; init; } = ActorKind.System;

    /// <summary>For whom an operator or a key acts.</summary>
    public Guid? OnBehalfOf { get; init; }

    public string? RequestId { get; init; }

    public string? TraceId { get; init; }
}
