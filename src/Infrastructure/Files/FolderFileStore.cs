using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Infrastructure.Files;

/// <summary>
/// A file for each, in a folder for each tenant; readable by this account alone. Half a file never has the name of a
/// whole one.
/// </summary>
internal sealed class FolderFileStore(FileSettings settings) : IFileStore
{
    private const int BufferSize = 128 * 1024;

    private readonly string _root = Path.GetFullPath(settings.Root!);

    public async Task WriteAsync(FileKey key, Stream content, CancellationToken cancellationToken)
    {
        CreateFolder(Path.GetDirectoryName(PathOf(key))!);
        await using (var file = new FileStream(PartOf(key), Writing()))
        {
            await content.CopyToAsync(file, BufferSize, cancellationToken);
            // On the disk before anybody is told that it is stored.
            file.Flush(flushToDisk: true);
        }

        // Fails if the sweep has taken the part away.
        File.Move(PartOf(key), PathOf(key));
    }

    public Task<Stream> OpenAsync(FileKey key, long from, CancellationToken cancellationToken)
    {
        FileStream file;
        try
        {
            file = new FileStream(PathOf(key), new FileStreamOptions
            {
                Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
                Share = FileShare.Read | FileShare.Delete,
                BufferSize = 0,
            });
        }
        catch (DirectoryNotFoundException missing)
        {
            throw new FileNotFoundException("There is no such file.", missing);
        }

        file.Seek(from, SeekOrigin.Begin);
        return Task.FromResult<Stream>(file);
    }

    public Task EraseAsync(FileKey key, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Path.GetDirectoryName(PathOf(key)))) return Task.CompletedTask;

        // The part first: whoever is writing it cannot give it its name any more.
        File.Delete(PartOf(key));
        File.Delete(PathOf(key));
        return Task.CompletedTask;
    }

    public Task<FileHolding> MeasureAsync(TenantId org, CancellationToken cancellationToken)
    {
        var folder = new DirectoryInfo(FolderOf(org));
        var (files, bytes) = (0L, 0L);
        if (folder.Exists)
            foreach (var file in folder.EnumerateFiles("*", SearchOption.AllDirectories))
                (files, bytes) = (files + 1, bytes + file.Length);
        return Task.FromResult(new FileHolding(files, bytes));
    }

    public Task EraseAllAsync(TenantId org, CancellationToken cancellationToken)
    {
        try
        {
            Directory.Delete(FolderOf(org), recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing there, or another instance was faster.
        }

        return Task.CompletedTask;
    }

    private string FolderOf(TenantId org) => Path.Combine(_root, org.ToString());

    private string PathOf(FileKey key) => Path.Combine(FolderOf(key.OrgId), key.FileId.ToString());

    private string PartOf(FileKey key) => PathOf(key) + ".part";

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static FileStreamOptions Writing()
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.Delete,
            Options = FileOptions.Asynchronous,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
