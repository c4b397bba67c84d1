using System.Text;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Snapshots;

/// <summary>docs/lifecycle.md: the drawing and the matrix, from the tables that decide (ADR 0017).</summary>
public sealed class LifecycleSnapshotTests
{
    private static readonly (string Name, TenantState State, SuspensionReason? Reason)[] Columns =
    [
        ("Provisioning, ProvisioningFailed", TenantState.Provisioning, null),
        ("Trial", TenantState.Trial, null),
        ("Active", TenantState.Active, null),
        ("Suspended (billing)", TenantState.Suspended, SuspensionReason.Billing),
        ("Suspended (operator)", TenantState.Suspended, SuspensionReason.Operator),
        ("Deleted", TenantState.Deleted, null),
        ("Purged", TenantState.Purged, null),
    ];

    private static readonly Dictionary<Capability, string> Meanings = new()
    {
        [Capability.SignIn] = "the owner signs in, and who checks tickets; members where they may read",
        [Capability.Pay] = "the owner pays",
        [Capability.Export] = "the owner takes the data out",
        [Capability.Delete] = "the owner deletes the tenant",
        [Capability.Restore] = "the owner takes the deletion back",
        [Capability.Read] = "members read",
        [Capability.Change] = "members create and change; new orders",
        [Capability.HonourTickets] = "existing tickets, check-in, refunds",
        [Capability.UseKeys] = "API keys, outgoing webhooks",
    };

    /// <summary>What an arrow waits for, where that is not its trigger alone.</summary>
    private static readonly Dictionary<TenantTrigger, string> Conditions = new()
    {
        [TenantTrigger.CancelSubscription] = "when the paid period ends",
        [TenantTrigger.Restore] = "before the purge is due",
        [TenantTrigger.PurgeData] = "after the retention",
    };

    [Fact]
    public async Task The_lifecycle_is_the_one_committed()
    {
        var page = new StringBuilder(
            $"""
            # The lifecycle of a tenant

            Generated from `TenantTransitions.Table` and `TenantLifecycle.Allows`: `./dev snapshots` writes it, a test compares it
            (ADR 0017, [ADR 0040](adr/0040-the-lifecycle.md)). Any other trigger is 409 `invalid_transition`.

            Unless the settings say otherwise, a trial lasts {Days(LifecycleTimes.Default.Trial)} days, grace {Days(LifecycleTimes.Default.Grace)}, and a deleted tenant is kept for {Days(LifecycleTimes.Default.Retention)}.

            ```mermaid
            stateDiagram-v2
                [*] --> Provisioning

            """);
        foreach (var arrow in TenantTransitions.Table)
            page.Append("    ").Append(arrow.From).Append(" --> ").Append(arrow.To).Append(": ").Append(Label(arrow)).Append('\n');
        page.Append(
            """
                Purged --> [*]
            ```

            What a tenant may, by state:

            | | 
            """.TrimEnd(' '));
        page.Append(' ').AppendJoin(" | ", Columns.Select(column => column.Name)).Append(" |\n| ---");
        foreach (var _ in Columns) page.Append(" | ---");
        page.Append(" |\n");
        foreach (var capability in Enum.GetValues<Capability>().OrderBy(one => Array.IndexOf([.. Meanings.Keys], one)))
            page.Append("| ").Append(Meanings[capability]).Append(" | ")
                .AppendJoin(" | ", Columns.Select(column => Cell(column.State, column.Reason, capability))).Append(" |\n");
        page.Append(
            """

            A custom domain answers as the tenant's own host does: with what the state allows, and with a notice (403
            `tenant_suspended`, `tenant_deleted`) for the rest, until a purge releases it.

            """);

        await Repository.ShouldHoldAsync("docs/lifecycle.md", page.ToString());
    }

    private static string Label(Transition arrow)
    {
        var kind = (arrow.If ?? arrow.Because) is { } reason ? $" ({reason.ToString().ToLowerInvariant()})" : "";
        var condition = Conditions.TryGetValue(arrow.Trigger, out var text) ? $", {text}" : "";
        return $"{arrow.Trigger}{kind}{condition}";
    }

    private static string Cell(TenantState state, SuspensionReason? reason, Capability capability) =>
        !TenantLifecycle.Allows(state, reason, capability) ? "-"
        : state is TenantState.Deleted && capability is Capability.HonourTickets ? "until the event ends"
        : "yes";

    private static int Days(TimeSpan time) => (int)time.TotalDays;
}
