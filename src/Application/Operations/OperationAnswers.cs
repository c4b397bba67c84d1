using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Operations;

namespace CleanTenancy.Application.Operations;

/// <summary>Long work and how far it is.</summary>
public sealed record OperationDetails : ISubject
{
    [Required] public required OperationId Id { get; init; }

    [Required] public required OperationKind Kind { get; init; }

    [Required] public required OperationStatus Status { get; init; }

    [Required] public required OperationProgress Progress { get; init; }

    /// <summary>What came of it; null before, and where there is nothing to say.</summary>
    public OperationResult? Result { get; init; }

    /// <summary>A problem code; null unless it failed.</summary>
    public string? Error { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    Guid ISubject.SubjectId => Id.Value;

    internal static OperationDetails Of(Operation operation, DateTimeOffset now) => new()
    {
        Id = operation.Id,
        Kind = operation.Kind,
        Status = operation.Status,
        Progress = new(operation.Done, operation.Total),
        Result = ResultOf(operation, now),
        Error = operation.Error,
        CreatedAt = operation.CreatedAt,
        FinishedAt = operation.FinishedAt,
    };

    private static OperationResult? ResultOf(Operation operation, DateTimeOffset now)
    {
        if (operation.Result is null) return null;

        var result = JsonSerializer.Deserialize<OperationResult>(operation.Result, Wire.Json)!;
        return operation.Kind is OperationKind.Export && operation.ExpiresAt > now
            ? result with { Link = $"/v1/exports/{operation.Id}/content", ExpiresAt = operation.ExpiresAt }
            : result;
    }
}

/// <summary>How far it is.</summary>
/// <param name="Done">Rows, or other units of the work.</param>
/// <param name="Total">How many there are; null while that is not known.</param>
public sealed record OperationProgress([property: Required] long Done, long? Total);

/// <summary>What came of it; which members there are depends on the kind.</summary>
public sealed record OperationResult
{
    /// <summary>Where the archive is, on this host; null once it has expired.</summary>
    public string? Link { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Of the archive.</summary>
    public long? Bytes { get; init; }

    /// <summary>Of the archive, in hexadecimal digits.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Of an import; also where it failed.</summary>
    public ImportReport? Import { get; init; }
}
