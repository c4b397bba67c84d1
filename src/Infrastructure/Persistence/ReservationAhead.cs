using CleanTenancy.Domain.Plans;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// A reservation that rides with the statement that binds the transaction: one round trip for both. Made anew for each
/// attempt, and taken once.
/// </summary>
internal sealed class ReservationAhead(Quota quota, NpgsqlBatchCommand command)
{
    private bool _isHere;
    private (long Used, long? Limit)? _standing;

    public NpgsqlBatchCommand Command => command;

    public async Task ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken) =>
        (_isHere, _standing) = (true, await Quotas.ReadStandingAsync(reader, cancellationToken));

    /// <param name="wanted">What is to be reserved, one of it.</param>
    /// <param name="standing">What it made of the counter; null when there was no room.</param>
    /// <returns>False when it was taken already, or is another's.</returns>
    public bool TryTake(Quota wanted, out (long Used, long? Limit)? standing)
    {
        standing = _standing;
        if (!_isHere || wanted != quota) return false;

        _isHere = false;
        return true;
    }
}
