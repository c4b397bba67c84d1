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

/// <summary>
/// Changes an operator's refresh token for a new pair; a token used twice ends the session (RFC 9700, 4.14.2).
/// </summary>
public sealed record RefreshOperatorSession : IPublicPlatformCommand<OperatorSignedIn>
{
    [Required]
    public string RefreshToken { get; init; } = "";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "operator_session.refreshed",
    };
}

internal sealed class RefreshOperatorSessionValidator : AbstractValidator<RefreshOperatorSession>
{
    public RefreshOperatorSessionValidator() => RuleFor(c => c.RefreshToken).NotEmpty().MaximumLength(200);
}

internal sealed class RefreshOperatorSessionHandler(
    IOperators operators, ITokens tokens, IOperatorTokens operatorTokens, TimeProvider clock)
    : IRequestHandler<RefreshOperatorSession, Result<OperatorSignedIn>>
{
    public async Task<Result<OperatorSignedIn>> Handle(
        RefreshOperatorSession command, CancellationToken cancellationToken)
    {
        if (OneTimeSecret.HashOf(command.RefreshToken) is not { } hash) return PolicyErrors.Unauthenticated;

        var (next, nextHash) = OneTimeSecret.New();
        if (await operators.RotateAsync(hash, nextHash, cancellationToken) is not { } person)
            return PolicyErrors.Unauthenticated;

        return OperatorSignedIn.With(
            operatorTokens.IssueAccess(new OperatorTicket(person.Id, person.SessionId), clock.Now()),
            tokens.AccessLifetime,
            next,
            new OperatorDetails(person.Id, person.Email, person.Name));
    }
}
