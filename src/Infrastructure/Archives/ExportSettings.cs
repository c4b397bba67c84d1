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

    /// <summary>A file that is gone when it is closed, or when the process is killed.</summary>
    public FileStream OpenTemp()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(TempFolder);
        else Directory.CreateDirectory(TempFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(Path.Combine(TempFolder, Path.GetRandomFileName() + Suffix), options);
        // The name at once, so that nothing is left of a killed process; Windows does it by itself.
        if (!OperatingSystem.IsWindows()) File.Delete(file.Name);
        return file;
    }

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
