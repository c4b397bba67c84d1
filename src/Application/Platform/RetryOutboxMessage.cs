using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Platform;

/// <summary>
/// Makes a dead message of an outbox due again, with all its attempts. One that is not dead is not found: retried twice
/// at once, it is retried once.
/// </summary>
/// <param name="Id">The message; whose it is, we look up.</param>
/// <param name="Content">Why.</param>
public sealed record RetryOutboxMessage(MessageId Id, OperatorGrounds Content) : IPlatformCommand<OutboxMessageDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.None,
        Feature = Feature.None,
        Audit = "outbox_message.retried",
    };
}

internal sealed class RetryOutboxMessageValidator : AbstractValidator<RetryOutboxMessage>
{
    public RetryOutboxMessageValidator() =>
        RuleFor(c => c.Content.Reason).IsReason();
}

internal sealed class RetryOutboxMessageHandler(IOutboxDesk outbox)
    : IRequestHandler<RetryOutboxMessage, Result<OutboxMessageDetails>>
{
    public async Task<Result<OutboxMessageDetails>> Handle(
        RetryOutboxMessage command, CancellationToken cancellationToken) =>
        await outbox.RetryAsync(command.Id, command.Content.Reason, cancellationToken) is { } retried
            ? retried
            : Error.NotFound;
}
