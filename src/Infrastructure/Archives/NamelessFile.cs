namespace CleanTenancy.Infrastructure.Archives;

/// <summary>A file of this process that nobody else can open, and that is gone when it is closed.</summary>
internal static class NamelessFile
{
    /// <summary>Without a name where the system allows it: then no death of the process leaves it behind.</summary>
    /// <param name="folder">Made for this process's user alone, where there is none yet.</param>
    /// <param name="suffix">Of the name that it has for a moment.</param>
    public static FileStream Create(string folder, string suffix, int bufferSize)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Delete,
            Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
            BufferSize = bufferSize,
        };
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var file = new FileStream(Path.Combine(folder, Path.GetRandomFileName() + suffix), options);
        // Windows takes the name away by itself.
        if (!OperatingSystem.IsWindows()) File.Delete(file.Name);
        return file;
    }
}
