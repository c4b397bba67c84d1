using System.Globalization;

namespace CleanTenancy.Benchmarks;

/// <summary>What ./dev bench prints. It judges and fails nothing: this machine is not the next one.</summary>
internal sealed class Table
{
    private const string Row = "{0,4}  {1,-38} {2,10} {3,10} {4,7} {5,6}  {6}";

    private readonly List<(Goal Goal, Measured Measured)> _rows = [];

    public void Add(Goal goal, Measured measured) => _rows.Add((goal, measured));

    public void Print(TextWriter output)
    {
        output.WriteLine(Text(Row, "goal", "what", "floor", "ours", "ratio", "goal", "verdict"));
        foreach (var (goal, measured) in _rows.OrderBy(row => row.Goal.Name, StringComparer.Ordinal))
            output.WriteLine(Text(
                Row,
                goal.Name,
                goal.What,
                Text("{0:0.0}{1}", measured.Floor, measured.Unit),
                Text("{0:0.0}{1}", measured.Ours, measured.Unit),
                Text("{0:0.00}", measured.Ratio),
                goal.Most is { } most ? Text("{0:0.00}", most) : "",
                goal.Most is null ? "" : Math.Round(measured.Ratio, 2) <= goal.Most ? "ok" : "missed").TrimEnd());
    }

    private static string Text(string format, params object[] values) =>
        string.Format(CultureInfo.InvariantCulture, format, values);
}
