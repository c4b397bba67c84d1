using CleanTenancy.Application.Common.Ports;
using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>How large and how long an import may be (ADR 0050).</summary>
/// <param name="TempFolder">Where the copy is that an import reads.</param>
/// <param name="Time">For all of it, once it has begun.</param>
internal sealed record ImportSettings(ImportLimits Upload, ArchiveLimits Archive, string TempFolder, TimeSpan Time)
{
    private const long GiB = 1L << 30;

    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public static ImportSettings Read(IConfiguration configuration, FileLimits files)
    {
        var (maxBytes, minutes) = (configuration.GetValue("Imports:MaxBytes", 2 * GiB), configuration.GetValue("Imports:Minutes", 60));
        if (maxBytes < 1) throw new InvalidOperationException("Imports__MaxBytes is at least 1.");
        // The rows under which an import's files wait are swept like those of uploads.
        if (minutes < 1 || minutes > files.UploadTime.TotalMinutes)
            throw new InvalidOperationException($"Imports__Minutes is not between 1 and {files.UploadTime.TotalMinutes}.");

        return new ImportSettings(
            new ImportLimits(maxBytes, files.UploadTime),
            new ArchiveLimits { FileBytes = files.MaxBytes },
            Path.GetFullPath(configuration["Imports:TempFolder"] ?? Path.GetTempPath()),
            TimeSpan.FromMinutes(minutes));
    }
}
