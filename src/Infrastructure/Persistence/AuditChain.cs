using CleanTenancy.Application.Common.Ports;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Persistence;

/// <inheritdoc cref="IAuditChain"/>
internal sealed class AuditChain(AppDbContext db) : IAuditChain
{
    /// <summary>About 50,000 lines at a time: each read stays far below the statement's time limit.</summary>
    private const int SealsAtATime = 50;

    private sealed record Problem(long Seal, string Name, Guid? RowId);

    private sealed record Line(Guid RowId, bool? Late);

    public async Task<AuditChainState> VerifyAsync(
        int maxBreaches, int maxUnsealed, CancellationToken cancellationToken)
    {
        var org = db.OrgId.Value;
        var breaches = new List<AuditBreach>();
        var last = await db.AuditSeals.MaxAsync(seal => (long?)seal.Seq, cancellationToken) ?? 0;
        for (var after = 0L; after < last && breaches.Count < maxBreaches; after += SealsAtATime)
        {
            var found = await db.Database.SqlQuery<Problem>(
                $"""
                select seal, problem as name, row_id
                from verify_audit_log({org}, {after}, {SealsAtATime}) limit {maxBreaches - breaches.Count}
                """).ToListAsync(cancellationToken);
            breaches.AddRange(found.Select(problem => new AuditBreach(problem.Seal, problem.Name, problem.RowId)));
        }

        // Late ones first.
        var unsealed = await db.Database.SqlQuery<Line>(
            $"""select row_id, late from unsealed_audit_rows({org}, {maxUnsealed})""").ToListAsync(cancellationToken);
        breaches.AddRange(unsealed.Where(line => line.Late is true).Take(maxBreaches - breaches.Count)
            .Select(line => new AuditBreach(Seal: null, "row_added", line.RowId)));
        return new(breaches, unsealed.Count(line => line.Late is not true));
    }

    public async Task<bool?> HoldsAsync(long seal, byte[] head, CancellationToken cancellationToken) =>
        (await db.AuditSeals.Where(s => s.Seq == seal).Select(s => s.Head).SingleOrDefaultAsync(cancellationToken))
            ?.AsSpan().SequenceEqual(head);
}
