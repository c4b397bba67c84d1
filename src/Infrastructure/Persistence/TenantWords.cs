using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// A tenant's own words of its mails, for whoever sends them outside of every request: read bound to the tenant, as
/// application_role, for the platform sees none of them.
/// </summary>
internal sealed class TenantWords(IDbContextFactory<AppDbContext> contexts, TimeProvider clock)
{
    /// <returns>Null where ours are to be sent: it has none, or its plan has not the feature now.</returns>
    public async Task<MailSource?> FindAsync(
        TenantId org, string key, string locale, CancellationToken cancellationToken)
    {
        if (!MailTemplates.Changeable.ContainsKey(key)) return null;

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Bind(new TenantBinding(org));
        var own = await db.EmailTemplates.Where(t => t.Key == key && t.Locale == locale)
            .Select(t => new MailSource(t.Subject, t.Body)).SingleOrDefaultAsync(cancellationToken);
        return own is not null && await MayAsync(db, cancellationToken) ? own : null;
    }

    private async Task<bool> MayAsync(AppDbContext db, CancellationToken cancellationToken)
    {
        var plan = await (
            from organization in db.Organizations
            join terms in db.Set<Plan>() on organization.Tier equals terms.Tier
            select terms).SingleAsync(cancellationToken);
        var overrides = await db.PlanOverrides.ToListAsync(cancellationToken);
        return Entitlements.Of(plan, overrides, clock.GetUtcNow()).Features.Contains(Feature.EmailTemplates);
    }
}
