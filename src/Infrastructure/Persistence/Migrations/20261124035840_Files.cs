using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CleanTenancy.Infrastructure.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Files : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "cover_file_id",
                table: "events",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "files",
                columns: table => new
                {
                    org_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(255)", maxLength: 255, nullable: false),
                    content_type = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    size = table.Column<long>(type: "bigint", nullable: false),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_by = table.Column<Guid>(type: "uuid", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_files", x => new { x.org_id, x.id });
                    table.CheckConstraint("ck_files_size", "size >= 0");
                    table.ForeignKey(
                        name: "fk_files_organizations_org_id",
                        column: x => x.org_id,
                        principalTable: "organizations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_files_users_org_id_created_by",
                        columns: x => new { x.org_id, x.created_by },
                        principalTable: "users",
                        principalColumns: new[] { "org_id", "id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "uploads",
                columns: table => new
                {
                    org_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    reserved = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_uploads", x => new { x.org_id, x.id });
                    table.CheckConstraint("ck_uploads_reserved", "reserved >= 0");
                    table.ForeignKey(
                        name: "fk_uploads_organizations_org_id",
                        column: x => x.org_id,
                        principalTable: "organizations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_events_org_id_cover_file_id",
                table: "events",
                columns: new[] { "org_id", "cover_file_id" });

            migrationBuilder.CreateIndex(
                name: "ix_files_org_id_created_by",
                table: "files",
                columns: new[] { "org_id", "created_by" });

            migrationBuilder.AddForeignKey(
                name: "fk_events_files_org_id_cover_file_id",
                table: "events",
                columns: new[] { "org_id", "cover_file_id" },
                principalTable: "files",
                principalColumns: new[] { "org_id", "id" },
                onDelete: ReferentialAction.Restrict);

            migrationBuilder.Sql(SqlScript.Load("0012_files.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // Forward only: undoing it would be forgetting where the tenants' files are.
            throw new System.NotSupportedException("Files cannot be undone.");
        }
    }
}
