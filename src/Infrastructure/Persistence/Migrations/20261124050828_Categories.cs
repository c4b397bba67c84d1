using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CleanTenancy.Infrastructure.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Categories : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_events_org_id_cover_file_id",
                table: "events");

            migrationBuilder.AddColumn<Guid>(
                name: "category_id",
                table: "events",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "event_categories",
                columns: table => new
                {
                    org_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(80)", maxLength: 80, nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_event_categories", x => new { x.org_id, x.id });
                    table.ForeignKey(
                        name: "fk_event_categories_organizations_org_id",
                        column: x => x.org_id,
                        principalTable: "organizations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_events_org_id_category_id",
                table: "events",
                columns: new[] { "org_id", "category_id" },
                filter: "category_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_events_org_id_cover_file_id",
                table: "events",
                columns: new[] { "org_id", "cover_file_id" },
                filter: "cover_file_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_event_categories_org_id_name",
                table: "event_categories",
                columns: new[] { "org_id", "name" },
                unique: true);

            migrationBuilder.AddForeignKey(
                name: "fk_events_event_categories_org_id_category_id",
                table: "events",
                columns: new[] { "org_id", "category_id" },
                principalTable: "event_categories",
                principalColumns: new[] { "org_id", "id" },
                onDelete: ReferentialAction.Restrict);

            migrationBuilder.Sql(SqlScript.Load("0014_categories.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // Forward only: undoing it would be dropping what tenants have sorted.
            throw new System.NotSupportedException("Categories cannot be undone.");
        }
    }
}
