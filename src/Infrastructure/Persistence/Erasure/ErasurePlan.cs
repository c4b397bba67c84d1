using CleanTenancy.Infrastructure.Persistence.Isolation;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace CleanTenancy.Infrastructure.Persistence.Erasure;

/// <summary>
/// Which tables are emptied, and in which order. The manifest of the fence says which there are, so that a new one is
/// not forgotten; the model's foreign keys say which comes first.
/// </summary>
internal sealed class ErasurePlan(IDbContextFactory<AppDbContext> contexts)
{
    /// <summary>First, so that as little as possible is still sent; and last, for the log may still be written to.</summary>
    private const string First = "outbox", Log = "audit_logs", Seals = "audit_seals";

    /// <summary>
    /// What tells what became of a sign-up that failed; it is tried again with it, and by a message of the outbox.
    /// </summary>
    private static readonly string[] KeptOfSignUps = ["sign_ups", "provisioning_steps", First, Seals, Log];

    private readonly Lazy<IReadOnlyList<string>> _tables = new(() =>
    {
        using var db = contexts.CreateDbContext();
        return Order(db.Model);
    });

    /// <summary>All tenant tables but organizations, whose row stays; each before those that it refers to.</summary>
    public IReadOnlyList<string> Tables => _tables.Value;

    /// <summary>Those of them that are emptied when a sign-up failed.</summary>
    public IEnumerable<string> TablesOfSignUps => Tables.Except(KeptOfSignUps);

    internal static IReadOnlyList<string> Order(IModel model)
    {
        var waiting = FenceManifest.Purged.Except([First, Seals, Log]).Order(StringComparer.Ordinal).ToList();
        var referring = model.GetEntityTypes().SelectMany(entity => entity.GetForeignKeys())
            .Select(key => (Child: key.DeclaringEntityType.GetTableName(), Parent: key.PrincipalEntityType.GetTableName()))
            .Where(key => key.Child != key.Parent)
            .ToLookup(key => key.Parent, key => key.Child);
        var order = new List<string> { First };
        while (waiting.Count > 0)
        {
            var free = waiting.Where(table => !referring[table].Any(child => waiting.Contains(child!))).ToList();
            if (free.Count == 0)
                throw new InvalidOperationException($"Tables refer to each other: {string.Join(", ", waiting)}.");

            order.AddRange(free);
            waiting = [.. waiting.Except(free)];
        }

        return [.. order, Seals, Log];
    }
}
