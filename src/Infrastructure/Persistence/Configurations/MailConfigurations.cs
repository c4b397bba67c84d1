using CleanTenancy.Domain.Mails;
using CleanTenancy.Domain.Tenants;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CleanTenancy.Infrastructure.Persistence.Configurations;

internal sealed class EmailTemplateConfiguration : IEntityTypeConfiguration<EmailTemplate>
{
    public void Configure(EntityTypeBuilder<EmailTemplate> builder)
    {
        builder.IsTenantTable("email_templates");
        builder.HasOne<Organization>().WithMany().HasForeignKey(t => t.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.Property(t => t.Key).HasMaxLength(EmailTemplate.KeyMaxLength).IsOpen();
        builder.Property(t => t.Locale).HasMaxLength(20).IsOpen();
        builder.Property(t => t.Subject).HasMaxLength(EmailTemplate.SubjectMaxLength).IsOpen();
        builder.Property(t => t.Body).HasMaxLength(EmailTemplate.BodyMaxLength).IsOpen();
        builder.HasIndex(t => new { t.OrgId, t.Key, t.Locale }).IsUnique();
    }
}
