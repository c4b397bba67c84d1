using CleanTenancy.Api.Common;
using CleanTenancy.Application.Audit;
using CleanTenancy.Application.Common;

namespace CleanTenancy.Api.Audit;

internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder app)
    {
        var audit = app.MapGroup("/v1/audit").WithTags("Audit");

        audit.MapGet("/", async ([AsParameters] ListAuditEntries query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListAuditEntries>();
        audit.MapGet("/verify", async ([AsParameters] VerifyAuditLog query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<VerifyAuditLog>();
    }
}
