using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Files;

namespace CleanTenancy.Application.Common;

/// <summary>
/// Idempotency-Keys of uploads: as the pipeline honours those of other commands, in the transaction that settles, for
/// what was sent is known by then.
/// </summary>
internal sealed class UploadKeys<T>(ICaller caller, IIdempotencyStore store, IAnswers<Result<T>> answers)
{
    /// <summary>Whether something was sent with the key before: what it was is seen when the bytes are there.</summary>
    public async Task<bool> IsKnownAsync(CancellationToken cancellationToken) =>
        caller.IdempotencyKey is { } key && await store.FindAsync(key, cancellationToken) is not null;

    /// <param name="name">What is compared beside the bytes.</param>
    /// <returns>Null without a key, or for one that is new: the upload is to be settled.</returns>
    public async Task<Result<T>?> FindAsync(string name, FileContentFacts facts, CancellationToken cancellationToken)
    {
        if (caller.IdempotencyKey is not { } key) return null;
        if (!await store.TryEnterAsync(key, cancellationToken)) return IdempotencyErrors.InFlight;
        if (await store.FindAsync(key, cancellationToken) is not { } stored) return null;

        return stored.RequestHash.AsSpan().SequenceEqual(Hash(name, facts))
            ? answers.Read(stored.Json)
            : IdempotencyErrors.KeyReused;
    }

    public Task SaveAsync(
        string name, FileContentFacts facts, Result<T> answer, CancellationToken cancellationToken) =>
        caller.IdempotencyKey is { } key
            ? store.SaveAsync(key, new StoredAnswer(Hash(name, facts), answers.Write(answer)), cancellationToken)
            : Task.CompletedTask;

    private static byte[] Hash(string name, FileContentFacts facts) =>
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{typeof(T).FullName} {facts.Size} {Convert.ToHexStringLower(facts.Sha256)} {name}")));
}
