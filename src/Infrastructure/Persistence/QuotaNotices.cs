using System.Globalization;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Mails to the owners when a reservation crosses 80 or 100 per cent of a limit, queued in the reservation's own
/// transaction: once for each crossing, and none for what is rolled back.
/// </summary>
internal sealed class QuotaNotices(AppDbContext db, IOutbox outbox)
{
    public async Task QueueAsync(
        Quota quota, long before, long used, long? limit, CancellationToken cancellationToken)
    {
        if (UsageCounter.Crossed(before, used, limit) is not { } percent) return;

        var values = new Dictionary<string, string>
        {
            ["resource"] = Wire.Text(quota),
            ["percent"] = percent.ToString(CultureInfo.InvariantCulture),
            ["used"] = Shown(quota, used),
            ["limit"] = Shown(quota, limit!.Value),
        };
        foreach (var owner in await db.OwnersAsync(cancellationToken))
            // The tenant's language: a person has none of their own.
            await outbox.MailAsync(new Mail(MailTemplates.QuotaNotice, owner.Email, "", values), cancellationToken);
    }

    /// <summary>Bytes in the largest unit that leaves a number of at least one (IEC 80000-13).</summary>
    private static string Shown(Quota quota, long amount)
    {
        if (quota is not Quota.Storage) return amount.ToString("#,0", CultureInfo.InvariantCulture);

        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        var (value, unit) = ((double)amount, 0);
        for (; value >= 1024; unit++) value /= 1024;
        return $"{value.ToString("0.#", CultureInfo.InvariantCulture)} {units[unit]}";
    }
}
