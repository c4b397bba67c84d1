namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>Files that are committed and compared (ADR 0017).</summary>
public static class Repository
{
    /// <summary>Compares the text with a committed file; UPDATE_SNAPSHOTS=1 rewrites the file instead.</summary>
    public static async Task ShouldHoldAsync(string file, string text)
    {
        var path = Path.Combine(Root(), file);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            await File.WriteAllTextAsync(path, text, TestContext.Current.CancellationToken);
            return;
        }

        File.Exists(path).ShouldBeTrue($"{file} is missing: ./dev snapshots writes it.");
        var committed = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        if (committed == text) return;

        var (before, now) = (committed.Split('\n'), text.Split('\n'));
        var lines = before.Except(now).Select(line => $"- {line}").Concat(now.Except(before).Select(line => $"+ {line}")).Take(60).ToList();
        Assert.Fail($"{file} differs; if that is meant, ./dev snapshots rewrites it.\n"
            + (lines.Count > 0 ? string.Join('\n', lines) : "The same lines in another order, or as often."));
    }

    /// <summary>Leaves a report of this run where ./dev looks for it; not committed.</summary>
    public static void Report(string file, string text)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root(), "TestResults"));
        File.WriteAllText(Path.Combine(folder.FullName, file), text);
    }

    /// <summary>A file or folder by its path in the repository.</summary>
    public static string PathOf(string path) => Path.Combine(Root(), path);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CleanTenancy.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("CleanTenancy.sln is in no folder above the tests.");
    }
}
