using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Platform;
using CleanTenancy.Application.SignUps;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Api.SignUps;

internal static class SignUpEndpoints
{
    public static void MapSignUps(this IEndpointRouteBuilder app)
    {
        var signUp = app.MapGroup("/v1/signup").WithTags("Sign-up");

        signUp.MapPost("/", async (StartSignUp command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToAccepted(started => $"/v1/signup/{started.TenantId}/status"))
            .Sends<StartSignUp>(StatusCodes.Status202Accepted);
        signUp.MapGet("/slug-availability", async (string? slug, ISender sender, CancellationToken ct) =>
            (await sender.Send(new CheckSlug(slug), ct)).ToOk()).Sends<CheckSlug>();
        signUp.MapPost("/activate", async (ActivateTenant command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToOk()).Sends<ActivateTenant>();
        signUp.MapGet("/{tenantId:guid}/status", async (TenantId tenantId, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetSignUpStatus(tenantId), ct)).ToOk()).Sends<GetSignUpStatus>();

        app.MapPost("/v1/platform/tenants/{id:guid}/retry", async (
            TenantId id, OperatorGrounds content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new RetryProvisioning(id, content), ct)).ToNoContent())
            .Sends<RetryProvisioning>(StatusCodes.Status204NoContent).WithTags("Platform");
    }
}
