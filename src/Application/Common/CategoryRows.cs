using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;

namespace CleanTenancy.Application.Common;

internal static class CategoryRows
{
    /// <summary>The category is this tenant's, and nobody deletes it before what is written points at it.</summary>
    public static async Task<Error?> CheckCategoryAsync(
        this IAppDbContext db, CategoryId? id, CancellationToken cancellationToken) =>
        id is { } given && !await db.KeepCategoryAsync(given, cancellationToken) ? CategoryErrors.Unknown : null;
}
