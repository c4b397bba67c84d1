using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Roles;
using CleanTenancy.Domain.Common;
using Microsoft.AspNetCore.Mvc;

namespace CleanTenancy.Api.Roles;

internal static class RoleEndpoints
{
    public static void MapRoles(this IEndpointRouteBuilder app)
    {
        var roles = app.MapGroup("/v1/roles").WithTags("Roles");

        roles.MapGet("/", async ([AsParameters] ListRoles query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListRoles>();
        roles.MapPost("/", async (RoleContent content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new CreateRole(content), ct)).ToCreated(role => $"/v1/roles/{role.Id}"))
            .Sends<CreateRole>(StatusCodes.Status201Created);
        roles.MapPatch("/{id:guid}", async (
            RoleId id, [FromHeader(Name = "If-Match")] string? ifMatch, MergePatch<RoleContent> patch, ISender sender,
            CancellationToken ct) =>
            (await sender.Send(new ChangeRole(id, VersionCondition.Parse(ifMatch), patch), ct)).ToOk())
            .Sends<ChangeRole>();
        roles.MapDelete("/{id:guid}", async (
            RoleId id, [FromHeader(Name = "If-Match")] string? ifMatch, ISender sender, CancellationToken ct) =>
            (await sender.Send(new DeleteRole(id, VersionCondition.Parse(ifMatch)), ct)).ToNoContent())
            .Sends<DeleteRole>(StatusCodes.Status204NoContent);
        app.MapGet("/v1/permissions", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new ListPermissions(), ct)).ToOk()).Sends<ListPermissions>().WithTags("Roles");
    }
}
