using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Files;

namespace CleanTenancy.Application.Events;

internal static class EventCovers
{
    /// <summary>The file is this tenant's and an image, and nobody deletes it before the event points at it.</summary>
    public static async Task<Error?> CheckCoverAsync(
        this IAppDbContext db, FileId? id, CancellationToken cancellationToken)
    {
        if (id is not { } given) return null;
        if (await db.KeepFileAsync(given, cancellationToken) is not { } file) return FileErrors.Unknown;

        return file.IsImage ? null : FileErrors.NotAnImage;
    }
}
