using System.Globalization;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Outbox;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Provisioning;

/// <summary>
/// The steps themselves. Each locks its row first: two at once do it once, and a sign-up that is undone is not set up any
/// more. What members could do is done as application_role, the rest as platform_role.
/// </summary>
internal sealed class ProvisioningSteps(
    AppDbContext db, PlatformTenancy platform, ProvisioningRows rows, IQuotas quotas, ILinks links, SignUpTimes times,
    IFailPoints failPoints, TimeProvider clock)
{
    public Task<bool> TakeAsync(TenantId org, ProvisioningTask task, CancellationToken cancellationToken) => task switch
    {
        ProvisioningTask.Owner => AsTenantAsync(org, task, JoinOwnerAsync, cancellationToken),
        ProvisioningTask.Content => AsTenantAsync(org, task, FillAsync, cancellationToken),
        ProvisioningTask.PaymentAccount => AsPlatformAsync(
            org, task, (_, _) => Task.CompletedTask, cancellationToken, skipped: "payments are not connected yet"),
        ProvisioningTask.Route => AsPlatformAsync(org, task, rows.RouteAsync, cancellationToken),
        ProvisioningTask.Welcome => AsPlatformAsync(org, task, WelcomeAsync, cancellationToken),
        ProvisioningTask.Audit => AsPlatformAsync(
            org, task,
            (transaction, stop) => transaction.RecordAsync("tenant.provisioned", org.Value, null, stop),
            cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(task), task, "A step that nobody does."),
    };

    /// <summary>
    /// Counts the failure, and undoes the whole when it is one too many. What is not pending has not failed: a message
    /// that comes late may stumble over a step that is done, of a tenant that lives.
    /// </summary>
    /// <returns>Whether there is nothing more to try.</returns>
    public async Task<bool> GiveUpAsync(
        TenantId org, ProvisioningTask task, int deliveries, int most, CancellationToken cancellationToken)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        var failures = await rows.FailedAsync(transaction, task, cancellationToken);
        var isLast = failures > 0 && (failures >= most || deliveries >= most);
        if (isLast)
        {
            failPoints.Pass("provision.undo.before");
            var reason = $"the step {Wire.Text(task)} failed {failures} times";
            if (await rows.UndoAsync(transaction, reason, forget: false, cancellationToken) is not null) return false;

            failPoints.Pass("provision.undo.within");
        }

        await transaction.CommitAsync();
        return isLast;
    }

    private async Task<bool> AsTenantAsync(
        TenantId org, ProvisioningTask task, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        db.Bind(new TenantBinding(org));
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = clock.Now();
        var taken = await db.ProvisioningSteps
            .Where(step => step.Task == task && step.Status == ProvisioningStepStatus.Pending)
            .ExecuteUpdateAsync(
                set => set.SetProperty(step => step.Status, ProvisioningStepStatus.Done)
                    .SetProperty(step => step.Reason, (string?)null).SetProperty(step => step.DoneAt, now)
                    .SetProperty(step => step.Attempts, step => step.Attempts + 1),
                cancellationToken);
        if (taken == 0) return false;

        await work(cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        failPoints.Pass($"provision.{task}.within");
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    }

    private async Task<bool> AsPlatformAsync(
        TenantId org, ProvisioningTask task, Func<PlatformTransaction, CancellationToken, Task> work,
        CancellationToken cancellationToken, string? skipped = null)
    {
        await using var transaction = await platform.BeginAsync(org, cancellationToken);
        var status = skipped is null ? ProvisioningStepStatus.Done : ProvisioningStepStatus.Skipped;
        if (!await rows.FinishAsync(transaction, task, status, skipped, cancellationToken)) return false;

        await work(transaction, cancellationToken);
        failPoints.Pass($"provision.{task}.within");
        await transaction.CommitAsync();
        return true;
    }

    private async Task JoinOwnerAsync(CancellationToken cancellationToken)
    {
        // The counter before the rows, as everybody (ADR 0015).
        if (await quotas.ReserveAsync(Quota.Members, 1, cancellationToken) is { } refusal)
            throw new InvalidOperationException($"There is no seat for the owner: {refusal.Code}.");

        var (now, signUp) = (clock.Now(), await db.SignUps.SingleAsync(cancellationToken));
        var roles = BuiltInRoles.All.Keys.Select(name => Role.FromBuiltIn(signUp.OrgId, name, now)).ToList();
        db.Roles.AddRange(roles);
        db.Users.Add(User.Join(
            signUp.OrgId, signUp.AdminEmail!, signUp.AdminName!, signUp.PasswordHash!,
            [roles.Single(role => role.Name == BuiltInRoles.SuperAdmin).Id], now));
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        var organization = await db.Organizations.SingleAsync(cancellationToken);
        TenantContent.Of(organization, clock.Now()).AddTo(db);
    }

    /// <summary>The token is in the mail and nowhere else; the mail is queued once, for the step is done once.</summary>
    private async Task WelcomeAsync(PlatformTransaction transaction, CancellationToken cancellationToken)
    {
        var applicant = await rows.ApplicantAsync(transaction, cancellationToken);
        var token = ActivationToken.New(transaction.OrgId);
        await rows.ArmAsync(transaction, token.Hash, cancellationToken);
        var mail = new Mail(
            MailTemplates.Welcome,
            applicant.Email,
            applicant.Locale,
            new Dictionary<string, string>
            {
                ["name"] = applicant.Name,
                ["host"] = links.HostOf(applicant.Slug),
                ["link"] = links.ToPlatform($"/activate?token={token.Text}"),
                ["days"] = times.ActivationLifetime.TotalDays.ToString("0", CultureInfo.InvariantCulture),
            });
        MailTemplates.Require(mail);
        await transaction.QueueAsync(OutboxWriter.MailKind, mail, cancellationToken);
    }
}
