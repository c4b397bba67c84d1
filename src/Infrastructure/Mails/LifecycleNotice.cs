using System.Globalization;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.Infrastructure.Mails;

/// <summary>
/// What the owners are told of their tenant's life. The platform may not read who they are: it queues this, and a handler
/// bound to the tenant makes a mail for each of them.
/// </summary>
/// <param name="Template">Of the mails.</param>
internal sealed record LifecycleNotice(string Template, IReadOnlyDictionary<string, string> Values)
{
    public const string Kind = "lifecycle.notice";

    /// <returns>Null for a move that nobody is told of.</returns>
    public static LifecycleNotice? Of(TenantTrigger trigger, TenantStanding after, string? reason) => trigger switch
    {
        TenantTrigger.TrialExpired => With(MailTemplates.TrialEnded, "deletedAt", after.GraceEndsAt!.Value),
        TenantTrigger.PaymentFailed => With(MailTemplates.PaymentFailed, "deletedAt", after.GraceEndsAt!.Value),
        TenantTrigger.OperatorSuspend => new(
            MailTemplates.TenantSuspended, new Dictionary<string, string> { ["reason"] = reason ?? "-" }),
        _ when after.State is TenantState.Deleted =>
            With(MailTemplates.TenantDeleted, "purgedAt", after.PurgeDueAt!.Value),
        _ => null,
    };

    /// <summary>Of what is to come.</summary>
    public static LifecycleNotice Ahead(string notice, DateTimeOffset deadline) => With(
        notice, notice == MailTemplates.TrialEnding ? "endsAt" : "deletedAt", deadline);

    private static LifecycleNotice With(string template, string name, DateTimeOffset instant) => new(
        template,
        new Dictionary<string, string> { [name] = instant.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) });
}
