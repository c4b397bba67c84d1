using CleanTenancy.Api.Common;
using CleanTenancy.Application.Auth;
using CleanTenancy.Application.Common;

namespace CleanTenancy.Api.Auth;

internal static class CredentialEndpoints
{
    public static void MapCredentials(this IEndpointRouteBuilder app)
    {
        var auth = app.MapGroup("/v1/auth").WithTags("Auth");

        auth.MapPost("/step-up", async (StepUp command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToNoContent()).Sends<StepUp>(StatusCodes.Status204NoContent);

        auth.MapPost("/password/change", async (ChangePassword command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToNoContent()).Sends<ChangePassword>(StatusCodes.Status204NoContent);
        auth.MapPost("/password/forgot", async (ForgotPassword command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToNoContent()).Sends<ForgotPassword>(StatusCodes.Status204NoContent);
        auth.MapPost("/password/reset", async (ResetPassword command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToNoContent()).Sends<ResetPassword>(StatusCodes.Status204NoContent);

        auth.MapPost("/totp/enroll", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new EnrollTotp(), ct)).ToOk()).Sends<EnrollTotp>();
        auth.MapPost("/totp/confirm", async (ConfirmTotp command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToOk()).Sends<ConfirmTotp>();
        auth.MapPost("/totp/disable", async (DisableTotp command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToNoContent()).Sends<DisableTotp>(StatusCodes.Status204NoContent);
        auth.MapPost("/totp/recovery-codes", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new MakeRecoveryCodes(), ct)).ToOk()).Sends<MakeRecoveryCodes>();
    }
}
