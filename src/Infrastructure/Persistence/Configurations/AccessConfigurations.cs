using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Outbox;
using CleanTenancy.Domain.Tenants;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CleanTenancy.Infrastructure.Persistence.Configurations;

internal sealed class InvitationConfiguration : IEntityTypeConfiguration<Invitation>
{
    public void Configure(EntityTypeBuilder<Invitation> builder)
    {
        builder.IsTenantTable("invitations");
        builder.HasOne<Organization>().WithMany().HasForeignKey(i => i.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<User>().WithMany()
            .HasForeignKey(i => new { i.OrgId, i.InvitedBy }).OnDelete(DeleteBehavior.Restrict);
        builder.Property(i => i.Email).HasMaxLength(EmailAddress.MaxLength).IsPersonal();
        builder.Property(i => i.NormalizedEmail).HasMaxLength(EmailAddress.MaxLength).IsPersonal().IsMadeAnew();
        builder.Property(i => i.RoleIds).PointsAt("roles");
        builder.Property(i => i.TokenHash).IsSecret();
        builder.HasIndex(i => new { i.OrgId, i.TokenHash }).IsUnique();
        // One open invitation for an address.
        builder.HasIndex(i => new { i.OrgId, i.NormalizedEmail }).IsUnique()
            .HasFilter("accepted_at is null and revoked_at is null");
    }
}

internal sealed class ApiKeyConfiguration : IEntityTypeConfiguration<ApiKey>
{
    public void Configure(EntityTypeBuilder<ApiKey> builder)
    {
        builder.IsTenantTable("api_keys");
        builder.HasOne<Organization>().WithMany().HasForeignKey(k => k.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<User>().WithMany()
            .HasForeignKey(k => new { k.OrgId, k.CreatedBy }).OnDelete(DeleteBehavior.Restrict);
        builder.Property(k => k.Name).HasMaxLength(ApiKey.NameMaxLength).IsOpen();
        builder.Property(k => k.Prefix).HasMaxLength(ApiKey.PrefixLength).IsOpen();
        builder.Property(k => k.SecretHash).IsSecret();
        builder.Property(k => k.Permissions).IsOpen();
        builder.Property(k => k.LastUsedAt).IsDerived();
        builder.HasIndex(k => new { k.OrgId, k.Prefix }).IsUnique();
    }
}

internal sealed class OneTimeTokenConfiguration : IEntityTypeConfiguration<OneTimeToken>
{
    public void Configure(EntityTypeBuilder<OneTimeToken> builder)
    {
        builder.IsTenantTable("one_time_tokens");
        builder.HasKey(t => new { t.OrgId, t.Hash });
        builder.HasOne<User>().WithMany()
            .HasForeignKey(t => new { t.OrgId, t.UserId }).OnDelete(DeleteBehavior.Cascade);
        builder.HasWords<OneTimeToken, OneTimePurpose>("purpose");
    }
}

internal sealed class RecoveryCodeConfiguration : IEntityTypeConfiguration<RecoveryCode>
{
    public void Configure(EntityTypeBuilder<RecoveryCode> builder)
    {
        builder.IsTenantTable("recovery_codes");
        builder.HasKey(c => new { c.OrgId, c.UserId, c.Hash });
        builder.HasOne<User>().WithMany()
            .HasForeignKey(c => new { c.OrgId, c.UserId }).OnDelete(DeleteBehavior.Cascade);
    }
}

/// <summary>Made by an SQL file, with the columns of the dispatcher; here it is only added to.</summary>
internal sealed class OutboxConfiguration : IEntityTypeConfiguration<OutboxMessage>
{
    public void Configure(EntityTypeBuilder<OutboxMessage> builder)
    {
        builder.IsTenantTable("outbox");
        builder.ToTable("outbox", table => table.ExcludeFromMigrations());
    }
}
