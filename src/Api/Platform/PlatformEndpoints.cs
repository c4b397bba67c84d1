using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Platform;

namespace CleanTenancy.Api.Platform;

internal static class PlatformEndpoints
{
    public static void MapPlatform(this IEndpointRouteBuilder app)
    {
        var platform = app.MapGroup("/v1/platform").WithTags("Platform");

        platform.MapPost("/auth/login", async (SignInOperator command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToOk()).Sends<SignInOperator>();
        platform.MapPost("/auth/refresh", async (RefreshOperatorSession command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToOk()).Sends<RefreshOperatorSession>();
        platform.MapPost("/auth/logout", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new SignOutOperator(), ct)).ToNoContent())
            .Sends<SignOutOperator>(StatusCodes.Status204NoContent);
        platform.MapGet("/isolation", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetIsolationReport(), ct)).ToOk()).Sends<GetIsolationReport>();
    }
}
