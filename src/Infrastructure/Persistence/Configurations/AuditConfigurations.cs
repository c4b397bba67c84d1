using CleanTenancy.Domain.Audit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CleanTenancy.Infrastructure.Persistence.Configurations;

/// <summary>Made by SQL files, for it is partitioned and belongs to audit_role; here it is only read.</summary>
internal sealed class AuditEntryConfiguration : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> builder)
    {
        builder.IsTenantTable("audit_logs");
        builder.ToTable("audit_logs", table => table.ExcludeFromMigrations());
        builder.Property(e => e.Changes).HasColumnType("jsonb");
        builder.Property(e => e.Details).HasColumnType("jsonb");
    }
}

/// <inheritdoc cref="AuditEntryConfiguration"/>
internal sealed class AuditSealConfiguration : IEntityTypeConfiguration<AuditSeal>
{
    public void Configure(EntityTypeBuilder<AuditSeal> builder)
    {
        builder.IsTenantTable("audit_seals");
        builder.ToTable("audit_seals", table => table.ExcludeFromMigrations());
        builder.HasKey(s => new { s.OrgId, s.Seq });
    }
}
