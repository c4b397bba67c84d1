using System.Collections.Frozen;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using MediatR;

namespace CleanTenancy.UnitTests.Application.Common;

/// <summary>A tenant, a member and a caller, for the tests of what stands before the handlers.</summary>
internal static class Fakes
{
    public static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly Tenant Acme = new()
    {
        Id = TenantId.New(Noon),
        Slug = "acme",
        Name = "Acme",
        Tier = Tier.Starter,
        Standing = new TenantStanding { State = TenantState.Active, Since = Noon.AddDays(-1) },
        Locale = "ko",
        TimeZone = "Asia/Seoul",
        Currency = "KRW",
        Limits = new PlanLimits
        {
            Events = 5,
            Participants = 500,
            StorageBytes = null,
            Members = 10,
            RequestsPerMinute = 300,
            ConcurrentRequests = 8,
        },
        Features = FrozenSet.Create(Feature.Analytics),
        CheapestPlanWith = new Dictionary<Feature, Tier>
        {
            [Feature.Analytics] = Tier.Starter,
            [Feature.CustomDomain] = Tier.Pro,
        }.ToFrozenDictionary(),
    };

    public static Member MemberWith(params string[] permissions) => new()
    {
        Id = UserId.New(Noon),
        SessionId = SessionId.New(Noon),
        OrgId = Acme.Id,
        Email = "ann@acme.test",
        Name = "Ann",
        Roles = ["organizer"],
        Permissions = permissions.ToFrozenSet(),
    };

    /// <summary>Answers "done", and tells whether it was asked.</summary>
    public sealed class Handler
    {
        public int Calls { get; private set; }

        public Result<string> Answer { get; set; } = "done";

        public RequestHandlerDelegate<Result<string>> Next => () =>
        {
            Calls++;
            return Task.FromResult(Answer);
        };
    }

    /// <summary>Remembers what was denied.</summary>
    public sealed class Denials : IDenials
    {
        public List<Denial> Recorded { get; } = [];

        public Task RecordAsync(Denial denial, CancellationToken cancellationToken)
        {
            Recorded.Add(denial);
            return Task.CompletedTask;
        }
    }

    public sealed record Caller : ICaller
    {
        public Tenant? Tenant { get; init; } = Acme;

        public Member? Member { get; init; }

        public Operator? Operator { get; init; }

        public bool IsSystem { get; init; }

        public string? TraceId => null;

        public string Address => "192.0.2.1";

        public string UserAgent => "tests";

        public string RequestId => "request";

        public string? IdempotencyKey { get; init; }

        public Type? DeclaredRequest { get; init; }
    }
}
