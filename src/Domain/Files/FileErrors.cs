using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Files;

public static class FileErrors
{
    /// <summary>It is the cover of an event: give the event another one first.</summary>
    public static readonly Error InUse = Error.Conflict("file_in_use");

    /// <summary>No file of this id, or another tenant's: both alike.</summary>
    public static readonly Error Unknown = new(ErrorKind.Unprocessable, "unknown_file");

    public static readonly Error NotAnImage = new(ErrorKind.Unprocessable, "file_not_an_image");

    /// <summary>It took longer than any upload may, and what had come was thrown away.</summary>
    public static readonly Error TimedOut = new(ErrorKind.TimedOut, "upload_timed_out");

    public static Error TooLarge(long maxBytes) =>
        new Error(ErrorKind.TooLarge, "payload_too_large").With("maxBytes", maxBytes);
}
