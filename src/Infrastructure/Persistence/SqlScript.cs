namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>The numbered SQL files beside this one, as they were compiled in.</summary>
internal static class SqlScript
{
    /// <exception cref="InvalidOperationException">There is no such file.</exception>
    public static string Load(string file)
    {
        using var stream = typeof(SqlScript).Assembly.GetManifestResourceStream("Sql." + file)
            ?? throw new InvalidOperationException($"No SQL file {file}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
