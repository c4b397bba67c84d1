namespace CleanTenancy.Domain.Tenants;

/// <summary>How a tenant's pages look.</summary>
public sealed record Branding
{
    public const int LogoUrlMaxLength = 500;

    /// <summary>#rrggbb.</summary>
    public string? PrimaryColor { get; init; }

    /// <summary>An https address.</summary>
    public string? LogoUrl { get; init; }
}
