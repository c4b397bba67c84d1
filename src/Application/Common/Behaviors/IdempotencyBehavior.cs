using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using MediatR;

namespace CleanTenancy.Application.Common.Behaviors;

/// <summary>
/// For commands that carry a key: the same key and request gets the stored answer, another request is refused, one
/// still running is refused for now (IETF draft idempotency-key-header). Refusals are not stored (ADR 0016).
/// </summary>
internal sealed class IdempotencyBehavior<TRequest, TResponse>(
    ICaller caller, IIdempotencyStore store, IAnswers<TResponse> answers)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IGuarded, ICommand
    where TResponse : IRefusable<TResponse>
{
    public async Task<TResponse> Handle(
        TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        if (!TRequest.Policy.Idempotent || caller.IdempotencyKey is not { } key) return await next();
        if (IdempotencyErrors.Unfit(key) is { } unfit) return TResponse.Refused(unfit);
        if (!await store.TryEnterAsync(key, cancellationToken)) return TResponse.Refused(IdempotencyErrors.InFlight);

        var hash = Hash(request);
        if (await store.FindAsync(key, cancellationToken) is { } stored)
            return stored.RequestHash.AsSpan().SequenceEqual(hash)
                ? answers.Read(stored.Json)
                : TResponse.Refused(IdempotencyErrors.KeyReused);

        var response = await next();
        if (response.Error is null)
            await store.SaveAsync(key, new StoredAnswer(hash, answers.Write(response)), cancellationToken);
        return response;
    }

    private static byte[] Hash(TRequest request) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(
            $"{typeof(TRequest).FullName} {JsonSerializer.Serialize(request, Wire.Json)}"));
}

/// <summary>Writes an answer as JSON and reads it back.</summary>
internal interface IAnswers<TResponse>
{
    string Write(TResponse response);

    TResponse Read(string json);
}

internal sealed class Answers<T> : IAnswers<Result<T>>
{
    public string Write(Result<T> response) => JsonSerializer.Serialize(response.Value, Wire.Json);

    public Result<T> Read(string json) =>
        Result<T>.Succeeded(JsonSerializer.Deserialize<T>(json, Wire.Json)!) with { Replayed = true };
}

public static class IdempotencyErrors
{
    private const int MaxKeyLength = 255;

    public static readonly Error InFlight =
        new(ErrorKind.Conflict, "idempotency_in_flight") { RetryAfter = TimeSpan.FromSeconds(1) };

    public static readonly Error KeyReused = new(ErrorKind.Unprocessable, "idempotency_key_reused");

    public static Error KeyMissing => Error.Validation(new Failure(
        "Idempotency-Key",
        "key_required",
        TextRules.Say("This request needs an Idempotency-Key.", "Idempotency-Key가 필요한 요청입니다.")));

    /// <returns>Null for a key that may be remembered.</returns>
    public static Error? Unfit(string key) => key.Length is > 0 and <= MaxKeyLength
        ? null
        : Error.Validation(new Failure(
            "Idempotency-Key",
            "invalid_length",
            TextRules.Say("1 to 255 characters are expected.", "1~255자여야 합니다.")));
}
