using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Persistence.Erasure;

/// <summary>How tenants are erased (ADR 0051).</summary>
/// <param name="BatchRows">Rows of one transaction.</param>
/// <param name="Settling">How long after its start a purge looks once more for what was under way then.</param>
/// <param name="Quarantine">How long nobody gets the names of a tenant that is gone.</param>
internal sealed record PurgeRules(int BatchRows, TimeSpan Settling, TimeSpan Quarantine)
{
    /// <exception cref="InvalidOperationException">A setting makes no sense.</exception>
    public static PurgeRules Read(IConfiguration configuration)
    {
        return new(
            AtLeast("BatchRows", 5_000, least: 1),
            TimeSpan.FromSeconds(AtLeast("SettlingSeconds", 60, least: 0)),
            TimeSpan.FromDays(AtLeast("QuarantineDays", 30, least: 0)));

        int AtLeast(string name, int usual, int least) =>
            configuration.GetValue($"Purge:{name}", usual) is var value && value >= least
                ? value
                : throw new InvalidOperationException($"Purge__{name} is less than {least}.");
    }
}
