using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>
/// Changes a tenant's plan, name or language by a JSON Merge Patch; a plan counts from the next request. The free plan
/// needs no payment: with it a trial, and a suspension for want of payment, end at once.
/// </summary>
public sealed record ChangeTenantTerms(TenantId Id, VersionCondition IfMatch, MergePatch<TenantTerms> Patch)
    : IPlatformCommand<TenantDetails>, IConditional
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "tenant.changed",
    };
}

/// <summary>What an operator changes of a tenant.</summary>
public sealed record TenantTerms
{
    [Required]
    public string Name { get; init; } = "";

    [Required]
    public Tier Plan { get; init; }

    /// <summary>BCP 47; of mails to its people.</summary>
    [Required]
    public string Locale { get; init; } = "";

    /// <summary>Required with each patch, for it is kept with the deed and not with the tenant. The tenant reads it.</summary>
    [Required]
    public string Reason { get; init; } = "";
}

internal sealed class ChangeTenantTermsValidator : AbstractValidator<ChangeTenantTerms>
{
    public ChangeTenantTermsValidator() => this.AddPatchRules(command => command.Patch);
}

internal sealed class TenantTermsValidator : AbstractValidator<TenantTerms>
{
    public TenantTermsValidator()
    {
        RuleFor(t => t.Name).NotEmpty().MaximumLength(Organization.NameMaxLength).IsWellFormed();
        RuleFor(t => t.Locale).IsLocale();
        RuleFor(t => t.Reason).IsReason();
    }
}

internal sealed class ChangeTenantTermsHandler(
    ITenantRecords tenants, TenantView view, IValidator<TenantTerms> validator)
    : IRequestHandler<ChangeTenantTerms, Result<TenantDetails>>
{
    public async Task<Result<TenantDetails>> Handle(ChangeTenantTerms command, CancellationToken cancellationToken)
    {
        var changed = await tenants.ChangeAsync(
            command.Id, command.IfMatch, tenant => Change(tenant, command.Patch), cancellationToken);
        return await view.ShowAsync(command.Id, changed.Error, cancellationToken);
    }

    private Result<TenantChange> Change(TenantRecord tenant, MergePatch<TenantTerms> patch)
    {
        var merged = patch.ApplyTo(new() { Name = tenant.Name, Plan = tenant.Tier, Locale = tenant.Locale });
        if (merged.Error is { } unfit) return unfit;
        if (validator.Validate(merged.Value) is { IsValid: false } invalid) return invalid.ToError();

        var terms = merged.Value;
        return new TenantChange(
            tenant with { Name = terms.Name, Tier = terms.Plan, Locale = terms.Locale }, terms.Reason);
    }
}
