namespace CleanTenancy.Application.Common.Ports;

/// <summary>Clears away what nobody needs any more (ADR 0046), in batches, each tenant by itself and bound to it.</summary>
public interface IRowKeeping
{
    /// <summary>Of tenants: answered keys, used secrets, ended sessions, done messages, finished operations.</summary>
    /// <returns>Rows deleted.</returns>
    Task<long> ExpireTenantRowsAsync(CancellationToken cancellationToken);

    /// <summary>Of nobody yet: hashes of the Idempotency-Keys of sign-ups.</summary>
    /// <returns>Rows deleted.</returns>
    Task<long> ExpireSignUpKeysAsync(CancellationToken cancellationToken);

    /// <summary>Revokes invitations that expired a week ago; their seats are given back.</summary>
    /// <returns>Invitations revoked.</returns>
    Task<long> ExpireInvitationsAsync(CancellationToken cancellationToken);
}
