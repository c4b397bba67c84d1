using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Tenants;

/// <summary>Changes what the tenant is called, where it is and how it looks, by a JSON Merge Patch.</summary>
public sealed record ChangeTenant(VersionCondition IfMatch, MergePatch<TenantContent> Patch)
    : ICommand<OwnTenant>, IConditional, IOwnTransactions
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.TenantWrite,
        Feature = Feature.None,
        Audit = "tenant.changed",
    };
}

/// <summary>What a tenant says of itself.</summary>
public sealed record TenantContent
{
    [Required]
    public string Name { get; init; } = "";

    /// <summary>BCP 47; of mails to its people.</summary>
    [Required]
    public string Locale { get; init; } = "";

    /// <summary>IANA name; of events to come that name none.</summary>
    [Required]
    public string TimeZone { get; init; } = "";

    /// <summary>ISO 4217; of events to come.</summary>
    [Required]
    public string Currency { get; init; } = "";

    public Branding? Branding { get; init; }
}

internal sealed class ChangeTenantValidator : AbstractValidator<ChangeTenant>
{
    public ChangeTenantValidator() => this.AddPatchRules(command => command.Patch);
}

internal sealed partial class TenantContentValidator : AbstractValidator<TenantContent>
{
    public TenantContentValidator()
    {
        RuleFor(t => t.Name).NotEmpty().MaximumLength(Organization.NameMaxLength).IsWellFormed();
        RuleFor(t => t.Locale).IsLocale();
        RuleFor(t => t.TimeZone).IsTimeZone();
        RuleFor(t => t.Currency).IsCurrency();
        RuleFor(t => t.Branding!.PrimaryColor).Must(color => color is null || Color().IsMatch(color))
            .Saying("not_a_color", "A colour is expected, e.g. #1a73e8.", "색상이어야 합니다. 예: #1a73e8")
            .When(t => t.Branding is not null);
        RuleFor(t => t.Branding!.LogoUrl).MaximumLength(Branding.LogoUrlMaxLength).IsWebAddress()
            .When(t => t.Branding is not null);
    }

    [GeneratedRegex("^#[0-9a-fA-F]{6}\\z", RegexOptions.None, 100)]
    private static partial Regex Color();
}

internal sealed class ChangeTenantHandler(
    ITenantRecords tenants, ICaller caller, IValidator<TenantContent> validator, LifecycleTimes times, TimeProvider clock)
    : IRequestHandler<ChangeTenant, Result<OwnTenant>>
{
    public async Task<Result<OwnTenant>> Handle(ChangeTenant command, CancellationToken cancellationToken)
    {
        var changed = await tenants.ChangeAsync(
            caller.RequiredTenant().Id, command.IfMatch, tenant => Change(tenant, command.Patch), cancellationToken);
        return changed.Error is { } refusal ? refusal : OwnTenant.Of(changed.Value, times, clock.Now());
    }

    private Result<TenantChange> Change(TenantRecord tenant, MergePatch<TenantContent> patch)
    {
        var merged = patch.ApplyTo(new()
        {
            Name = tenant.Name,
            Locale = tenant.Locale,
            TimeZone = tenant.TimeZone,
            Currency = tenant.Currency,
            Branding = tenant.Branding,
        });
        if (merged.Error is { } unfit) return unfit;
        if (validator.Validate(merged.Value) is { IsValid: false } invalid) return invalid.ToError();

        var content = merged.Value;
        return new TenantChange(tenant with
        {
            Name = content.Name,
            Locale = content.Locale,
            TimeZone = content.TimeZone,
            Currency = content.Currency,
            Branding = content.Branding is { PrimaryColor: null, LogoUrl: null } ? null : content.Branding,
        });
    }
}
