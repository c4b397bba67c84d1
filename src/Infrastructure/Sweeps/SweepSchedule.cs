using CleanTenancy.Application.Platform;

namespace CleanTenancy.Infrastructure.Sweeps;

/// <summary>All sweeps and how often each is sent.</summary>
internal static class SweepSchedule
{
    public static readonly IReadOnlyList<Sweep> All =
    [
        new("dispatch outbox", TimeSpan.FromSeconds(5), (sender, ct) => sender.Send(new DispatchOutbox(), ct)),
        new("expire tenants", TimeSpan.FromMinutes(1), (sender, ct) => sender.Send(new ExpireTenants(), ct)),
        new("announce deadlines", TimeSpan.FromMinutes(10), (sender, ct) => sender.Send(new AnnounceDeadlines(), ct)),
        new("take up operations", TimeSpan.FromSeconds(5), (sender, ct) => sender.Send(new TakeUpOperations(), ct)),
        new("seal audit logs", TimeSpan.FromMinutes(1), (sender, ct) => sender.Send(new SealAuditLogs(), ct)),
        new("expire sign-ups", TimeSpan.FromMinutes(1), (sender, ct) => sender.Send(new ExpireSignUps(), ct)),
        new("probe isolation", TimeSpan.FromMinutes(5), (sender, ct) => sender.Send(new ProbeIsolation(), ct)),
        new("sweep abandoned uploads", TimeSpan.FromMinutes(10), (sender, ct) => sender.Send(new SweepAbandonedUploads(), ct)),
        new("expire tenant rows", TimeSpan.FromHours(1), (sender, ct) => sender.Send(new ExpireTenantRows(), ct)),
        new("expire keys of sign-ups", TimeSpan.FromHours(1), (sender, ct) => sender.Send(new ExpireSignUpKeys(), ct)),
        new("expire invitations", TimeSpan.FromHours(1), (sender, ct) => sender.Send(new ExpireInvitations(), ct)),
        new("clear operations", TimeSpan.FromMinutes(10), (sender, ct) => sender.Send(new ClearOperations(), ct)),
        new("purge tenants", TimeSpan.FromMinutes(1), (sender, ct) => sender.Send(new PurgeTenants(), ct)),
        new("release names", TimeSpan.FromHours(1), (sender, ct) => sender.Send(new ReleaseNames(), ct)),
        new("expire audit logs", TimeSpan.FromHours(6), (sender, ct) => sender.Send(new ExpireAuditLogs(), ct)),
        new("reconcile usage", TimeSpan.FromHours(24), (sender, ct) => sender.Send(new ReconcileUsage(), ct)),
        new("expire ledger", TimeSpan.FromDays(1), (sender, ct) => sender.Send(new ExpireLedger(), ct)),
        new("keep audit partitions", TimeSpan.FromDays(1), (sender, ct) => sender.Send(new KeepAuditPartitions(), ct)),
    ];
}
