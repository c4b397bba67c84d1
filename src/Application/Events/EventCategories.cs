using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;

namespace CleanTenancy.Application.Events;

internal static class EventCategories
{
    /// <summary>The category is this tenant's, and nobody deletes it before the event points at it.</summary>
    public static async Task<Error?> CheckCategoryAsync(
        this IAppDbContext db, CategoryId? id, CancellationToken cancellationToken) =>
        id is { } given && !await db.KeepCategoryAsync(given, cancellationToken) ? CategoryErrors.Unknown : null;
}
