using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Files;
using CleanTenancy.Domain.Programs;
using CleanTenancy.Domain.Registrations;
using CleanTenancy.Domain.Tenants;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace CleanTenancy.Infrastructure.Persistence.Configurations;

internal sealed class EventConfiguration : IEntityTypeConfiguration<Event>
{
    public void Configure(EntityTypeBuilder<Event> builder)
    {
        builder.IsTenantTable("events");
        builder.Ignore(e => e.Content);
        builder.HasOne<Organization>().WithMany().HasForeignKey(e => e.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.Property(e => e.Slug).HasMaxLength(80).IsOpen();
        builder.HasIndex(e => new { e.OrgId, e.Slug }).IsUnique();
        builder.HasIndex(e => new { e.OrgId, e.UpdatedAt, e.Id });
        builder.Property(e => e.Title).HasMaxLength(EventContent.TitleMaxLength).IsOpen();
        builder.Property(e => e.Description).HasMaxLength(EventContent.DescriptionMaxLength).IsOpen();
        builder.Property(e => e.TimeZone).HasMaxLength(64).IsOpen();
        builder.Property(e => e.VenueName).HasMaxLength(Venue.NameMaxLength).IsOpen();
        builder.Property(e => e.VenueAddress).HasMaxLength(Venue.AddressMaxLength).IsOpen();
        builder.Property(e => e.OnlineUrl).HasMaxLength(EventContent.OnlineUrlMaxLength).IsOpen();
        builder.Property(e => e.ContactEmail).HasMaxLength(EmailAddress.MaxLength).IsPersonal();
        builder.Property(e => e.Currency).HasMaxLength(3).IsFixedLength().IsOpen();
        builder.Property(e => e.Registered).IsDerived().IsMadeAnew();
        builder.Property(e => e.Translations).IsOpen().HasColumnType("json").HasConversion(
            value => JsonSerializer.Serialize(value, Wire.Json),
            text => JsonSerializer.Deserialize<Dictionary<string, EventTranslation>>(text, Wire.Json)!,
            new ValueComparer<IReadOnlyDictionary<string, EventTranslation>?>(
                (left, right) =>
                    JsonSerializer.Serialize(left, Wire.Json) == JsonSerializer.Serialize(right, Wire.Json),
                value => value == null ? 0 : value.Count,
                value => value));
        builder.HasOne<EventCategory>().WithMany()
            .HasForeignKey(e => new { e.OrgId, e.CategoryId }).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<StoredFile>().WithMany()
            .HasForeignKey(e => new { e.OrgId, e.CoverFileId }).OnDelete(DeleteBehavior.Restrict);
        // For the keys alone; whole, they would only tempt the planner away from the others.
        builder.HasIndex(e => new { e.OrgId, e.CategoryId }).HasFilter("category_id is not null");
        builder.HasIndex(e => new { e.OrgId, e.CoverFileId }).HasFilter("cover_file_id is not null");
        builder.HasWords<Event, EventStatus>("status");
        builder.HasWords<Event, AttendanceMode>("attendance_mode");
        builder.HasWords<Event, Visibility>("visibility");
        builder.ToTable(t =>
        {
            t.HasCheckConstraint("ck_events_capacity", "capacity is null or registered <= capacity");
            t.HasCheckConstraint("ck_events_registered", "registered >= 0");
            t.HasCheckConstraint("ck_events_dates", "ends_at > starts_at");
        });
        builder.HasQueryFilter(QueryFilters.Deleted, e => e.Status != EventStatus.Deleted);
    }
}

internal sealed class EventCategoryConfiguration : IEntityTypeConfiguration<EventCategory>
{
    public void Configure(EntityTypeBuilder<EventCategory> builder)
    {
        builder.IsTenantTable("event_categories");
        builder.Ignore(c => c.Content);
        builder.HasOne<Organization>().WithMany().HasForeignKey(c => c.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.Property(c => c.Name).HasMaxLength(CategoryContent.NameMaxLength).IsOpen();
        builder.HasIndex(c => new { c.OrgId, c.Name }).IsUnique();
    }
}

internal sealed class EventTemplateConfiguration : IEntityTypeConfiguration<EventTemplate>
{
    public void Configure(EntityTypeBuilder<EventTemplate> builder)
    {
        builder.IsTenantTable("event_templates");
        builder.Ignore(t => t.Content);
        builder.HasOne<Organization>().WithMany().HasForeignKey(t => t.OrgId).OnDelete(DeleteBehavior.Restrict);
        builder.Property(t => t.Name).HasMaxLength(EventTemplateContent.NameMaxLength).IsOpen();
        builder.HasIndex(t => new { t.OrgId, t.Name }).IsUnique();
        builder.Property(t => t.Title).HasMaxLength(EventContent.TitleMaxLength).IsOpen();
        builder.Property(t => t.Description).HasMaxLength(EventContent.DescriptionMaxLength).IsOpen();
        builder.Property(t => t.VenueName).HasMaxLength(Venue.NameMaxLength).IsOpen();
        builder.Property(t => t.VenueAddress).HasMaxLength(Venue.AddressMaxLength).IsOpen();
        builder.Property(t => t.OnlineUrl).HasMaxLength(EventContent.OnlineUrlMaxLength).IsOpen();
        builder.Property(t => t.ContactEmail).HasMaxLength(EmailAddress.MaxLength).IsPersonal();
        builder.HasWords<EventTemplate, AttendanceMode>("attendance_mode");
        builder.HasWords<EventTemplate, Visibility>("visibility");
        builder.HasOne<EventCategory>().WithMany()
            .HasForeignKey(t => new { t.OrgId, t.CategoryId }).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(t => new { t.OrgId, t.CategoryId }).HasFilter("category_id is not null");
        builder.ToTable(t => t.HasCheckConstraint("ck_event_templates_duration", "duration_minutes > 0"));
    }
}

internal sealed class ProgramConfiguration : IEntityTypeConfiguration<EventProgram>
{
    public void Configure(EntityTypeBuilder<EventProgram> builder)
    {
        builder.IsTenantTable("programs");
        builder.Ignore(p => p.Content);
        builder.HasOne<Event>().WithMany()
            .HasForeignKey(p => new { p.OrgId, p.EventId }).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(p => new { p.OrgId, p.EventId, p.Id });
        builder.Property(p => p.Title).HasMaxLength(ProgramContent.TitleMaxLength).IsOpen();
        builder.Property(p => p.Room).HasMaxLength(ProgramContent.RoomMaxLength).IsOpen();
        builder.Property(p => p.Track).HasMaxLength(ProgramContent.TrackMaxLength).IsOpen();
        builder.ToTable(t => t.HasCheckConstraint("ck_programs_dates", "ends_at > starts_at"));
    }
}

internal sealed class RegistrationConfiguration : IEntityTypeConfiguration<Registration>
{
    public void Configure(EntityTypeBuilder<Registration> builder)
    {
        builder.IsTenantTable("registrations");
        builder.HasOne<Event>().WithMany()
            .HasForeignKey(r => new { r.OrgId, r.EventId }).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(r => new { r.OrgId, r.EventId, r.Id });
        builder.HasIndex(r => new { r.OrgId, r.EventId, r.UpdatedAt, r.Id });
        builder.Property(r => r.Name).HasMaxLength(Registration.NameMaxLength).IsPersonal();
        builder.Property(r => r.Email).HasMaxLength(EmailAddress.MaxLength).IsPersonal();
        builder.Property(r => r.NormalizedEmail).HasMaxLength(EmailAddress.MaxLength).IsPersonal().IsMadeAnew();
        builder.HasWords<Registration, RegistrationStatus>("status");
    }
}
