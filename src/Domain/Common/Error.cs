namespace CleanTenancy.Domain.Common;

/// <summary>What kind of "no" an <see cref="Error"/> is. The Api turns kinds into HTTP statuses in one place.</summary>
public enum ErrorKind
{
    Validation,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    PreconditionFailed,
    PreconditionRequired,
    TooLarge,
    TimedOut,
    Unprocessable,
    RateLimited,
    Unavailable,
}

/// <summary>One refused member of a request.</summary>
/// <param name="Pointer">JSON Pointer (RFC 6901) into the body, or the name of the query parameter behind "?".</param>
/// <param name="Code">Stable, machine readable.</param>
/// <param name="Message">For people, in the language of the request.</param>
public sealed record Failure(string Pointer, string Code, string Message);

/// <summary>A named business "no" with a stable code. It is returned, never thrown.</summary>
/// <param name="Kind">What kind of refusal it is.</param>
/// <param name="Code">Stable: clients branch on it.</param>
public sealed record Error(ErrorKind Kind, string Code)
{
    /// <summary>Members beside the standard ones of the problem document, e.g. limit and used.</summary>
    public IReadOnlyDictionary<string, object?> Extensions { get; init; } = NoExtensions;

    /// <summary>The refused members, for <see cref="ErrorKind.Validation"/>.</summary>
    public IReadOnlyList<Failure> Failures { get; init; } = [];

    /// <summary>How long the client should wait before it tries again; null if waiting does not help.</summary>
    public TimeSpan? RetryAfter { get; init; }

    private static readonly Dictionary<string, object?> NoExtensions = [];

    public Error With(string name, object? value) =>
        this with { Extensions = new Dictionary<string, object?>(Extensions) { [name] = value } };

    public static Error Validation(params IReadOnlyList<Failure> failures) =>
        new(ErrorKind.Validation, "validation_failed") { Failures = failures };

    public static Error Conflict(string code) => new(ErrorKind.Conflict, code);

    public static Error InvalidTransition(string from, string trigger) =>
        Conflict("invalid_transition").With("from", from).With("trigger", trigger);

    /// <summary>Unknown, deleted and another tenant's: all alike.</summary>
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found");

    public static readonly Error PreconditionFailed = new(ErrorKind.PreconditionFailed, "precondition_failed");

    public static readonly Error PreconditionRequired = new(ErrorKind.PreconditionRequired, "precondition_required");
}
