using System.Collections.Frozen;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;

namespace CleanTenancy.Application.Common;

/// <summary>A tenant as the request sees it: seconds old at most, immutable, shared by all requests.</summary>
public sealed record Tenant
{
    public required TenantId Id { get; init; }

    /// <summary>Of the organization's row.</summary>
    public long Version { get; init; }

    public required string Slug { get; init; }

    public required string Name { get; init; }

    public required Tier Tier { get; init; }

    /// <summary>As its row says; what counts is <see cref="StateAt"/>.</summary>
    public required TenantStanding Standing { get; init; }

    /// <summary>Of the installation: the clock's judgement needs them.</summary>
    public LifecycleTimes Times { get; init; } = LifecycleTimes.Default;

    public required string Locale { get; init; }

    public required string TimeZone { get; init; }

    public required string Currency { get; init; }

    /// <summary>Of the plan, but for what an override says for this tenant.</summary>
    public required PlanLimits Limits { get; init; }

    /// <inheritdoc cref="Limits"/>
    public required FrozenSet<Feature> Features { get; init; }

    /// <summary>When the next override expires; null when none does.</summary>
    public DateTimeOffset? EntitledUntil { get; init; }

    /// <summary>For each feature, the cheapest plan that has it.</summary>
    public required FrozenDictionary<Feature, Tier> CheapestPlanWith { get; init; }

    /// <summary>
    /// The state by the clock: what ran out has ended, whether or not a sweep has seen it.
    /// </summary>
    public (TenantState State, SuspensionReason? Reason, DateTimeOffset Since) StateAt(DateTimeOffset now)
    {
        var standing = Standing.At(now, Times);
        return (standing.State, standing.Reason, standing.Since);
    }
}

/// <summary>Who signed in, with the permissions of now: from the session's row, never from an old token.</summary>
public sealed record Member
{
    public required UserId Id { get; init; }

    /// <summary>A person, or a program with a key: then Id is the key's.</summary>
    public ActorKind Kind { get; init; } = ActorKind.User;

    /// <summary>Who made the key; null for a person. A key is nobody in the table of users.</summary>
    public UserId? KeyOf { get; init; }

    /// <summary>The person: of a key the one who made it. Where a row points at a user, this is the one.</summary>
    public UserId PersonId => KeyOf ?? Id;

    /// <summary>Of the user's row.</summary>
    public long Version { get; init; }

    /// <summary>When the person last proved who they are.</summary>
    public DateTimeOffset AuthenticatedAt { get; init; }

    /// <summary>The operator who acts as this person.</summary>
    public OperatorId? ImpersonatorId { get; init; }

    public required SessionId SessionId { get; init; }

    public required TenantId OrgId { get; init; }

    public required string Email { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> Roles { get; init; }

    public required FrozenSet<string> Permissions { get; init; }

    public bool IsOwner => Roles.Contains(BuiltInRoles.SuperAdmin);

    public bool May(string permission) =>
        permission.Length == 0
        || Permissions.Contains(permission)
        || Permissions.Contains(Domain.Members.Permissions.All);
}

/// <summary>A person of the platform who has signed in.</summary>
public sealed record Operator(OperatorId Id, OperatorSessionId SessionId, string Email, string Name);
