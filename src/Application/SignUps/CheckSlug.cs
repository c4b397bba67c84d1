using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.SignUps;

/// <summary>Tells whether a slug is free now, and if not, why, and which ones like it are.</summary>
/// <param name="Slug">As it was typed.</param>
public sealed record CheckSlug(string? Slug) : IPublicPlatformQuery<SlugAvailability>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class CheckSlugValidator : AbstractValidator<CheckSlug>
{
    /// <summary>What is longer was not typed by somebody who looks for a name.</summary>
    private const int MaxLength = 100;

    public CheckSlugValidator() => RuleFor(q => q.Slug).NotEmpty().MaximumLength(MaxLength).OverridePropertyName("?slug");
}

/// <summary>Why a slug cannot be had.</summary>
public enum SlugRefusal
{
    /// <summary>Not 3 to 40 lower-case letters, digits and single hyphens between them.</summary>
    Malformed,

    /// <summary>Never given away.</summary>
    Reserved,

    /// <summary>Somebody has it, or had it a while ago.</summary>
    Taken,
}

/// <summary>Whether a slug is free now; only the sign-up itself takes it.</summary>
/// <param name="Available">Free now.</param>
/// <param name="Reason">Why not.</param>
/// <param name="Suggestions">Free ones like it.</param>
public sealed record SlugAvailability(
    [property: Required] bool Available, SlugRefusal? Reason, [property: Required] IReadOnlyList<string> Suggestions);

internal sealed class CheckSlugHandler(ISignUps signUps) : IRequestHandler<CheckSlug, Result<SlugAvailability>>
{
    private const int MostSuggestions = 3;

    private static readonly string[] Endings = ["", "-events", "-hq", "-team", "-2", "-3"];

    public async Task<Result<SlugAvailability>> Handle(CheckSlug query, CancellationToken cancellationToken)
    {
        var slug = query.Slug!;
        List<string> like = [.. Like(slug)];
        var taken = await signUps.TakenAsync(
            Slug.IsValid(slug) ? [slug, .. like] : like, cancellationToken);
        if (Refuse(slug, taken) is not { } refusal) return new SlugAvailability(Available: true, null, []);

        return new SlugAvailability(
            Available: false, refusal, [.. like.Where(other => !taken.Contains(other)).Take(MostSuggestions)]);
    }

    private static SlugRefusal? Refuse(string slug, IReadOnlySet<string> taken) =>
        Slug.IsReserved(slug) ? SlugRefusal.Reserved
        : !Slug.IsValid(slug) ? SlugRefusal.Malformed
        : taken.Contains(slug) ? SlugRefusal.Taken
        : null;

    /// <summary>What is left when everything is taken out of it that a slug cannot hold, and longer ones.</summary>
    private static IEnumerable<string> Like(string slug)
    {
        var letters = slug.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-').ToArray();
        var stem = string.Join('-', new string(letters).Split('-', StringSplitOptions.RemoveEmptyEntries));
        return Endings
            .Select(ending => stem[..Math.Min(stem.Length, Slug.MaxLength - ending.Length)].TrimEnd('-') + ending)
            .Where(other => other != slug && Slug.IsValid(other)).Distinct();
    }
}
