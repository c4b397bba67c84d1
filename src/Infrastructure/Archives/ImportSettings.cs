using CleanTenancy.Application.Common.Ports;
using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>How large and how long an import may be (ADR 0050).</summary>
/// <param name="TempFolder">Where the copy is that an import reads.</param>
/// <param name="Time">For all of it, once it has begun.</param>
internal sealed record ImportSettings(ImportLimits Upload, ArchiveLimits Archive, string TempFolder, TimeSpan Time)
{
    private const long GiB = 1L << 30;

    private static readonly TimeSpan UploadTime = TimeSpan.FromHours(2);

    /// <exception cref="InvalidOperationException">A setting is out of its range.</exception>
    public static ImportSettings Read(IConfiguration configuration)
    {
        var (maxBytes, minutes) = (configuration.GetValue("Imports:MaxBytes", 2 * GiB), configuration.GetValue("Imports:Minutes", 60));
        if (maxBytes < 1) throw new InvalidOperationException("Imports__MaxBytes is at least 1.");
        if (minutes < 1) throw new InvalidOperationException("Imports__Minutes is at least 1.");

        return new ImportSettings(
            new ImportLimits(maxBytes, UploadTime),
            new ArchiveLimits(),
            Path.GetFullPath(configuration["Imports:TempFolder"] ?? Path.GetTempPath()),
            TimeSpan.FromMinutes(minutes));
    }
}
