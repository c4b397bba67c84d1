using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Common;

/// <summary>
/// A body that is no upload: thrown where it is read, at its beginning or in its midst, as the framework throws at what
/// is no JSON.
/// </summary>
internal sealed class MalformedUploadException : Exception
{
    public MalformedUploadException(Error error)
        : base($"Refused: {error.Code}.") =>
        (Status, Error) = (Problem.StatusOf(error.Kind), error);

    public MalformedUploadException(int status, Error error, Exception? inner = null)
        : base($"Refused: {error.Code}.", inner) =>
        (Status, Error) = (status, error);

    public int Status { get; }

    public Error Error { get; }
}
