using System.Globalization;

namespace CleanTenancy.Benchmarks;

/// <summary>What ./dev bench was asked for.</summary>
/// <param name="Tenants">In the database; it keeps those of earlier runs.</param>
/// <param name="Rounds">Of each of the two, for each goal.</param>
/// <param name="Rows">Of the one tenant whose rows go out or come in.</param>
/// <param name="Only">The goals to measure; none is all.</param>
/// <param name="Apis">CleanTenancy.Api.dll of this build, or others to compare with each other.</param>
internal sealed record Arguments(
    int Tenants, int Rounds, int Rows, IReadOnlyList<string> Only, IReadOnlyList<string> Apis)
{
    private static readonly string Own = Path.Combine(AppContext.BaseDirectory, "CleanTenancy.Api.dll");

    public bool Wants(string goal) => Only.Count == 0 || Only.Contains(goal, StringComparer.Ordinal);

    /// <returns>Null, with the usage on the console, when they make no sense.</returns>
    public static Arguments? Parse(string[] args)
    {
        var (tenants, rounds, rows, only, apis) = (200, 6, 100_000, Array.Empty<string>(), new List<string>());
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            var isFine = args[i] switch
            {
                "--tenants" => TryCount(value, out tenants),
                "--rounds" => TryCount(value, out rounds),
                "--rows" => TryCount(value, out rows),
                "--only" => TryGoals(value, out only),
                "--api" => TryFile(value, apis),
                _ => false,
            };
            if (isFine) continue;

            Console.Error.WriteLine(
                "./dev bench [--tenants N] [--rounds N] [--rows N] [--only GOAL,...] [--api CleanTenancy.Api.dll of another build]..."
                + $"\ngoals: {string.Join(' ', Goal.Names)}");
            return null;
        }

        return new(tenants, rounds, rows, only, apis.Count == 0 ? [Own] : apis);
    }

    private static bool TryCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0;

    private static bool TryGoals(string text, out string[] goals)
    {
        goals = text.Split(',');
        return goals.All(goal => Goal.Names.Contains(goal, StringComparer.Ordinal));
    }

    private static bool TryFile(string path, List<string> apis)
    {
        apis.Add(Path.GetFullPath(path));
        return File.Exists(path);
    }
}
