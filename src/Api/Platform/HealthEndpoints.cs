using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Api.Platform;

internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", () => Results.Text("live")).ExcludeFromDescription()
            .IsOpen("A probe has no account; the answer says nothing but that the process runs.");
        app.MapGet("/health/ready", async (IReadiness readiness, CancellationToken ct) =>
            await readiness.CheckAsync(ct) is { Count: > 0 } problems
                ? Results.Json(
                    new { status = "unready", problems }, statusCode: StatusCodes.Status503ServiceUnavailable)
                : Results.Json(new { status = "ready", problems = Array.Empty<string>() })).ExcludeFromDescription()
            .IsOpen("A probe has no account; the answer names rules, never rows.");
    }
}
