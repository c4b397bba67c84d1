using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace CleanTenancy.Infrastructure.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class BoundOutbox : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(SqlScript.Load("0016_bound_outbox.sql"));
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            // Forward only: undoing it would open the outbox again.
            throw new System.NotSupportedException("The outbox stays bound.");
        }
    }
}
