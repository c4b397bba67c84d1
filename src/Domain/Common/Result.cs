namespace CleanTenancy.Domain.Common;

/// <summary>Lets a behavior refuse without knowing what would have been answered.</summary>
public interface IRefusable<out TSelf>
    where TSelf : IRefusable<TSelf>
{
    /// <summary>Null when the request succeeded.</summary>
    Error? Error { get; }

    static abstract TSelf Refused(Error error);
}

/// <summary>Shows an answer whose type the reader does not know.</summary>
public interface IAnswered
{
    /// <summary>Null when the request was refused.</summary>
    object? Answer { get; }
}

/// <summary>What a slice answers: a value, or a named refusal. Used at the handler's edge only.</summary>
public sealed record Result<T> : IRefusable<Result<T>>, IAnswered
{
    private readonly T? _value;

    private Result(T? value, Error? error) => (_value, Error) = (value, error);

    public Error? Error { get; }

    /// <summary>The answer was stored by an earlier request with the same Idempotency-Key.</summary>
    public bool Replayed { get; init; }

    /// <exception cref="InvalidOperationException">The request was refused.</exception>
    public T Value => Error is null ? _value! : throw new InvalidOperationException($"Refused: {Error.Code}.");

    object? IAnswered.Answer => Error is null ? _value : null;

    public static Result<T> Succeeded(T value) => new(value, error: null);

    public static Result<T> Refused(Error error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new(default, error);
    }

    public static implicit operator Result<T>(T value) => Succeeded(value);

    public static implicit operator Result<T>(Error error) => Refused(error);
}

/// <summary>The answer of a command that has nothing to say.</summary>
public sealed record Nothing
{
    private Nothing()
    {
    }

    public static readonly Nothing Value = new();
}
