using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;

namespace CleanTenancy.Infrastructure.Postgres;

/// <summary>Whom the server's programs run as: PostgreSQL refuses to run as root.</summary>
internal sealed record ServerAccount
{
    // Root's own folder: nobody else can plant a cluster or a program there, everybody may pass through, and unlike
    // /tmp it outlives a restart of the machine.
    private const string Shared = "/var/lib/clean-tenancy";
    private const string Passwd = "/etc/passwd";

    private ServerAccount(string? owner) => Owner = owner;

    /// <summary>This process's own user, for what only root may do.</summary>
    public static ServerAccount Self { get; } = new(owner: null);

    /// <summary>"uid:gid" of the other user when this process is root, else null: the server is then ours.</summary>
    public string? Owner { get; }

    /// <exception cref="InvalidOperationException">We are root and there is no user to step down to.</exception>
    public static ServerAccount Current()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return Self;
        }

        var users = File.Exists(Passwd) ? File.ReadAllLines(Passwd).Select(line => line.Split(':')).ToList() : [];
        var user = Array.Find(["postgres", "nobody"], name => users.Exists(fields => fields[0] == name))
            ?? throw new InvalidOperationException(
                $"PostgreSQL does not run as root, and {Passwd} has neither postgres nor nobody. "
                + "Cures: adduser --system postgres, or do not run as root.");
        var entry = users.First(fields => fields[0] == user);
        return new ServerAccount($"{entry[2]}:{entry[3]}");
    }

    /// <summary>A place under root's shared folder, made if need be.</summary>
    /// <exception cref="InvalidOperationException">Even root may not write there.</exception>
    [SupportedOSPlatform("linux")]
    public static string SharedFolder(string name, string unreachable)
    {
        try
        {
            Directory.CreateDirectory(Shared);

            // Said separately, because a mode asked for at creation is cut down by the umask.
            File.SetUnixFileMode(
                Shared,
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
                | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
            return Path.Combine(Shared, name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"The server's user cannot enter {unreachable}, and {Shared} cannot be written instead. Cures: use a "
                + "data folder and a working copy below a folder that everybody may enter, or do not run as root.",
                exception);
        }
    }

    /// <summary>Whether the server, as that user, may enter the folder (or run the file) where it is.</summary>
    public async Task<bool> CanReachAsync(string path, CancellationToken cancellationToken) =>
        Owner is null || (await RunAsync("test", ["-x", path], cancellationToken)).ExitCode == 0;

    /// <summary>Makes the server's user the owner; nothing to do when that is who we are.</summary>
    public async Task GiveAsync(string path, CancellationToken cancellationToken)
    {
        if (Owner is not null)
        {
            (await Self.RunAsync("chown", ["-R", Owner, path], cancellationToken)).ThrowIfFailed($"chown of {path}");
        }
    }

    /// <summary>Runs a program to its end and reads what it printed.</summary>
    public Task<ProgramOutput> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        RunAsync(program, arguments, readOutput: true, cancellationToken);

    /// <summary>
    /// Runs a program that leaves a server behind. Its output is not read: the server could inherit the pipe, and
    /// reading to the end would then take as long as the server lives.
    /// </summary>
    public async Task<int> LaunchAsync(string program, IEnumerable<string> arguments) =>
        (await RunAsync(program, arguments, readOutput: false, CancellationToken.None)).ExitCode;

    private async Task<ProgramOutput> RunAsync(
        string program, IEnumerable<string> arguments, bool readOutput, CancellationToken cancellationToken)
    {
        using var process = new Process { StartInfo = Describe(program, arguments, readOutput) };
        try
        {
            process.Start();
        }
        catch (Win32Exception exception)
        {
            // 127 is the shell's word for a program that is not there or does not run.
            return new ProgramOutput(127, exception.Message);
        }

        try
        {
            var output = readOutput ? process.StandardOutput.ReadToEndAsync(cancellationToken) : Task.FromResult("");
            var errors = readOutput ? process.StandardError.ReadToEndAsync(cancellationToken) : Task.FromResult("");
            await process.WaitForExitAsync(cancellationToken);
            return new ProgramOutput(process.ExitCode, (await output + await errors).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private ProcessStartInfo Describe(string program, IEnumerable<string> arguments, bool readOutput)
    {
        var start = new ProcessStartInfo(Owner is null ? program : "setpriv")
        {
            // initdb and pg_ctl fail where they cannot read the current folder, /root for example.
            WorkingDirectory = "/",
            RedirectStandardOutput = readOutput,
            RedirectStandardError = readOutput,
        };
        if (Owner?.Split(':') is [var uid, var gid])
        {
            foreach (var argument in new[] { $"--reuid={uid}", $"--regid={gid}", "--clear-groups", "--", program })
            {
                start.ArgumentList.Add(argument);
            }
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // PGPORT, PGDATA, PGOPTIONS ... are meant for somebody's own server; messages are read in English.
        foreach (var name in start.Environment.Keys.Where(IsPostgresVariable).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C.UTF-8";
        return start;
    }

    private static bool IsPostgresVariable(string name) => name.StartsWith("PG", StringComparison.Ordinal);
}

/// <summary>What a program printed (output, then errors) and how it ended.</summary>
internal sealed record ProgramOutput(int ExitCode, string Text)
{
    /// <exception cref="InvalidOperationException">The program ended with another code than 0.</exception>
    public void ThrowIfFailed(string deed)
    {
        if (ExitCode != 0)
        {
            throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"{deed} failed with code {ExitCode}:\n{Text}"));
        }
    }
}
