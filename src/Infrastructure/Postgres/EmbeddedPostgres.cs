using System.Data.Common;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;

namespace CleanTenancy.Infrastructure.Postgres;

/// <summary>
/// A real PostgreSQL (15 or later) for development and tests, started from local programs. It listens on 127.0.0.1
/// only, asks everyone for the password, and the last process that uses it stops it.
/// </summary>
/// <remarks>
/// The data folder holds <c>cluster</c> (with server.log in it), <c>secret</c>, <c>port</c> and two lock files:
/// <c>starting.lock</c> is held while a server starts or stops, <c>users.lock</c> is shared by everybody who uses it.
/// Test projects run side by side and end in any order: were the one that started the server to stop it, it would
/// cut off the others. The operating system drops a lock with the process that held it, so a server left behind by a
/// crash is found, used and stopped by the next one.
/// </remarks>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    // EAGAIN, which is how .NET reports a file that is locked; every other error must reach the caller.
    private const int IsLocked = 11;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly PostgresPrograms _programs;
    private readonly ClusterFolder _cluster;
    private readonly string _dataFolder;
    private FileStream? _use;

    private EmbeddedPostgres(
        string dataFolder, PostgresPrograms programs, ClusterFolder cluster, FileStream use, int port, string secret)
    {
        _dataFolder = dataFolder;
        _programs = programs;
        _cluster = cluster;
        _use = use;
        Port = port;
        Secret = secret;
    }

    /// <summary>The TCP port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>The password of the superuser <c>postgres</c>: hexadecimal digits only.</summary>
    public string Secret { get; }

    /// <summary>Attaches to the server that runs on this folder, else starts one.</summary>
    /// <remarks>An attached server keeps the port and the durability that it was started with.</remarks>
    /// <exception cref="InvalidOperationException">It cannot start here: the message says what to do.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException(
                "The embedded PostgreSQL runs on Linux only. Set ConnectionStrings__App, ConnectionStrings__Platform "
                + "and ConnectionStrings__Owner to a server of your own.");
        }

        var dataFolder = Path.GetFullPath(options.DataFolder);
        if (!Directory.Exists(dataFolder))
        {
            // Root's server runs as somebody else, who must be able to pass through; the files inside are private.
            Directory.CreateDirectory(dataFolder);
            File.SetUnixFileMode(
                dataFolder,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        using var starting = await LockAsync(dataFolder, cancellationToken);
        return await StartLockedAsync(options, dataFolder, cancellationToken);
    }

    /// <summary>For <paramref name="user"/>, whose password must be <see cref="Secret"/>.</summary>
    public string ConnectionString(string database, string user) =>
        new DbConnectionStringBuilder
        {
            ["Host"] = "127.0.0.1",
            ["Port"] = Port.ToString(CultureInfo.InvariantCulture),
            ["Database"] = database,
            ["Username"] = user,
            ["Password"] = Secret,
        }.ConnectionString;

    /// <summary>Stops the server unless somebody else still uses it: open transactions roll back.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _use, null) is not { } use)
        {
            return;
        }

        if (!Directory.Exists(_dataFolder))
        {
            // Deleted under us. A server whose lock file is gone stops by itself within a minute.
            await use.DisposeAsync();
            return;
        }

        // Without the first lock, a process that starts now could attach to a server that is about to go.
        using var starting = await LockAsync(_dataFolder, CancellationToken.None);
        await use.DisposeAsync();
        using var alone = TryLock(UsersLock(_dataFolder), FileShare.None);
        if (alone is not null)
        {
            await _programs.StopAsync(_cluster);
        }
    }

    [SupportedOSPlatform("linux")]
    private static async Task<EmbeddedPostgres> StartLockedAsync(
        EmbeddedPostgresOptions options, string dataFolder, CancellationToken cancellationToken)
    {
        var account = ServerAccount.Current();
        var cluster = await ClusterFolder.LocateAsync(dataFolder, account, cancellationToken);
        var secretFile = Path.Combine(dataFolder, "secret");
        var isLocked = cluster.Exists && !File.Exists(secretFile);
        if (isLocked && !cluster.IsElsewhere)
        {
            throw new InvalidOperationException(
                $"{secretFile} is gone, and with it the password of {cluster.Path}. "
                + $"Delete {dataFolder}: development data is seeded again.");
        }

        var programs = await PostgresPrograms.ChooseAsync(
            account, isLocked ? null : cluster.MajorVersion(), cancellationToken);
        if (isLocked)
        {
            // Whoever deleted the data folder to start afresh does not know of the second place.
            await programs.StopAsync(cluster);
            cluster.Delete();
        }

        if (!cluster.Exists)
        {
            var fresh = RandomNumberGenerator.GetHexString(48, lowercase: true);
            PrivateFile.Write(secretFile, fresh);
            await programs.InitializeAsync(cluster, fresh, options.Durable, cancellationToken);
        }

        var secret = await File.ReadAllTextAsync(secretFile, cancellationToken);
        var port = await cluster.RunningPortAsync(cancellationToken)
            ?? await StartOnFreePortAsync(programs, cluster, options, dataFolder, cancellationToken);

        // Shared locks do not exclude each other, and whoever takes the exclusive one holds starting.lock, as we do.
        var use = TryLock(UsersLock(dataFolder), FileShare.Read)
            ?? throw new InvalidOperationException($"{UsersLock(dataFolder)} is locked by a stranger.");
        return new EmbeddedPostgres(dataFolder, programs, cluster, use, port, secret);
    }

    [SupportedOSPlatform("linux")]
    private static async Task<int> StartOnFreePortAsync(
        PostgresPrograms programs,
        ClusterFolder cluster,
        EmbeddedPostgresOptions options,
        string dataFolder,
        CancellationToken cancellationToken)
    {
        await cluster.ClearLeftoversAsync(cancellationToken);
        await cluster.TakeOwnershipAsync(cancellationToken);
        var portFile = Path.Combine(dataFolder, "port");
        var wanted = options.Port != 0 ? options.Port : RememberedPort(portFile);
        for (var attempt = 1; ; attempt++)
        {
            var port = wanted != 0 && IsFree(wanted) ? wanted : 0;
            if (port == 0 && options.Port != 0)
            {
                throw new InvalidOperationException(
                    $"Port {options.Port} on 127.0.0.1 is taken. Choose another, or 0 for any free one.");
            }

            port = port == 0 ? FreePort() : port;
            if (await programs.StartAsync(cluster, port, options.Durable))
            {
                await File.WriteAllTextAsync(
                    portFile, port.ToString(CultureInfo.InvariantCulture), CancellationToken.None);
                return port;
            }

            // Between the look and the start somebody else may have taken the port: only then is another try worth it.
            if (IsFree(port) || options.Port != 0 || attempt == 3)
            {
                throw new InvalidOperationException(
                    $"PostgreSQL ({programs.Folder}) did not start on port {port}. The end of {cluster.LogFile}:\n"
                    + cluster.EndOfLog());
            }

            wanted = 0;
        }
    }

    private static int RememberedPort(string file) =>
        File.Exists(file)
        && int.TryParse(File.ReadAllText(file), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? port
            : 0;

    private static bool IsFree(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string UsersLock(string dataFolder) => Path.Combine(dataFolder, "users.lock");

    private static async Task<FileStream> LockAsync(string dataFolder, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryLock(Path.Combine(dataFolder, "starting.lock"), FileShare.None) is { } held)
            {
                return held;
            }

            await Task.Delay(Pause, cancellationToken);
        }
    }

    // On Linux this is flock(2), exclusive for FileShare.None: it also keeps two users within one process apart.
    private static FileStream? TryLock(string file, FileShare share)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.Read, share);
        }
        catch (IOException exception) when (exception.HResult == IsLocked)
        {
            return null;
        }
    }
}
