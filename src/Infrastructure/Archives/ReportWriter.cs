using CleanTenancy.Application.Operations;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>Gathers what is told of an import; of a hundred thousand renamed rows a hundred are named.</summary>
internal sealed class ReportWriter
{
    private readonly Dictionary<string, long> _added = [], _kept = [];
    private readonly List<RenamedRow> _renamed = [];
    private readonly List<CappedRole> _capped = [];

    public long Invitations { get; set; }

    public long NotInvited { get; set; }

    public void Add(string table, long rows) => _added[table] = _added.GetValueOrDefault(table) + rows;

    public void Keep(string table) => _kept[table] = _kept.GetValueOrDefault(table) + 1;

    public void Rename(string table, string from, string to)
    {
        if (_renamed.Count < ImportReport.MostNamed) _renamed.Add(new RenamedRow(table, from, to));
    }

    public void Cap(string role, IReadOnlyList<string> lost)
    {
        if (_capped.Count < ImportReport.MostNamed) _capped.Add(new CappedRole(role, lost));
    }

    public ImportReport Make(
        bool dryRun, ImportPlan plan, IReadOnlyList<ImportNeed> needs, IReadOnlyList<ImportProblem> problems) => new()
        {
            DryRun = dryRun,
            Added = _added,
            Kept = _kept,
            Renamed = _renamed,
            Capped = _capped,
            Invitations = Invitations,
            NotInvited = NotInvited,
            MissingFiles = plan.Ids["files"].Count - plan.Files.Count,
            Needs = needs,
            Problems = problems,
        };
}
