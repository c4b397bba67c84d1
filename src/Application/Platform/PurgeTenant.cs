using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>
/// Erases a deleted tenant for good. Nothing of it is answered any more; the certificate is there when all is gone.
/// </summary>
/// <param name="Id">The tenant.</param>
/// <param name="Content">Why, and that it is meant.</param>
public sealed record PurgeTenant(TenantId Id, PurgeGrounds Content) : IPlatformCommand<PurgeStarted>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "tenant.purged",
    };
}

/// <summary>Why a tenant is erased, and that it is this one.</summary>
public sealed record PurgeGrounds
{
    /// <summary>It stays in the certificate: name no person.</summary>
    [Required]
    public string Reason { get; init; } = "";

    /// <summary>The tenant's slug.</summary>
    [Required]
    public string Confirm { get; init; } = "";

    /// <summary>Before the time to restore it is over: somebody who has the right to erasure wants it now.</summary>
    public bool? Early { get; init; }
}

internal sealed class PurgeTenantValidator : AbstractValidator<PurgeTenant>
{
    public PurgeTenantValidator()
    {
        RuleFor(c => c.Content.Reason).IsReason();
        RuleFor(c => c.Content.Confirm).NotEmpty();
    }
}

/// <summary>A purge that has begun.</summary>
/// <param name="TenantId">The tenant.</param>
/// <param name="StartedAt">From then on nothing brings it back.</param>
public sealed record PurgeStarted(
    [property: Required] TenantId TenantId, [property: Required] DateTimeOffset StartedAt);

internal sealed class PurgeTenantHandler(IErasure erasure) : IRequestHandler<PurgeTenant, Result<PurgeStarted>>
{
    public async Task<Result<PurgeStarted>> Handle(PurgeTenant command, CancellationToken cancellationToken)
    {
        var (id, content) = (command.Id, command.Content);
        var started = await erasure.PurgeAsync(
            id, new(content.Confirm, content.Reason, content.Early is true), cancellationToken);
        return started.Error is { } refusal ? refusal : new PurgeStarted(id, started.Value);
    }
}
