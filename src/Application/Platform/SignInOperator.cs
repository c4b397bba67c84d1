using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Signs an operator in with e-mail, password and a code of the authenticator app.</summary>
public sealed record SignInOperator : IPublicPlatformCommand<OperatorSignedIn>
{
    [Required]
    public string Email { get; init; } = "";

    [Required]
    public string Password { get; init; } = "";

    /// <summary>Of the authenticator app; an account without one is let in during development only.</summary>
    public string? Code { get; init; }

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "operator_session.started",
    };
}

internal sealed class SignInOperatorValidator : AbstractValidator<SignInOperator>
{
    public SignInOperatorValidator()
    {
        RuleFor(c => c.Email).NotEmpty().MaximumLength(EmailAddress.MaxLength);
        RuleFor(c => c.Password).IsPassword();
        RuleFor(c => c.Code).MaximumLength(40);
    }
}

/// <summary>A pair of tokens and the operator they are for.</summary>
/// <param name="AccessToken">Send it as Authorization: Bearer, to the platform host; good for expiresIn seconds.</param>
/// <param name="TokenType">Bearer (RFC 6750).</param>
/// <param name="ExpiresIn">Seconds.</param>
/// <param name="RefreshToken">Good once; the answer brings the next one.</param>
/// <param name="Operator">The person.</param>
public sealed record OperatorSignedIn(
    [property: Required] string AccessToken,
    [property: Required] string TokenType,
    [property: Required] int ExpiresIn,
    [property: Required] string RefreshToken,
    [property: Required] OperatorDetails Operator)
{
    internal static OperatorSignedIn With(
        string accessToken, TimeSpan lifetime, string refreshToken, OperatorDetails details) =>
        new(accessToken, "Bearer", (int)lifetime.TotalSeconds, refreshToken, details);
}

/// <summary>The operator who signed in.</summary>
public sealed record OperatorDetails(
    [property: Required] OperatorId Id, [property: Required] string Email, [property: Required] string Name);

internal sealed class SignInOperatorHandler(
    IOperators operators, IPasswords passwords, ITokens tokens, IOperatorTokens operatorTokens, IThrottle throttle,
    ISecretBox secrets, ICaller caller, TimeProvider clock)
    : IRequestHandler<SignInOperator, Result<OperatorSignedIn>>
{
    public async Task<Result<OperatorSignedIn>> Handle(SignInOperator command, CancellationToken cancellationToken)
    {
        // An address that cannot be one is looked up all the same, so that it takes as long.
        if (!EmailAddress.TryNormalize(command.Email, out var email)) email = "";
        var account = await operators.FindAsync(email, cancellationToken);
        var attempt = await AttemptAsync(email, account, cancellationToken);
        if (throttle.TryEnter(attempt) is { } limited) return limited;

        var verdict = await passwords.VerifyAsync(account?.PasswordHash, command.Password, cancellationToken);
        if (account is null || !verdict.IsCorrect)
            return await RefuseAsync(
                PolicyErrors.Unauthenticated, account is null ? "unknown_operator" : "wrong_password", account,
                cancellationToken);

        if (Missing(account, command.Code) is { } missing)
        {
            throttle.GiveBack(attempt); // the password was right
            return await RefuseAsync(missing, missing.Code, account, cancellationToken);
        }

        if (!await IsProvedAsync(account, command.Code, cancellationToken))
            return await RefuseAsync(PolicyErrors.Unauthenticated, "wrong_code", account, cancellationToken);

        throttle.Succeeded(attempt);
        var (refresh, hash) = OneTimeSecret.New();
        var session = await operators.StartAsync(account.Id, hash, cancellationToken);
        return OperatorSignedIn.With(
            operatorTokens.IssueAccess(new OperatorTicket(account.Id, session), clock.Now()),
            tokens.AccessLifetime,
            refresh,
            new OperatorDetails(account.Id, account.Email, account.Name));
    }

    private async Task<Attempt> AttemptAsync(
        string email, OperatorAccount? account, CancellationToken cancellationToken)
    {
        var (now, network) = (clock.Now(), ClientNetwork.Of(caller.Address));
        var places = await operators.PlacesAsync(account?.Id, now - Attempt.KnownFor, cancellationToken);
        return new Attempt(
            AttemptKind.Proof, Attempt.Platform, email, network,
            places.Any(place => ClientNetwork.Of(place) == network), now);
    }

    private Error? Missing(OperatorAccount account, string? code) =>
        account.TotpSecret is null
            ? operators.RequireTotp ? CredentialErrors.TotpEnrollmentRequired : null
            : string.IsNullOrEmpty(code) ? CredentialErrors.TotpRequired : null;

    private async Task<bool> IsProvedAsync(
        OperatorAccount account, string? code, CancellationToken cancellationToken)
    {
        if (account.TotpSecret is not { } box) return true;

        var secret = await secrets.OpenAsync(box, account.Id.Value, cancellationToken);
        return Totp.Match(secret, code!, clock.GetUtcNow()) is { } step
            && await operators.UseStepAsync(account, step, cancellationToken);
    }

    private async Task<Error> RefuseAsync(
        Error refusal, string reason, OperatorAccount? account, CancellationToken cancellationToken)
    {
        await operators.RecordAsync(Denial.SignIn, account?.Id, reason, cancellationToken);
        return refusal;
    }
}
