using CleanTenancy.Api.Common;
using CleanTenancy.Application.Auth;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Auth;

internal static class SessionEndpoints
{
    public static void MapSessions(this IEndpointRouteBuilder app)
    {
        var sessions = app.MapGroup("/v1/me/sessions").WithTags("Auth");

        sessions.MapGet("/", async ([AsParameters] ListSessions query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListSessions>();
        sessions.MapDelete("/{id:guid}", async (SessionId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new EndSession(id), ct)).ToNoContent())
            .Sends<EndSession>(StatusCodes.Status204NoContent);
    }
}
