using CleanTenancy.Domain.Files;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>
/// What is known of an archive once all of it has been read and found right: what the rows become, and what that needs.
/// </summary>
internal sealed class ImportPlan
{
    /// <summary>Table, then the archive's id, then the one that it gets here: of tables that others point at.</summary>
    public Dictionary<string, Dictionary<Guid, Guid>> Ids { get; } = [];

    /// <summary>By the archive's id.</summary>
    public Dictionary<Guid, ImportedEvent> Events { get; } = [];

    /// <summary>Members who may sign in, by the archive's id, with the archive's ids of their roles.</summary>
    public Dictionary<Guid, List<Guid>> Members { get; } = [];

    /// <summary>Lines of each table, in the archive's order.</summary>
    public Dictionary<string, long> Lines { get; } = [];

    /// <summary>Files whose bytes are there, by the archive's id: what the bytes themselves say.</summary>
    public Dictionary<Guid, FileContentFacts> Files { get; } = [];

    /// <summary>Registrations that are held or active, on events that are not archived.</summary>
    public long Participants { get; set; }

    /// <summary>Of the files whose bytes are there.</summary>
    public long StorageBytes { get; set; }

    public long CountedEvents => Events.Values.Count(one => one.Counts);
}

/// <summary>What programs and registrations are judged by.</summary>
internal sealed class ImportedEvent
{
    public required bool Counts { get; init; }

    public required bool IsArchived { get; init; }

    public required DateTime StartsAt { get; init; }

    public required DateTime EndsAt { get; init; }

    public required int? Capacity { get; init; }

    /// <summary>Where the row is, for who is told that it holds more than it may.</summary>
    public required long Line { get; init; }

    /// <summary>Counted, never believed.</summary>
    public int Registered { get; set; }
}
