using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Common;

internal static class UploadRows
{
    /// <summary>Ends an upload: once, by whoever comes first. The counter is held, so that nobody comes at once.</summary>
    /// <returns>False when somebody has.</returns>
    public static async Task<bool> TakeUploadAsync(
        this IAppDbContext db, FileId id, CancellationToken cancellationToken) =>
        await db.Uploads.Where(upload => upload.Id == id).ExecuteDeleteAsync(cancellationToken) == 1;

    public static Task<bool> HasFileAsync(this IAppDbContext db, FileId id, CancellationToken cancellationToken) =>
        db.Files.AnyAsync(file => file.Id == id, cancellationToken);
}
