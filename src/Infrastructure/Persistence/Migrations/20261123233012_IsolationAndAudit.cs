using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CleanTenancy.Infrastructure.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class IsolationAndAudit : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "audit_retention_days",
                table: "plans",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.Sql(SqlScript.Load("0007_audit_rows.sql"));
            migrationBuilder.Sql(SqlScript.Load("0008_audit_seals.sql"));
            migrationBuilder.Sql(SqlScript.Load("0009_platform.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // Forward only: undoing it would be dropping what the tenants' logs hold.
            throw new System.NotSupportedException("The log cannot be undone.");
        }
    }
}
