using CleanTenancy.Domain.Common;

namespace CleanTenancy.Infrastructure.Archives;

/// <summary>What somebody sent is no archive that may be read further: named, and where it was found.</summary>
internal sealed class ArchiveRefusedException(ArchiveProblem problem, Exception? inner = null)
    : Exception($"The archive is refused: {problem.Code} at {problem.Path}:{problem.Line}.", inner)
{
    public ArchiveRefusedException(Error error, string? path = null, long? line = null)
        : this(new ArchiveProblem(error.Code, path, line))
    {
    }

    public ArchiveRefusedException(string code, string? path = null, long? line = null, string? member = null)
        : this(new ArchiveProblem(code, path, line, member))
    {
    }

    public ArchiveProblem Problem => problem;
}

/// <param name="Code">Stable: clients branch on it.</param>
/// <param name="Path">Of the entry; null where it is about the whole.</param>
/// <param name="Line">Of an entry of rows, from 1.</param>
/// <param name="Member">Of the row.</param>
internal sealed record ArchiveProblem(string Code, string? Path = null, long? Line = null, string? Member = null);

/// <summary>What is wrong with an archive as such; what is wrong with a row has the codes of the API.</summary>
internal static class ArchiveErrors
{
    public static readonly Error
        Unreadable = new(ErrorKind.Unprocessable, "archive_unreadable"),
        TooManyEntries = new(ErrorKind.Unprocessable, "archive_too_many_entries"),
        TooLarge = new(ErrorKind.Unprocessable, "archive_too_large"),
        Ratio = new(ErrorKind.Unprocessable, "archive_ratio"),
        UnknownEntry = new(ErrorKind.Unprocessable, "archive_unknown_entry"),
        DuplicateEntry = new(ErrorKind.Unprocessable, "archive_duplicate_entry"),
        Encrypted = new(ErrorKind.Unprocessable, "archive_encrypted"),
        NoFile = new(ErrorKind.Unprocessable, "archive_not_a_file"),
        Compression = new(ErrorKind.Unprocessable, "archive_compression"),
        Overlap = new(ErrorKind.Unprocessable, "archive_overlap"),
        SizeMismatch = new(ErrorKind.Unprocessable, "archive_size_mismatch"),
        ChecksumMismatch = new(ErrorKind.Unprocessable, "archive_checksum_mismatch"),
        CountMismatch = new(ErrorKind.Unprocessable, "archive_count_mismatch"),
        Manifest = new(ErrorKind.Unprocessable, "archive_manifest"),
        Version = new(ErrorKind.Unprocessable, "archive_version"),
        LineTooLong = new(ErrorKind.Unprocessable, "archive_line_too_long"),
        TooManyRows = new(ErrorKind.Unprocessable, "archive_too_many_rows"),
        Order = new(ErrorKind.Unprocessable, "archive_order"),
        TimedOut = new(ErrorKind.Unprocessable, "import_timed_out"),
        Conflict = new(ErrorKind.Unprocessable, "import_conflict");
}
