using System.Globalization;

namespace CleanTenancy.Benchmarks;

/// <summary>
/// CPU of a process and of every process of one PostgreSQL server, from /proc: the work of a request is done on both
/// sides of the connection. What this process spends on asking does not count.
/// </summary>
internal sealed class CpuMeter(int server, int postmaster)
{
    /// <summary>sysconf(_SC_CLK_TCK), which Linux fixes for user space on all its common architectures.</summary>
    private const double MicrosecondsPerTick = 1_000_000 / 100.0;

    /// <summary>
    /// Microseconds the runtime has spent on compiling hot methods again. It does so in the background, and for longer
    /// than one expects: after six seconds of load it was still a quarter of our API's CPU.
    /// </summary>
    public double ReadCompiler()
    {
        var threads = string.Create(CultureInfo.InvariantCulture, $"/proc/{server}/task");
        return MicrosecondsPerTick * Directory.EnumerateDirectories(threads)
            .Select(thread => $"{thread}/stat")
            .Where(stat => TextOf(stat)?.Contains("(.NET Tiered Com", StringComparison.Ordinal) is true)
            .Sum(stat => Parse(TextOf(stat))?.Ticks ?? 0);
    }

    /// <summary>Microseconds since the processes started.</summary>
    public double Read()
    {
        var (_, ticks, ended) = Stat(server) ?? throw new InvalidOperationException("The server is gone.");
        ticks += ended;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
            if (Stat(id) is not { } found || (id != postmaster && found.Parent != postmaster)) continue;

            // Backends that have ended are in the postmaster's sum of its children.
            ticks += found.Ticks + (id == postmaster ? found.Ended : 0);
        }

        return ticks * MicrosecondsPerTick;
    }

    /// <summary>Nanoseconds that one process has run: for a backend that does little between two looks.</summary>
    public static long ReadOne(int process)
    {
        var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/schedstat"));
        return long.Parse(text.AsSpan(0, text.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
    }

    public static int ParentOf(int process) => Stat(process)!.Value.Parent;

    private static (int Parent, long Ticks, long Ended)? Stat(int process) =>
        Parse(TextOf(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat")));

    /// <returns>Null for a process that has gone. Fields as in proc(5): 4 is ppid, 14 to 17 the times.</returns>
    private static (int Parent, long Ticks, long Ended)? Parse(string? text)
    {
        if (text is null) return null;

        // The name in field 2 may hold anything, but no parenthesis follows it.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return ((int)Field(4), Field(14) + Field(15), Field(16) + Field(17));

        long Field(int number) => long.Parse(fields[number - 3], CultureInfo.InvariantCulture);
    }

    private static string? TextOf(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
