using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Registrations;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.Registrations;

internal static class RegistrationEndpoints
{
    public static void MapRegistrations(this IEndpointRouteBuilder app)
    {
        var ofEvent = app.MapGroup("/v1/events/{id:guid}/registrations").WithTags("Registrations");
        var registrations = app.MapGroup("/v1/registrations").WithTags("Registrations");

        ofEvent.MapGet("/", async (
            EventId id,
            int? limit,
            string? cursor,
            DateTimeOffset? updatedSince,
            ISender sender,
            CancellationToken ct) =>
            (await sender.Send(new ListRegistrations(id, limit, cursor, updatedSince), ct)).ToOk())
            .Sends<ListRegistrations>();
        ofEvent.MapPost("/", async (EventId id, RegistrationContent content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new EnterRegistration(id, content), ct)).ToCreated(r => $"/v1/registrations/{r.Id}"))
            .Sends<EnterRegistration>(StatusCodes.Status201Created);
        registrations.MapGet("/{id:guid}", async (RegistrationId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetRegistration(id), ct)).ToOk()).Sends<GetRegistration>();
        registrations.MapPost("/{id:guid}/cancel", async (RegistrationId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new CancelRegistration(id), ct)).ToOk()).Sends<CancelRegistration>();
    }
}
