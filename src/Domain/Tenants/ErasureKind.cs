namespace CleanTenancy.Domain.Tenants;

/// <summary>Why a tenant was erased.</summary>
public enum ErasureKind
{
    /// <summary>It was deleted, and its time was over or an operator did not wait for it.</summary>
    Purge,

    /// <summary>It had been purged, and a backup from before had brought it back.</summary>
    Replay,
}
