namespace CleanTenancy.Application.Common.Ports;

/// <summary>Counts requests in windows that slide: in no minute are more taken than the limit (ADR 0034).</summary>
public interface IRequestLimiter
{
    /// <summary>
    /// Takes one of each limit or, where one of them is used up, none of any: a refusal costs nothing. Always answers:
    /// where the windows are shared and cannot be asked, by those of this instance.
    /// </summary>
    ValueTask<Taken> TakeAsync(RateLimit limit, RateLimit? also = null);

    /// <summary>What was taken for a request that something else refused.</summary>
    void GiveBack(Taken taken);
}

/// <summary>Where a limit comes from; headers and problems say it in lower case.</summary>
public enum RatePolicy
{
    /// <summary>The tenant's plan: so many requests per tenant and route.</summary>
    Plan,

    /// <summary>Where the client is: so many per <see cref="ClientNetwork"/> and kind of public route.</summary>
    Network,
}

/// <summary>Whose window, and for what.</summary>
/// <param name="Tenant">The tenant's id; empty for a network.</param>
/// <param name="Network">See <see cref="ClientNetwork"/>; null for a tenant.</param>
/// <param name="Route">
/// The request's name, or the kind of route: never the path, which has as many spellings as a client likes.
/// </param>
public readonly record struct RateKey(RatePolicy Policy, Guid Tenant, string? Network, string Route)
{
    /// <summary>
    /// On the way of each request: of the route, whose names are ours and few, it looks at no more than it needs.
    /// </summary>
    public override int GetHashCode() =>
        HashCode.Combine(Tenant, Network, (Route.Length << 16) ^ (Route[Route.Length / 2] << 8) ^ Route[^1]);
}

/// <summary>So many within any <see cref="Window"/>.</summary>
/// <param name="Most">At least one: who is not limited asks for nothing.</param>
public readonly record struct RateLimit(RateKey Key, int Most)
{
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
}

/// <summary>What one window says after it was asked.</summary>
/// <param name="Remaining">How many more it would take now.</param>
/// <param name="Reset">When the oldest request that it counts leaves it.</param>
/// <param name="Wait">When it would take one again; null if it has taken this one.</param>
public readonly record struct RateState(RateLimit Limit, int Remaining, TimeSpan Reset, TimeSpan? Wait);

/// <summary>What became of one request.</summary>
/// <param name="At">The instant it was counted at, as the one who counted it tells the time.</param>
/// <param name="Shared">Null where only this instance counted.</param>
public readonly record struct Taken(RateState First, RateState? Second, int At, long? Shared = null)
{
    public bool IsAllowed => First.Wait is null && Second?.Wait is null;
}
