using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Platform;

internal static class OutboxEndpoints
{
    public static void MapPlatformOutbox(this IEndpointRouteBuilder app)
    {
        var platform = app.MapGroup("/v1/platform").WithTags("Platform");

        platform.MapGet("/outbox", async ([AsParameters] ListOutbox query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListOutbox>();
        platform.MapPost("/outbox/{id:guid}/retry", async (
            MessageId id, OperatorGrounds content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new RetryOutboxMessage(id, content), ct)).ToOk()).Sends<RetryOutboxMessage>();
        platform.MapGet("/audit", async ([AsParameters] ListPlatformAudit query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListPlatformAudit>();
    }
}
