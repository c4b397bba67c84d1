using CleanTenancy.Api.Common;
using CleanTenancy.Application.Auth;
using CleanTenancy.Application.Common;

namespace CleanTenancy.Api.Auth;

internal static class AuthEndpoints
{
    public static void MapAuth(this IEndpointRouteBuilder app)
    {
        var auth = app.MapGroup("/v1/auth").WithTags("Auth");

        auth.MapPost("/login", async (SignIn command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToOk()).Sends<SignIn>();
        auth.MapPost("/refresh", async (RefreshSession command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToOk()).Sends<RefreshSession>();
        auth.MapPost("/logout", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new SignOut(), ct)).ToNoContent()).Sends<SignOut>(StatusCodes.Status204NoContent);
        app.MapGet("/v1/me", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetMe(), ct)).ToOk()).Sends<GetMe>().WithTags("Auth");
    }
}
