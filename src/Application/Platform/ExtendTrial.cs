using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Gives a trial a later end; one that was over runs again.</summary>
public sealed record ExtendTrial(TenantId Id, ExtensionGrounds Content) : IPlatformCommand<TenantDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "trial.extended",
    };
}

/// <summary>By how much, and why: either days or until.</summary>
public sealed record ExtensionGrounds
{
    public const int MaxDays = 365;

    /// <summary>1 to 365, from the trial's end on, or from now on if it is over.</summary>
    public int? Days { get; init; }

    /// <summary>The new end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The tenant reads it.</summary>
    [Required]
    public string Reason { get; init; } = "";
}

internal sealed class ExtendTrialValidator : AbstractValidator<ExtendTrial>
{
    public ExtendTrialValidator()
    {
        RuleFor(c => c.Content.Reason).IsReason();
        RuleFor(c => c.Content.Days).InclusiveBetween(1, ExtensionGrounds.MaxDays);
        RuleFor(c => c.Content.Days).Must((c, days) => days is null != c.Content.Until is null)
            .Saying("days_or_until", "Either days or until is expected.", "days와 until 중 하나만 지정해야 합니다.");
    }
}

internal sealed class ExtendTrialHandler(ITenantLifecycle lifecycle, TenantView view, TimeProvider clock)
    : IRequestHandler<ExtendTrial, Result<TenantDetails>>
{
    public async Task<Result<TenantDetails>> Handle(ExtendTrial command, CancellationToken cancellationToken)
    {
        if (command.Content.Until > clock.Now().AddDays(ExtensionGrounds.MaxDays))
            return Error.Validation(new Failure(
                "/until", "too_late", TextRules.Say("At most a year from now.", "지금부터 1년 이내여야 합니다.")));

        var extension = new TrialExtension(command.Content.Days, command.Content.Until);
        return await view.ShowAsync(
            command.Id,
            await lifecycle.ExtendTrialAsync(command.Id, extension, command.Content.Reason, cancellationToken),
            cancellationToken);
    }
}
