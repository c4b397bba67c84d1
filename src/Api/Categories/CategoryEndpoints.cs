using CleanTenancy.Api.Common;
using CleanTenancy.Application.Categories;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using Microsoft.AspNetCore.Mvc;

namespace CleanTenancy.Api.Categories;

internal static class CategoryEndpoints
{
    public static void MapCategories(this IEndpointRouteBuilder app)
    {
        var categories = app.MapGroup("/v1/categories").WithTags("Categories");

        categories.MapGet("/", async ([AsParameters] ListCategories query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListCategories>();
        categories.MapPost("/", async (CategoryContent content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new CreateCategory(content), ct)).ToCreated(c => $"/v1/categories/{c.Id}"))
            .Sends<CreateCategory>(StatusCodes.Status201Created);
        categories.MapPatch("/{id:guid}", async (
            CategoryId id,
            [FromHeader(Name = "If-Match")] string? ifMatch,
            MergePatch<CategoryContent> patch,
            ISender sender,
            CancellationToken ct) =>
            (await sender.Send(new ChangeCategory(id, VersionCondition.Parse(ifMatch), patch), ct)).ToOk())
            .Sends<ChangeCategory>();
        categories.MapDelete("/{id:guid}", async (
            CategoryId id, [FromHeader(Name = "If-Match")] string? ifMatch, ISender sender, CancellationToken ct) =>
            (await sender.Send(new DeleteCategory(id, VersionCondition.Parse(ifMatch)), ct)).ToNoContent())
            .Sends<DeleteCategory>(StatusCodes.Status204NoContent);
    }
}
