using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using CleanTenancy.Domain.Audit;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common.Ports;

/// <summary>Reads the platform's own log. As platform_role.</summary>
public interface IPlatformAudit
{
    /// <summary>Newest first.</summary>
    /// <param name="action">Only this deed; null for all.</param>
    /// <param name="org">Only what is about this tenant.</param>
    /// <param name="before">Ids below this.</param>
    /// <param name="take">At most.</param>
    Task<IReadOnlyList<PlatformAuditEntry>> ListAsync(
        string? action, TenantId? org, AuditEntryId before, int take, CancellationToken cancellationToken);
}

/// <summary>One line of the platform's log.</summary>
/// <param name="Id">Of the line.</param>
/// <param name="At">When.</param>
/// <param name="Action">The deed, in the past tense.</param>
/// <param name="ActorKind">operator, system, or public for a sign-in that was refused.</param>
/// <param name="OperatorId">Who did it; of a refused sign-in, whose account it was.</param>
/// <param name="OperatorName">As it is now.</param>
/// <param name="RowId">What it is about: most often a tenant.</param>
/// <param name="Details">What the name of the deed does not say, e.g. the reason.</param>
/// <param name="Address">The client's.</param>
/// <param name="RequestId">The X-Request-Id of the answer.</param>
/// <param name="TraceId">Of the W3C trace.</param>
public sealed record PlatformAuditEntry(
    [property: Required] AuditEntryId Id,
    [property: Required] DateTimeOffset At,
    [property: Required] string Action,
    [property: Required] ActorKind ActorKind,
    OperatorId? OperatorId,
    string? OperatorName,
    Guid? RowId,
    JsonElement? Details,
    string? Address,
    string? RequestId,
    string? TraceId);
