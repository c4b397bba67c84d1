using System.ComponentModel.DataAnnotations;

namespace CleanTenancy.Application.Operations;

/// <summary>What came of an import, or would come of it. Lists name no more than a hundred; the counts are of all.</summary>
public sealed record ImportReport
{
    public const int MostNamed = 100;

    /// <summary>Nothing was written.</summary>
    [Required] public required bool DryRun { get; init; }

    /// <summary>Rows that were added, by table.</summary>
    [Required] public required IReadOnlyDictionary<string, long> Added { get; init; }

    /// <summary>Rows that were not, by table: the organization has one that is the same, or one that stays.</summary>
    [Required] public required IReadOnlyDictionary<string, long> Kept { get; init; }

    /// <summary>Rows that got another name, for theirs was taken.</summary>
    [Required] public required IReadOnlyList<RenamedRow> Renamed { get; init; }

    /// <summary>Roles that lost permissions which the importer lacks; all of them, where the importer makes no roles.</summary>
    [Required] public required IReadOnlyList<CappedRole> Capped { get; init; }

    /// <summary>Members and guests of the archive who were invited. No mail was sent: send them when it suits you.</summary>
    [Required] public required long Invitations { get; init; }

    /// <summary>
    /// Addresses that were not invited: members or invited already, suspended there, or with no role that the importer
    /// could give; all of them, where the importer invites nobody.
    /// </summary>
    [Required] public required long NotInvited { get; init; }

    /// <summary>Files whose bytes the archive says that it lacks; events that showed them show none.</summary>
    [Required] public required long MissingFiles { get; init; }

    /// <summary>What it takes of the plan.</summary>
    [Required] public required IReadOnlyList<ImportNeed> Needs { get; init; }

    /// <summary>Why nothing came of it.</summary>
    [Required] public required IReadOnlyList<ImportProblem> Problems { get; init; }

    public static ImportReport Refused(bool dryRun, params IReadOnlyList<ImportProblem> problems) => new()
    {
        DryRun = dryRun,
        Added = new Dictionary<string, long>(),
        Kept = new Dictionary<string, long>(),
        Renamed = [],
        Capped = [],
        Invitations = 0,
        NotInvited = 0,
        MissingFiles = 0,
        Needs = [],
        Problems = problems,
    };
}

/// <param name="Table">Of the archive.</param>
public sealed record RenamedRow(string Table, string From, string To);

/// <param name="Name">In the archive.</param>
/// <param name="Lost">Permissions; of a role that lost all of them nothing is left.</param>
public sealed record CappedRole(string Name, IReadOnlyList<string> Lost);

/// <param name="Resource">events, members, participants or storage.</param>
/// <param name="Needed">By the import.</param>
/// <param name="Limit">Of the plan; null is unlimited.</param>
/// <param name="Used">Before it.</param>
public sealed record ImportNeed(string Resource, long Needed, long? Limit, long Used);

/// <param name="Code">Stable: clients branch on it.</param>
/// <param name="Path">Of the archive's entry; null where it is about the whole.</param>
/// <param name="Line">From 1.</param>
/// <param name="Member">Of the line; or what of the plan, or which permission, is lacking.</param>
public sealed record ImportProblem(string Code, string? Path, long? Line, string? Member);
