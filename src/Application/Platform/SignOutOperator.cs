using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>Signs an operator out: the session's tokens are refused at once.</summary>
public sealed record SignOutOperator : IPlatformCommand<Nothing>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "operator_session.ended",
    };
}

internal sealed class SignOutOperatorHandler(ICaller caller, IOperators operators)
    : IRequestHandler<SignOutOperator, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(SignOutOperator command, CancellationToken cancellationToken)
    {
        var person = caller.RequiredOperator();
        await operators.EndAsync(new OperatorTicket(person.Id, person.SessionId), cancellationToken);
        return Nothing.Value;
    }
}
