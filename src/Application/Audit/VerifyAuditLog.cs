using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Audit;

/// <summary>
/// Verifies the audit log: up to where the chain of seals is whole, and which line is not as it was sealed. Keep the
/// head elsewhere, and give it back later as seal and head: a chain that was rewritten as a whole does not hold it.
/// </summary>
/// <param name="Seal">The number of a seal that was kept.</param>
/// <param name="Head">Its head, 64 hexadecimal digits.</param>
public sealed record VerifyAuditLog(long? Seal, string? Head) : IQuery<AuditVerification>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.AuditRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class VerifyAuditLogValidator : AbstractValidator<VerifyAuditLog>
{
    public VerifyAuditLogValidator()
    {
        RuleFor(q => q.Seal).GreaterThan(0).OverridePropertyName("?seal");
        RuleFor(q => q.Seal).NotNull().When(q => q.Head is not null).OverridePropertyName("?seal");
        RuleFor(q => q.Head).NotNull().When(q => q.Seal is not null).OverridePropertyName("?head");
        RuleFor(q => q.Head).Matches("^[0-9a-f]{64}$").OverridePropertyName("?head");
    }
}

/// <summary>The state of the chain.</summary>
/// <param name="Whole">Every seal, and every line in it, is as it was sealed.</param>
/// <param name="WholeThrough">The last seal before the first breach; the newest seal when whole; null without one.</param>
/// <param name="Newest">The newest seal: its head stands for the whole log up to it.</param>
/// <param name="Unsealed">Lines that wait for their seal; 1000 stands for that many or more.</param>
/// <param name="Kept">Whether the chain holds the seal and head that were given; null when none were.</param>
/// <param name="Breaches">What is not whole, in the order of the chain; 100 at most.</param>
public sealed record AuditVerification(
    [property: Required] bool Whole,
    AuditSealDetails? WholeThrough,
    AuditSealDetails? Newest,
    [property: Required] int Unsealed,
    bool? Kept,
    [property: Required] IReadOnlyList<AuditBreach> Breaches);

/// <summary>A seal.</summary>
/// <param name="Seal">Its number, from 1.</param>
/// <param name="Head">SHA-256 in hexadecimal: of all that was sealed up to here.</param>
/// <param name="Through">The newest of its lines.</param>
/// <param name="SealedAt">When it was made.</param>
public sealed record AuditSealDetails(
    [property: Required] long Seal,
    [property: Required] string Head,
    [property: Required] DateTimeOffset Through,
    [property: Required] DateTimeOffset SealedAt);

internal sealed class VerifyAuditLogHandler(IAppDbContext db, IAuditChain chain)
    : IRequestHandler<VerifyAuditLog, Result<AuditVerification>>
{
    private const int MaxBreaches = 100, MaxUnsealed = 1000;

    public async Task<Result<AuditVerification>> Handle(VerifyAuditLog query, CancellationToken cancellationToken)
    {
        var (breaches, unsealed) = await chain.VerifyAsync(MaxBreaches, MaxUnsealed, cancellationToken);
        var newest = await SealBeforeAsync(long.MaxValue, cancellationToken);
        // A line that was added stands in no seal: it breaks none of them.
        var first = breaches.Min(breach => breach.Seal);
        var whole = first is null ? newest : await SealBeforeAsync(first.Value, cancellationToken);
        bool? kept = query is { Seal: { } seal, Head: { } head }
            ? await chain.HoldsAsync(seal, Convert.FromHexString(head), cancellationToken) is true
            : null;
        return new AuditVerification(breaches.Count == 0 && kept is not false, whole, newest, unsealed, kept, breaches);
    }

    private async Task<AuditSealDetails?> SealBeforeAsync(long seq, CancellationToken cancellationToken)
    {
        var seal = await db.AuditSeals.Where(s => s.Seq < seq).OrderByDescending(s => s.Seq)
            .FirstOrDefaultAsync(cancellationToken);
        return seal is null
            ? null
            : new(seal.Seq, Convert.ToHexStringLower(seal.Head), seal.ThroughAt, seal.SealedAt);
    }
}
