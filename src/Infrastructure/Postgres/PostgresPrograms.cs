using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace CleanTenancy.Infrastructure.Postgres;

/// <summary>initdb, postgres and pg_ctl of one version, run as the server's user.</summary>
internal sealed partial class PostgresPrograms
{
    private const int OldestMajor = 15;
    private readonly ServerAccount _account;

    private PostgresPrograms(string folder, ServerAccount account)
    {
        Folder = folder;
        _account = account;
    }

    public string Folder { get; }

    /// <summary>The best programs that run here and, where there is a cluster, have its major version.</summary>
    [SupportedOSPlatform("linux")]
    public static async Task<PostgresPrograms> ChooseAsync(
        ServerAccount account, int? clusterMajor, CancellationToken cancellationToken)
    {
        var tried = new List<string>();
        foreach (var binaries in PostgresBinaries.FindAll())
        {
            var folder = await ReachableFolderAsync(binaries, account, cancellationToken);
            var answer = await account.RunAsync(InFolder(folder, "postgres"), ["--version"], cancellationToken);
            if (answer.ExitCode != 0)
            {
                tried.Add($"{folder}: does not run: {answer.Text}");
                continue;
            }

            var version = MajorPattern().Match(answer.Text).Groups["major"].Value;
            var major = int.Parse(version, CultureInfo.InvariantCulture);
            if (major >= OldestMajor && major == (clusterMajor ?? major))
            {
                return new PostgresPrograms(folder, account);
            }

            var reason = major < OldestMajor
                ? "too old"
                : $"the data is of {clusterMajor}: delete the data folder, development data is seeded again";
            tried.Add($"{folder}: is version {version}, {reason}");
        }

        throw PostgresBinaries.NotFound(tried);
    }

    /// <summary>Makes the cluster: UTF-8, the same order of text on every machine, a password for everybody.</summary>
    [SupportedOSPlatform("linux")]
    public async Task InitializeAsync(
        ClusterFolder cluster, string secret, bool durable, CancellationToken cancellationToken)
    {
        var unfinished = cluster.Path + ".new";
        var passwordFile = cluster.Path + ".password";
        DeleteIfThere(unfinished);
        Directory.CreateDirectory(
            unfinished, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await _account.GiveAsync(unfinished, cancellationToken);
        try
        {
            // Not the file "secret" itself: its folder may be one that the server's user cannot enter.
            PrivateFile.Write(passwordFile, secret);
            await _account.GiveAsync(passwordFile, cancellationToken);
            string[] arguments =
            [
                "-D", unfinished, "--username=postgres", $"--pwfile={passwordFile}", "--auth=scram-sha-256",
                "--encoding=UTF8", "--locale=C.UTF-8", .. durable ? Array.Empty<string>() : ["--no-sync"],
            ];
            (await _account.RunAsync(InFolder(Folder, "initdb"), arguments, cancellationToken))
                .ThrowIfFailed($"{Folder}/initdb");
        }
        finally
        {
            File.Delete(passwordFile);
        }

        Directory.Move(unfinished, cluster.Path);
    }

    /// <summary>Starts the server and waits until it is ready; false when it ended instead: its log says why.</summary>
    /// <remarks>Takes no cancellation token: a start given up half-way leaves a server that nobody stops.</remarks>
    public async Task<bool> StartAsync(ClusterFolder cluster, int port, bool durable)
    {
        // No socket file: with TCP alone nothing depends on a writable /run, a short path, or who may enter it.
        var settings = string.Create(
            CultureInfo.InvariantCulture,
            $"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200"
            + $" -c timezone=UTC -c log_timezone=UTC");
        if (!durable)
        {
            // Many APIs at once, each with its pools: what comes later counts.
            settings += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=400";
        }

        return await _account.LaunchAsync(
            InFolder(Folder, "pg_ctl"),
            ["start", "-w", "-t", "60", "-s", "-D", cluster.Path, "-l", cluster.LogFile, "-o", settings]) == 0;
    }

    /// <summary>Stops the server, if one runs: clients are cut off, their transactions roll back.</summary>
    public async Task StopAsync(ClusterFolder cluster)
    {
        if (await cluster.RunningPortAsync(CancellationToken.None) is not null)
        {
            (await _account.RunAsync(
                InFolder(Folder, "pg_ctl"),
                ["stop", "-m", "fast", "-w", "-t", "60", "-D", cluster.Path],
                CancellationToken.None))
                .ThrowIfFailed($"Stopping the server on {cluster.Path}");
        }
    }

    // The npm package below /root, or unpacked under a strict umask, is out of the server's user's reach; the Debian
    // folders never are, and what PG_BIN names is not ours to copy.
    [SupportedOSPlatform("linux")]
    private static async Task<string> ReachableFolderAsync(
        PostgresBinaries binaries, ServerAccount account, CancellationToken cancellationToken)
    {
        if (binaries.NpmPackage is not { } package
            || await account.CanReachAsync(InFolder(binaries.Folder, "postgres"), cancellationToken))
        {
            return binaries.Folder;
        }

        var identity = package + await File.ReadAllTextAsync(InFolder(package, "package.json"), cancellationToken);
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..16];
        var copy = ServerAccount.SharedFolder($"programs-{name}", package);
        if (!Directory.Exists(copy))
        {
            // Renamed when complete; the process number keeps two first starts apart.
            var unfinished = string.Create(CultureInfo.InvariantCulture, $"{copy}.{Environment.ProcessId}");
            DeleteIfThere(unfinished);
            (await ServerAccount.Self.RunAsync(
                "cp", ["-a", InFolder(package, "native"), unfinished], cancellationToken))
                .ThrowIfFailed($"Copying {package}");
            (await ServerAccount.Self.RunAsync("chmod", ["-R", "a+rX", unfinished], cancellationToken))
                .ThrowIfFailed($"chmod of {unfinished}");
            MoveUnlessThere(unfinished, copy);
        }

        return InFolder(copy, "bin");
    }

    private static void MoveUnlessThere(string from, string to)
    {
        try
        {
            Directory.Move(from, to);
        }
        catch (IOException) when (Directory.Exists(to))
        {
            Directory.Delete(from, recursive: true);
        }
    }

    private static void DeleteIfThere(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string InFolder(string folder, string name) => Path.Combine(folder, name);

    [GeneratedRegex(@"PostgreSQL\) (?<major>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MajorPattern();
}
