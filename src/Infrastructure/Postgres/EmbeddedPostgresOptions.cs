namespace CleanTenancy.Infrastructure.Postgres;

/// <summary>Where and how the development server keeps its data.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>Holds the cluster, its log, the password and the port; made when missing, kept when not.</summary>
    public required string DataFolder { get; init; }

    /// <summary>False trades crash safety for speed: for tests, whose data nobody will miss.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>0 takes a free port and remembers it in the data folder: connection strings stay true.</summary>
    public int Port { get; init; }
}
