namespace CleanTenancy.Infrastructure.Archives;

/// <summary>Collects what is wrong with rows, so that who mends them sees more than the first; and not all of a million.</summary>
internal sealed class ImportProblems
{
    public const int Most = 100;

    private readonly List<ArchiveProblem> _found = [];

    public IReadOnlyList<ArchiveProblem> Found => _found;

    /// <exception cref="TooManyProblemsException">Enough to say that nothing comes of it.</exception>
    public void Add(string code, string path, long line, string? member)
    {
        _found.Add(new ArchiveProblem(code, path, line, member));
        if (_found.Count >= Most) throw new TooManyProblemsException();
    }
}

/// <summary>Stops the reading.</summary>
internal sealed class TooManyProblemsException() : Exception("Too many problems to go on.");
