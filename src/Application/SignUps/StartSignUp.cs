using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.SignUps;

/// <summary>
/// Founds an organization: it is set up in the background, and its first owner activates it by a link in a mail.
/// </summary>
public sealed record StartSignUp : IPublicPlatformCommand<SignUpStarted>
{
    /// <summary>The label in front of the base domain; good for ever.</summary>
    [Required]
    public string Slug { get; init; } = "";

    /// <summary>Of the organization.</summary>
    [Required]
    public string Name { get; init; } = "";

    [Required]
    public string AdminName { get; init; } = "";

    /// <summary>The link goes there.</summary>
    [Required]
    public string AdminEmail { get; init; } = "";

    [Required]
    public string AdminPassword { get; init; } = "";

    /// <summary>A paid plan begins with a trial of it.</summary>
    public Tier Plan { get; init; } = Tier.Free;

    /// <summary>BCP 47, of mails and of what the organization finds at first.</summary>
    public string Locale { get; init; } = "ko";

    /// <summary>IANA name.</summary>
    public string TimeZone { get; init; } = "Asia/Seoul";

    /// <summary>ISO 4217.</summary>
    public string Currency { get; init; } = "KRW";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        OwnIdempotency = true,
        KeyRequired = true,
        Audit = "sign_up.started",
    };
}

internal sealed class StartSignUpValidator : AbstractValidator<StartSignUp>
{
    public StartSignUpValidator()
    {
        RuleFor(c => c.Slug).Cascade(CascadeMode.Stop).NotEmpty()
            .Must(slug => !Slug.IsReserved(slug))
            .Saying("slug_reserved", "This name is not given away.", "사용할 수 없는 이름입니다.")
            .Must(slug => Slug.IsValid(slug))
            .Saying(
                "invalid_slug",
                "3 to 40 lower-case letters, digits and single hyphens between them are expected.",
                "3~40자의 영문 소문자, 숫자, 그 사이의 하이픈만 사용할 수 있습니다.");
        RuleFor(c => c.Name).NotEmpty().MaximumLength(Organization.NameMaxLength).IsWellFormed().IsNoLink();
        RuleFor(c => c.AdminName).NotEmpty().MaximumLength(User.NameMaxLength).IsWellFormed().IsNoLink();
        RuleFor(c => c.AdminEmail).Cascade(CascadeMode.Stop).NotEmpty()
            .IsEmailAddress()
            .Must(email => !DisposableDomains.Has(EmailAddress.Normalize(email!)))
            .Saying("disposable_email", "A mailbox that stays yours is expected.", "일회용 메일 주소는 사용할 수 없습니다.");
        RuleFor(c => c.AdminPassword).IsNewPassword();
        RuleFor(c => c.Locale).IsLocale();
        RuleFor(c => c.TimeZone).IsTimeZone();
        RuleFor(c => c.Currency).IsCurrency();
    }
}

/// <summary>What was begun.</summary>
/// <param name="TenantId">Where GET /v1/signup/{tenantId}/status shows how far it is.</param>
/// <param name="OperationId">Of the setting up, for who asks the support.</param>
/// <param name="Host">Where the organization will be.</param>
public sealed record SignUpStarted(
    [property: Required] TenantId TenantId, [property: Required] Guid OperationId, [property: Required] string Host);

internal sealed class StartSignUpHandler(
    ISignUps signUps, IPasswords passwords, IThrottle throttle, ILinks links, ICaller caller, TimeProvider clock)
    : IRequestHandler<StartSignUp, Result<SignUpStarted>>
{
    public async Task<Result<SignUpStarted>> Handle(StartSignUp command, CancellationToken cancellationToken)
    {
        if (IdempotencyErrors.Unfit(caller.IdempotencyKey!) is { } unfit) return unfit;
        if (PasswordRules.Refusal(
            "/adminPassword", command.AdminPassword, hasTotp: false, command.Name, command.Slug, command.AdminEmail)
            is { } refusal)
            return refusal;

        var key = new SignUpKey(SHA256.HashData(Encoding.UTF8.GetBytes(caller.IdempotencyKey!)), HashOf(command));
        if (await signUps.FindAsync(key, cancellationToken) is { } known) return Answer(known, command);
        // Hashing a password is dear: not for a name that somebody has. Whether it is free, the reservation decides.
        if ((await signUps.TakenAsync([command.Slug], cancellationToken)).Count > 0) return SignUpErrors.SlugTaken;
        if (throttle.TryEnter(AttemptOf(command)) is { } limited) return limited;

        var wanted = new WantedTenant(
            command.Slug, command.Name, command.Plan, command.AdminName, command.AdminEmail,
            await passwords.HashAsync(command.AdminPassword, cancellationToken),
            command.Locale, command.TimeZone, command.Currency);
        return Answer(await signUps.StartAsync(key, wanted, cancellationToken), command);
    }

    private Result<SignUpStarted> Answer(Result<StartedSignUp> started, StartSignUp command)
    {
        if (started.Error is { } error) return error;

        Result<SignUpStarted> answer = new SignUpStarted(
            started.Value.TenantId, started.Value.OperationId, links.HostOf(command.Slug));
        return answer with { Replayed = started.Replayed };
    }

    /// <summary>Whose address it is did not say yet that they want it: a few mails an hour.</summary>
    private Attempt AttemptOf(StartSignUp command) => new(
        AttemptKind.SignUp, Attempt.Platform, EmailAddress.Normalize(command.AdminEmail),
        ClientNetwork.Of(caller.Address), IsKnownPlace: false, clock.GetUtcNow());

    /// <summary>A fast hash of a password could be guessed back: it is left out.</summary>
    private static byte[] HashOf(StartSignUp command) => SHA256.HashData(
        JsonSerializer.SerializeToUtf8Bytes(command with { AdminPassword = "" }, Wire.Json));
}
