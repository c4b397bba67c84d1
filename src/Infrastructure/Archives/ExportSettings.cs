using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>Where exports are made and for how long they are kept.</summary>
internal sealed record ExportSettings(string TempFolder, TimeSpan Keep)
{
    private const string Suffix = ".export";

    /// <summary>On Unix a file that somebody is writing has no name, so what has one for a while is nobody's.</summary>
    private static readonly TimeSpan Abandoned = TimeSpan.FromMinutes(1);

    /// <exception cref="InvalidOperationException">Exports__KeepHours is out of its range.</exception>
    public static ExportSettings Read(IConfiguration configuration)
    {
        var hours = configuration.GetValue("Exports:KeepHours", 24);
        if (hours is < 1 or > 24 * 30) throw new InvalidOperationException("Exports__KeepHours is between 1 and 720.");

        return new(
            configuration["Exports:TempFolder"] ?? Path.Combine(Path.GetTempPath(), "cleantenancy-exports"),
            TimeSpan.FromHours(hours));
    }

    public FileStream OpenTemp() => NamelessFile.Create(TempFolder, Suffix, bufferSize: 0);

    /// <summary>What a process left that was killed between making a file and taking its name away.</summary>
    public void ClearTemp(DateTimeOffset now)
    {
        var folder = new DirectoryInfo(TempFolder);
        if (!folder.Exists) return;

        foreach (var file in folder.EnumerateFiles("*" + Suffix))
            if (file.LastWriteTimeUtc < now.UtcDateTime - Abandoned)
                TryDelete(file);
    }

    private static void TryDelete(FileInfo file)
    {
        try
        {
            file.Delete();
        }
        catch (IOException)
        {
            // On Windows somebody is writing it.
        }
    }
}
