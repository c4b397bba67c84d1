namespace CleanTenancy.Infrastructure.Archives;

/// <summary>How much of an archive is read before it is refused (ADR 0050).</summary>
internal sealed record ArchiveLimits
{
    /// <summary>Ten thousand files, and what describes them.</summary>
    public int Entries { get; init; } = 20_000;

    /// <summary>Bytes of all entries, unpacked.</summary>
    public long UnpackedBytes { get; init; } = 8L << 30;

    /// <summary>
    /// Unpacked bytes for one packed; deflate's own end is 1032. Small entries harm nobody.
    /// </summary>
    public int Ratio { get; init; } = 250;

    /// <inheritdoc cref="Ratio"/>
    public int SmallEntry { get; init; } = 1 << 20;

    /// <summary>Bytes of a row.</summary>
    public int LineBytes { get; init; } = 1 << 20;

    /// <summary>Bytes of manifest.json and of organization.json: they are read as a whole.</summary>
    public int DocumentBytes { get; init; } = 8 << 20;

    /// <summary>Of one of the tenant's files: as many as an upload may have.</summary>
    public long FileBytes { get; init; } = 2L << 30;

    /// <summary>Of a row's JSON.</summary>
    public int Depth { get; init; } = 32;

    public long Rows { get; init; } = 2_000_000;

    /// <summary>
    /// Rows of which something is kept in memory: those that others may point at, people, and what has a name of its own.
    /// </summary>
    public int HeldRows { get; init; } = 200_000;

    /// <summary>Of these all is kept in memory, and nobody has as many.</summary>
    public int Roles { get; init; } = 1_000;

    public long RowsOf(ArchiveTable table) => table.Name == "roles" ? Roles : Rows;
}
