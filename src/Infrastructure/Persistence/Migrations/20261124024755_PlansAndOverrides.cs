using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CleanTenancy.Infrastructure.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class PlansAndOverrides : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "concurrent_requests",
                table: "plans",
                type: "integer",
                nullable: false,
                defaultValue: 4);

            migrationBuilder.AddColumn<long>(
                name: "version",
                table: "plans",
                type: "bigint",
                nullable: false,
                defaultValue: 1L);

            migrationBuilder.CreateTable(
                name: "tenant_overrides",
                columns: table => new
                {
                    org_id = table.Column<Guid>(type: "uuid", nullable: false),
                    entitlement = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    amount = table.Column<long>(type: "bigint", nullable: true),
                    enabled = table.Column<bool>(type: "boolean", nullable: true),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    reason = table.Column<string>(type: "character varying(500)", maxLength: 500, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_tenant_overrides", x => new { x.org_id, x.entitlement });
                    table.CheckConstraint("ck_tenant_overrides_entitlement", "entitlement in ('events', 'participants', 'storageBytes', 'members', 'requestsPerMinute', 'concurrentRequests', 'customDomain', 'emailTemplates', 'analytics', 'apiAccess', 'sla', 'dedicatedSupport')");
                    table.ForeignKey(
                        name: "fk_tenant_overrides_organizations_org_id",
                        column: x => x.org_id,
                        principalTable: "organizations",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.Sql(SqlScript.Load("0011_plans.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // Forward only: undoing it would be forgetting what tenants were promised beyond their plan.
            throw new System.NotSupportedException("Plans and overrides cannot be undone.");
        }
    }
}
