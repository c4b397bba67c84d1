using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>
/// What the battery tried, block by block: how many cases, over how many tables or endpoints, in which time. Written
/// to TestResults/isolation.txt when the tests end; ./dev isolation and ./dev check print it.
/// </summary>
internal static class Tally
{
    private static readonly ConcurrentDictionary<string, Block> Blocks = new();

    private static readonly ConcurrentDictionary<string, IsolationRuleReport> Rules = new();

    /// <summary>Opens a block, or goes on with one of the same name; its time runs until it is disposed.</summary>
    /// <param name="name">Say what is attacked first: "HTTP, foreign ids"; "SQL, matrix".</param>
    public static Run Start(string name) => new(Blocks.GetOrAdd(name, static n => new Block(n)));

    /// <summary>A rule's verdict on the schema as it is migrated.</summary>
    public static void Judge(IsolationRuleReport rule) => Rules[rule.Rule] = rule;

    public static string Report()
    {
        var text = new StringBuilder();
        foreach (var rule in Rules.Values
            .OrderBy(r => r.Control[0]).ThenBy(r => int.Parse(r.Control.AsSpan(1), CultureInfo.InvariantCulture))
            .ThenBy(r => r.Rule, StringComparer.Ordinal))
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{rule.Control,-4} {(rule.Holds ? "holds" : "BROKEN"),-7} {rule.Examined.Count,4} examined  {rule.Rule}");
        if (!Rules.IsEmpty) text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{"block",-52} {"cases",9} {"over",6} {"seconds",8}");
        foreach (var block in Blocks.Values.OrderBy(b => b.Name, StringComparer.Ordinal))
            text.AppendLine(CultureInfo.InvariantCulture,
                $"{block.Name,-52} {block.Cases,9} {block.Over.Count,6} {block.Time.TotalSeconds,8:0.0}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{"sum",-52} {Blocks.Values.Sum(b => b.Cases),9}");
        return text.ToString();
    }

    internal sealed class Block(string name)
    {
        private long _cases, _ticks;

        public string Name => name;

        public ConcurrentDictionary<string, byte> Over { get; } = new();

        public long Cases => Interlocked.Read(ref _cases);

        public TimeSpan Time => TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

        public void Add(long cases) => Interlocked.Add(ref _cases, cases);

        public void Spend(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);
    }

    /// <summary>One test's share of a block.</summary>
    internal sealed class Run(Block block) : IDisposable
    {
        private readonly long _started = Stopwatch.GetTimestamp();
        private long _cases;

        /// <summary>Cases counted by this run: to be asserted, for a run that tried nothing shows nothing.</summary>
        public long Cases => Interlocked.Read(ref _cases);

        /// <param name="over">The table or the endpoint.</param>
        /// <param name="cases">How many.</param>
        public void Count(string over, long cases = 1)
        {
            block.Over.TryAdd(over, 0);
            block.Add(cases);
            Interlocked.Add(ref _cases, cases);
        }

        public void Dispose() => block.Spend(Stopwatch.GetElapsedTime(_started));
    }
}
