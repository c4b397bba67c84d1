using System.Collections.Frozen;
using System.Globalization;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Application.Common;

/// <summary>
/// The mails we send and the values each must be given; all have tenant (its name) and at (when it was queued)
/// besides. A value whose name ends in At is an instant (RFC 3339) and shown in the tenant's time zone.
/// </summary>
public static class MailTemplates
{
    public const string Invitation = "invitation", PasswordReset = "password_reset",
        PasswordChanged = "password_changed", SessionStolen = "session_stolen", TotpEnabled = "totp_enabled",
        TotpDisabled = "totp_disabled", RecoveryCodesMade = "recovery_codes_made", QuotaNotice = "quota_notice",
        Welcome = "welcome",
        TrialEnding = "trial_ending", TrialEnded = "trial_ended", PaymentFailed = "payment_failed",
        TenantSuspended = "tenant_suspended", DeletionAhead = "deletion_ahead", TenantDeleted = "tenant_deleted";

    /// <summary>The languages that each template is written in; the last resort is the first.</summary>
    public static readonly IReadOnlyList<string> Locales = ["en", "ko"];

    public static readonly FrozenDictionary<string, string[]> Values = new Dictionary<string, string[]>
    {
        [Invitation] = ["link", "inviter", "days"],
        [PasswordReset] = ["name", "address", "link", "minutes"],
        [PasswordChanged] = ["name", "address"],
        [SessionStolen] = ["name", "startedAt", "address", "userAgent", "link"],
        [TotpEnabled] = ["name", "address"],
        [TotpDisabled] = ["name", "address"],
        [RecoveryCodesMade] = ["name", "address"],
        [Welcome] = ["name", "host", "link", "days"],
        [QuotaNotice] = ["resource", "percent", "used", "limit"],
        [TrialEnding] = ["endsAt"],
        [TrialEnded] = ["deletedAt"],
        [PaymentFailed] = ["deletedAt"],
        [TenantSuspended] = ["reason"],
        [DeletionAhead] = ["deletedAt"],
        [TenantDeleted] = ["purgedAt"],
    }.ToFrozenDictionary();

    /// <summary>
    /// Mails that a tenant may put into its own words, and what each must show whatever the words are (ADR 0045).
    /// </summary>
    public static readonly FrozenDictionary<string, string[]> Changeable = new Dictionary<string, string[]>
    {
        [Invitation] = ["link"],
    }.ToFrozenDictionary();

    /// <summary>What a template may name.</summary>
    public static IReadOnlyList<string> VariablesOf(string key) => [.. Values[key], "tenant", "at"];

    /// <summary>The first of these that we write in, by its language; else English.</summary>
    public static string LocaleOf(params IEnumerable<string> wishes) =>
        wishes.Select(wish => wish.Split('-', '_')[0].ToLowerInvariant()).FirstOrDefault(Locales.Contains)
        ?? Locales[0];

    /// <summary>Before a mail is queued: later nobody is there who could mend it.</summary>
    /// <exception cref="ArgumentException">There is no such template, or a value is missing.</exception>
    public static void Require(Mail mail)
    {
        if (!Values.TryGetValue(mail.Template, out var names))
            throw new ArgumentException($"There is no mail template {mail.Template}.", nameof(mail));

        foreach (var name in names)
        {
            if (!mail.Values.TryGetValue(name, out var value))
                throw new ArgumentException($"The mail {mail.Template} needs the value {name}.", nameof(mail));
            if (name.EndsWith("At", StringComparison.Ordinal) && !TryInstant(value, out _))
                throw new ArgumentException($"The mail {mail.Template}'s {name} is no instant.", nameof(mail));
        }
    }

    public static bool TryInstant(string text, out DateTimeOffset instant) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant);
}
