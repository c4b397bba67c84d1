using CleanTenancy.Domain.Common;

namespace CleanTenancy.Domain.Operations;

public static class OperationErrors
{
    /// <summary>One of a kind at a time.</summary>
    public static readonly Error InProgress = Error.Conflict("operation_in_progress");

    /// <summary>Given up after several attempts.</summary>
    public static readonly Error Failed = new(ErrorKind.Unavailable, "operation_failed");
}
