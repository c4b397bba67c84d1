using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Domain.Tenants;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CleanTenancy.Infrastructure.Persistence.Configurations;

internal sealed class OperationConfiguration : IEntityTypeConfiguration<Operation>
{
    public void Configure(EntityTypeBuilder<Operation> builder)
    {
        builder.IsTenantTable("operations");
        builder.HasOne<Organization>().WithMany().HasForeignKey(o => o.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<User>().WithMany()
            .HasForeignKey(o => new { o.OrgId, o.StartedBy }).OnDelete(DeleteBehavior.Restrict);
        builder.HasWords<Operation, OperationKind>("kind");
        builder.HasWords<Operation, OperationStatus>("status");
        builder.Property(o => o.Arguments).HasColumnType("json");
        builder.Property(o => o.Result).HasColumnType("json");
        builder.Property(o => o.Error).HasMaxLength(Operation.ErrorMaxLength);
        // One of a kind at a time.
        builder.HasIndex(o => new { o.OrgId, o.Kind }).IsUnique().HasFilter("status in ('queued', 'running')");
        // What waits for an instance, across tenants.
        builder.HasIndex(o => new { o.OrgId, o.CreatedAt }).HasFilter("status in ('queued', 'running')");
    }
}
