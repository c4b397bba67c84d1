using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Api.Platform;

internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", () => Results.Text("live")).ExcludeFromDescription()
            .IsOpen("A probe has no account; the answer says nothing but that the process runs.");
        app.MapGet("/health/ready", async (IReadiness readiness, ILogger<Program> log, CancellationToken ct) =>
            ToAnswer(await readiness.CheckAsync(ct), log)).ExcludeFromDescription()
            .IsOpen("A probe has no account; the answer names rules, never tables or rows.");
    }

    private static IResult ToAnswer(IReadOnlyList<ReadinessProblem> problems, ILogger log)
    {
        foreach (var problem in problems) EdgeLog.NotReady(log, problem.Rule, problem.Detail);
        return Results.Json(
            new { status = problems.Count == 0 ? "ready" : "unready", problems = problems.Select(p => p.Rule) },
            statusCode: problems.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
