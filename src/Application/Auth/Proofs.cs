using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Auth;

/// <summary>What the slices that check passwords and codes have in common.</summary>
internal sealed class Proofs(IAppDbContext db, ICaller caller, ISecretBox secrets, TimeProvider clock)
{
    /// <summary>An attempt on an account, known or not: the same reads for both.</summary>
    public async Task<Attempt> AttemptAsync(
        AttemptKind kind, string normalizedEmail, User? user, CancellationToken cancellationToken)
    {
        var (id, since) = (user?.Id ?? default, clock.GetUtcNow() - Attempt.KnownFor);
        var places = await db.Sessions
            .Where(s => s.UserId == id && s.CreatedAt > since && s.ImpersonatorId == null)
            .Select(s => s.ClientAddress).Distinct().OrderBy(address => address).Take(200)
            .ToListAsync(cancellationToken);
        var network = ClientNetwork.Of(caller.Address);
        return new Attempt(
            kind, caller.RequiredTenant().Id.ToString(), normalizedEmail, network,
            places.Exists(place => ClientNetwork.Of(place) == network), clock.Now());
    }

    /// <summary>
    /// Uses a code of the app, or a recovery code, up: each is good once, by one conditional UPDATE. In a transaction.
    /// </summary>
    public async Task<bool> UseCodeAsync(User user, string code, CancellationToken cancellationToken)
    {
        if (!user.HasTotp || user.TotpSecret is not { } box) return false;

        var now = clock.Now();
        if (code.Length == Totp.Digits)
            return await MatchAsync(user.Id, box, code, cancellationToken) is { } step
                && await db.Users
                    .Where(u => u.Id == user.Id && u.TotpSecret == box
                        && (u.TotpLastStep == null || u.TotpLastStep < step))
                    .ExecuteUpdateAsync(set => set.SetProperty(u => u.TotpLastStep, step), cancellationToken) == 1;

        var hash = RecoveryCodeText.Hash(user.Id, code);
        return await db.RecoveryCodes
            .Where(c => c.UserId == user.Id && c.Hash == hash && c.UsedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(c => c.UsedAt, now), cancellationToken) == 1;
    }

    /// <returns>The time step whose code it is.</returns>
    public async Task<long?> MatchAsync(UserId user, byte[] box, string code, CancellationToken cancellationToken) =>
        Totp.Match(await secrets.OpenAsync(box, user.Value, cancellationToken), code, clock.GetUtcNow());

    /// <summary>New recovery codes instead of the old ones; shown once. In a transaction that holds the user's row.</summary>
    public async Task<IReadOnlyList<string>> ReplaceRecoveryCodesAsync(User user, CancellationToken cancellationToken)
    {
        await db.RecoveryCodes.Where(c => c.UserId == user.Id).ExecuteDeleteAsync(cancellationToken);
        var codes = Enumerable.Range(0, RecoveryCode.Count).Select(_ => RecoveryCodeText.New()).ToList();
        db.RecoveryCodes.AddRange(
            codes.Select(code => RecoveryCode.Make(user.OrgId, user.Id, RecoveryCodeText.Hash(user.Id, code))));
        return codes;
    }

    /// <summary>The person who has signed in; null when they have gone meanwhile.</summary>
    public Task<User?> MeAsync(CancellationToken cancellationToken)
    {
        var id = caller.RequiredMember().Id;
        return db.Users.SingleOrDefaultAsync(u => u.Id == id && u.Status == UserStatus.Active, cancellationToken);
    }

    /// <summary>About the security of somebody's account, in the tenant's language.</summary>
    public Mail Notice(string template, User user, params (string Name, string Value)[] values)
    {
        var tenant = caller.RequiredTenant();
        var all = new Dictionary<string, string>
        {
            ["name"] = user.Name,
            ["address"] = caller.Address,
        };
        foreach (var (name, value) in values) all[name] = value;
        return new Mail(template, user.Email, tenant.Locale, all);
    }
}
