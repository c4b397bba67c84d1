namespace CleanTenancy.Benchmarks;

/// <summary>One of the project's goals of speed: a number that should not be exceeded.</summary>
/// <param name="Number">By which reviews and commits name it.</param>
/// <param name="IsList">A page of 20 instead of one event.</param>
/// <param name="Most">A ratio of CPU, or a count.</param>
internal sealed record Goal(int Number, string What, bool IsList, double Most)
{
    public static readonly IReadOnlyList<Goal> Reads =
    [
        new(1, "GET one event, CPU/request", IsList: false, 1.35),
        new(2, "GET 20 events, CPU/request", IsList: true, 1.40),
    ];

    public static readonly IReadOnlyList<Goal> Trips =
    [
        new(3, "GET one event, round trips", IsList: false, 1),
        new(3, "GET 20 events, round trips", IsList: true, 1),
    ];
}

/// <summary>What came out.</summary>
/// <param name="Floor">Microseconds of CPU, or what cannot be avoided.</param>
/// <param name="Ours">In the same unit.</param>
internal sealed record Measured(double Floor, double Ours, string Unit)
{
    public double Ratio => Ours / Floor;
}
