using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CleanTenancy.Infrastructure.Persistence.Configurations;

internal sealed class OrganizationConfiguration : IEntityTypeConfiguration<Organization>
{
    public void Configure(EntityTypeBuilder<Organization> builder)
    {
        builder.ToTable("organizations");
        builder.HasKey(o => o.Id);
        builder.Ignore(o => o.Standing);
        builder.Property(o => o.Slug).HasMaxLength(Slug.MaxLength).IsOpen();
        builder.Property(o => o.Name).HasMaxLength(Organization.NameMaxLength).IsOpen();
        builder.Property(o => o.Locale).HasMaxLength(20).IsOpen();
        builder.Property(o => o.TimeZone).HasMaxLength(64).IsOpen();
        builder.Property(o => o.Currency).HasMaxLength(3).IsFixedLength().IsOpen();
        builder.Property(o => o.Version).IsConcurrencyToken();
        builder.HasOne<Plan>().WithMany().HasForeignKey(o => o.Tier).OnDelete(DeleteBehavior.Restrict);
        builder.HasWords<Organization, TenantState>("state");
        builder.HasWords<Organization, SuspensionReason>("suspension_reason");
        builder.HasWords<Organization, TenantState>("suspended_from");
        builder.HasWords<Organization, TenantState>("deleted_from");
        builder.Property(o => o.Disposition).HasMaxLength(Organization.DispositionMaxLength).IsOpen();
        builder.Property(o => o.Branding).HasColumnType("json").IsOpen();
        // The sweeps look for those whose time has come.
        builder.HasIndex(o => new { o.State, o.StateSince });
    }
}

internal sealed class SignUpConfiguration : IEntityTypeConfiguration<SignUp>
{
    public void Configure(EntityTypeBuilder<SignUp> builder)
    {
        builder.IsTenantTable("sign_ups");
        builder.HasKey(s => s.OrgId);
        builder.HasOne<Organization>().WithOne().HasForeignKey<SignUp>(s => s.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.Property(s => s.Slug).HasMaxLength(Slug.MaxLength).IsOpen();
        builder.Property(s => s.AdminName).HasMaxLength(User.NameMaxLength).IsPersonal();
        builder.Property(s => s.AdminEmail).HasMaxLength(EmailAddress.MaxLength).IsPersonal();
        builder.Property(s => s.PasswordHash).HasMaxLength(200).IsSecret();
        builder.Property(s => s.ActivationHash).IsSecret();
        builder.IsAuditedBy(nameof(SignUp.OrgId));
    }
}

internal sealed class ProvisioningStepConfiguration : IEntityTypeConfiguration<ProvisioningStep>
{
    public void Configure(EntityTypeBuilder<ProvisioningStep> builder)
    {
        builder.IsTenantTable("provisioning_steps");
        builder.HasKey(s => new { s.OrgId, s.Task });
        builder.HasOne<Organization>().WithMany().HasForeignKey(s => s.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.HasWords<ProvisioningStep, ProvisioningTask>("task");
        builder.HasWords<ProvisioningStep, ProvisioningStepStatus>("status");
        builder.Property(s => s.Reason).HasMaxLength(ProvisioningStep.ReasonMaxLength);
    }
}

internal sealed class PlanConfiguration : IEntityTypeConfiguration<Plan>
{
    public void Configure(EntityTypeBuilder<Plan> builder)
    {
        builder.ToTable("plans");
        builder.HasKey(p => p.Tier);
        builder.Ignore(p => p.Limits);
        builder.Property(p => p.Version).IsConcurrencyToken();
        builder.HasWords<Plan, Tier>("tier");
        builder.PrimitiveCollection(p => p.Features).ElementType(e => e.HasConversion<EnumText<Feature>>());
        builder.HasMany(p => p.Prices).WithOne().HasForeignKey(price => price.Tier).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class PlanPriceConfiguration : IEntityTypeConfiguration<PlanPrice>
{
    public void Configure(EntityTypeBuilder<PlanPrice> builder)
    {
        builder.ToTable("plan_prices", t =>
        {
            t.HasCheckConstraint("ck_plan_prices_interval", "interval in ('month', 'year')");
            t.HasCheckConstraint("ck_plan_prices_amount", "amount >= 0");
        });
        builder.HasKey(p => new { p.Tier, p.Interval, p.Currency });
        builder.Property(p => p.Interval).HasMaxLength(10);
        builder.Property(p => p.Currency).HasMaxLength(3).IsFixedLength();
    }
}

internal sealed class PlanOverrideConfiguration : IEntityTypeConfiguration<PlanOverride>
{
    public void Configure(EntityTypeBuilder<PlanOverride> builder)
    {
        builder.IsTenantTable("tenant_overrides");
        builder.HasKey(o => new { o.OrgId, o.Entitlement });
        builder.HasWords<PlanOverride, Entitlement>("entitlement");
        builder.Property(o => o.Reason).HasMaxLength(PlanOverride.ReasonMaxLength).IsOpen();
        builder.IsAuditedBy(nameof(PlanOverride.OrgId));
        builder.HasOne<Organization>().WithMany().HasForeignKey(o => o.OrgId).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class UsageCounterConfiguration : IEntityTypeConfiguration<UsageCounter>
{
    public void Configure(EntityTypeBuilder<UsageCounter> builder)
    {
        builder.IsTenantTable("usage_counters");
        // Made by a script: an early migration knew of no entity.
        builder.ToTable(t => t.ExcludeFromMigrations());
        builder.HasKey(c => new { c.OrgId, c.Resource });
    }
}

internal sealed class UserConfiguration : IEntityTypeConfiguration<User>
{
    public void Configure(EntityTypeBuilder<User> builder)
    {
        builder.IsTenantTable("users");
        builder.HasOne<Organization>().WithMany().HasForeignKey(u => u.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.Property(u => u.Email).HasMaxLength(EmailAddress.MaxLength).IsPersonal();
        builder.Property(u => u.NormalizedEmail).HasMaxLength(EmailAddress.MaxLength).IsPersonal().IsMadeAnew();
        builder.HasIndex(u => new { u.OrgId, u.NormalizedEmail }).IsUnique();
        builder.Property(u => u.Name).HasMaxLength(User.NameMaxLength).IsPersonal();
        builder.Property(u => u.PasswordHash).HasMaxLength(200).IsSecret();
        builder.Property(u => u.LastSignInAt).IsDerived();
        builder.Property(u => u.TotpSecret).IsSecret();
        builder.Property(u => u.TotpLastStep).IsDerived().IsMadeAnew();
        builder.Property(u => u.TotpConfirmedAt).IsMadeAnew();
        builder.Property(u => u.PasswordChangedAt).IsMadeAnew();
        builder.HasWords<User, UserStatus>("status");
        builder.HasMany(u => u.Roles).WithOne().HasForeignKey(r => new { r.OrgId, r.UserId })
            .OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class RoleConfiguration : IEntityTypeConfiguration<Role>
{
    public void Configure(EntityTypeBuilder<Role> builder)
    {
        builder.IsTenantTable("roles");
        builder.HasOne<Organization>().WithMany().HasForeignKey(r => r.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.Property(r => r.Name).HasMaxLength(Role.NameMaxLength).IsOpen();
        builder.Property(r => r.Permissions).IsOpen();
        builder.HasIndex(r => new { r.OrgId, r.Name }).IsUnique();
    }
}

internal sealed class UserRoleConfiguration : IEntityTypeConfiguration<UserRole>
{
    public void Configure(EntityTypeBuilder<UserRole> builder)
    {
        builder.IsTenantTable("user_roles");
        builder.HasKey(r => new { r.OrgId, r.UserId, r.RoleId });
        builder.IsAuditedBy(nameof(UserRole.UserId));
        builder.HasOne<Role>().WithMany()
            .HasForeignKey(r => new { r.OrgId, r.RoleId }).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class SessionConfiguration : IEntityTypeConfiguration<Session>
{
    public void Configure(EntityTypeBuilder<Session> builder)
    {
        builder.IsTenantTable("sessions");
        builder.Property(s => s.RevokedReason).HasMaxLength(60).IsOpen();
        builder.Property(s => s.ClientAddress).HasMaxLength(60).IsPersonal();
        builder.Property(s => s.UserAgent).HasMaxLength(Session.UserAgentMaxLength).IsPersonal();
        builder.Property(s => s.ImpersonationReason).HasMaxLength(Session.ReasonMaxLength).IsOpen();
        builder.Property(s => s.LastUsedAt).IsDerived();
        builder.HasIndex(s => new { s.OrgId, s.UserId });
        builder.HasOne<User>().WithMany()
            .HasForeignKey(s => new { s.OrgId, s.UserId }).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class RefreshTokenConfiguration : IEntityTypeConfiguration<RefreshToken>
{
    public void Configure(EntityTypeBuilder<RefreshToken> builder)
    {
        builder.IsTenantTable("refresh_tokens");
        builder.HasKey(t => new { t.OrgId, t.Hash });
        builder.HasOne<Session>().WithMany().HasForeignKey(t => new { t.OrgId, t.SessionId })
            .OnDelete(DeleteBehavior.Cascade);
    }
}
