using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;

namespace CleanTenancy.Infrastructure.Postgres;

/// <summary>PostgreSQL's own folder (PGDATA): where it is, who runs on it, what a crash left behind.</summary>
internal sealed class ClusterFolder
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private readonly ServerAccount _account;

    private ClusterFolder(string path, bool isElsewhere, ServerAccount account)
    {
        Path = path;
        IsElsewhere = isElsewhere;
        _account = account;
    }

    public string Path { get; }

    /// <summary>The server's user cannot enter the data folder, so the cluster is not in it.</summary>
    public bool IsElsewhere { get; }

    /// <summary>initdb works in a neighbour that is renamed when complete: what exists is whole.</summary>
    public bool Exists => File.Exists(InFolder("PG_VERSION"));

    public string LogFile => InFolder("server.log");

    private string LockFile => InFolder("postmaster.pid");

    /// <summary>
    /// The cluster belongs into the data folder. As root with a working copy below /root the server's user cannot
    /// get there; refusing would fail the first ./dev up of everybody who works as root in a container, so the
    /// cluster then stands below a folder of root's that everybody may enter, and a link in the data folder shows it.
    /// </summary>
    [SupportedOSPlatform("linux")]
    public static async Task<ClusterFolder> LocateAsync(
        string dataFolder, ServerAccount account, CancellationToken cancellationToken)
    {
        var inside = System.IO.Path.Combine(dataFolder, "cluster");
        if (await account.CanReachAsync(dataFolder, cancellationToken))
        {
            return new ClusterFolder(inside, isElsewhere: false, account);
        }

        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(dataFolder)))[..16];
        var outside = ServerAccount.SharedFolder($"cluster-{name}", dataFolder);
        if (!System.IO.Path.Exists(inside) && new FileInfo(inside).LinkTarget is null)
        {
            Directory.CreateSymbolicLink(inside, outside);
        }

        return new ClusterFolder(outside, isElsewhere: true, account);
    }

    /// <summary>The major version that made the cluster, null when there is none.</summary>
    public int? MajorVersion() =>
        Exists ? int.Parse(File.ReadAllText(InFolder("PG_VERSION")), CultureInfo.InvariantCulture) : null;

    /// <summary>The port of the server that runs on this folder, null when none does.</summary>
    /// <exception cref="InvalidOperationException">A server runs but does not become ready.</exception>
    public async Task<int?> RunningPortAsync(CancellationToken cancellationToken)
    {
        // A starter that was killed half-way, or a stop from outside, leaves a server that is not ready yet or any
        // more; either ends by itself.
        var waiting = Stopwatch.StartNew();
        while (ReadLock() is { } found && IsOurs(found.ProcessId, found.Text))
        {
            if (found.Port is { } port)
            {
                return port;
            }

            if (waiting.Elapsed > TimeSpan.FromSeconds(60))
            {
                throw new InvalidOperationException(
                    $"The server on {Path} (process {found.ProcessId}) is not ready after 60 s. The end of {LogFile}:\n"
                    + EndOfLog());
            }

            await Task.Delay(Pause, cancellationToken);
        }

        return null;
    }

    /// <summary>After a kill -9 of the server: waits for its orphans, and removes a lock that nobody holds.</summary>
    public async Task ClearLeftoversAsync(CancellationToken cancellationToken)
    {
        if (ReadLock() is not { } left)
        {
            return;
        }

        // Orphans notice the death at their next wait; one in a long statement does not, and PostgreSQL refuses to
        // start beside it. Ending it loses nothing: its transaction could not have committed any more.
        var waiting = Stopwatch.StartNew();
        while (Orphans(left.Text) is { Count: > 0 } orphans)
        {
            if (waiting.Elapsed > TimeSpan.FromSeconds(5))
            {
                orphans.ForEach(Kill);
            }

            await Task.Delay(Pause, cancellationToken);
        }

        // PostgreSQL takes over a lock whose process is gone. It cannot tell when the number went to a stranger, or
        // to a dead child that nobody waited for, and would refuse to start for good.
        if (Directory.Exists(string.Create(CultureInfo.InvariantCulture, $"/proc/{left.ProcessId}")))
        {
            File.Delete(LockFile);
        }
    }

    /// <summary>A cluster copied here, or made before the user postgres existed, belongs to somebody else.</summary>
    public Task TakeOwnershipAsync(CancellationToken cancellationToken) =>
        _account.GiveAsync(Path, cancellationToken);

    public void Delete() => Directory.Delete(Path, recursive: true);

    public string EndOfLog() =>
        File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(20)) : "(none)";

    private string InFolder(string name) => System.IO.Path.Combine(Path, name);

    // Lines of postmaster.pid: process, folder, start, port, socket folder, address, shared memory, status.
    private (int ProcessId, int? Port, string Text)? ReadLock()
    {
        if (ReadOrNull(LockFile) is not { } text)
        {
            return null;
        }

        var lines = text.Split('\n');
        if (!int.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var processId))
        {
            return null;
        }

        var isReady = lines.Length > 7 && lines[7].Trim() == "ready";
        return (processId, isReady ? int.Parse(lines[3], CultureInfo.InvariantCulture) : null, text);
    }

    private static List<int> Orphans(string lockText) =>
    [
        .. from folder in Directory.EnumerateDirectories("/proc")
           let number = System.IO.Path.GetFileName(folder)
           where number.All(char.IsAsciiDigit)
           let processId = int.Parse(number, CultureInfo.InvariantCulture)
           where IsOurs(processId, lockText)
           select processId,
    ];

    // Numbers are used again, so a living process proves nothing. A server stands in its cluster: the lock it sees
    // there must be the one we see here. This also holds where symbolic links give the folder two names.
    private static bool IsOurs(int processId, string lockText)
    {
        var process = string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}");
        return ReadOrNull($"{process}/comm")?.Trim() == "postgres"
            && ReadOrNull($"{process}/cwd/postmaster.pid") == lockText;
    }

    private static void Kill(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It went by itself between the look and the kill.
        }
    }

    private static string? ReadOrNull(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
