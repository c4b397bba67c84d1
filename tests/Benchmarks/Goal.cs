namespace CleanTenancy.Benchmarks;

/// <summary>What is asked of the servers.</summary>
internal enum Ask
{
    One,

    /// <summary>20 of them.</summary>
    Page,

    /// <summary>To make one.</summary>
    New,
}

/// <summary>One of the project's goals of speed: a number that should not be exceeded.</summary>
/// <param name="Name">By which --only, reviews and commits name it.</param>
/// <param name="Most">A ratio to the floor; null for what is only told.</param>
internal sealed record Goal(string Name, string What, double? Most = null)
{
    /// <summary>Those that --only may name.</summary>
    public static readonly IReadOnlyList<string> Names =
    [
        "1", "2", "3", FenceCost.Name, "6", TriggerCost.Name, QuotaCost.Name, LimiterCost.Name, SealingCost.Name,
        NoisyNeighbour.Name, ExportCost.Name, ImportCost.Name,
    ];

    /// <summary>Requests to the floor and to our API.</summary>
    public static readonly IReadOnlyList<(Goal Goal, Ask Ask)> Requests =
    [
        (new("1", "GET one event, CPU/request", 1.35), Ask.One),
        (new("2", "GET 20 events, CPU/request", 1.40), Ask.Page),
        (new("6", "POST an event, CPU/request", 2.00), Ask.New),
    ];

    public static readonly IReadOnlyList<(Goal Goal, Ask Ask)> Trips =
    [
        (new("3", "GET one event, round trips", 1), Ask.One),
        (new("3", "GET 20 events, round trips", 1), Ask.Page),
    ];
}

/// <summary>What came out.</summary>
/// <param name="Floor">Microseconds, or what cannot be avoided.</param>
/// <param name="Ours">In the same unit.</param>
internal sealed record Measured(double Floor, double Ours, string Unit)
{
    public static Measured Microseconds(List<double> floors, List<double> ours) =>
        new(Duel.Median(floors), Duel.Median(ours), " us");

    public double Ratio => Ours / Floor;
}
