using CleanTenancy.Domain.Files;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Tenants;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CleanTenancy.Infrastructure.Persistence.Configurations;

internal sealed class FileConfiguration : IEntityTypeConfiguration<StoredFile>
{
    public void Configure(EntityTypeBuilder<StoredFile> builder)
    {
        builder.IsTenantTable("files");
        builder.HasOne<Organization>().WithMany().HasForeignKey(f => f.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<User>().WithMany()
            .HasForeignKey(f => new { f.OrgId, f.CreatedBy }).OnDelete(DeleteBehavior.Restrict);
        // "CV Kim Minji.pdf".
        builder.Property(f => f.Name).HasMaxLength(FileName.MaxLength).IsPersonal();
        builder.Property(f => f.ContentType).HasMaxLength(100).IsOpen();
        builder.Property(f => f.Sha256).IsDerived();
        builder.ToTable(t => t.HasCheckConstraint("ck_files_size", "size >= 0"));
    }
}

internal sealed class UploadConfiguration : IEntityTypeConfiguration<Upload>
{
    public void Configure(EntityTypeBuilder<Upload> builder)
    {
        builder.IsTenantTable("uploads");
        builder.HasOne<Organization>().WithMany().HasForeignKey(u => u.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.ToTable(t => t.HasCheckConstraint("ck_uploads_reserved", "reserved >= 0"));
    }
}
