using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Categories;

/// <summary>Lists categories, newest first.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
public sealed record ListCategories(int? Limit, string? Cursor) : IQuery<Page<CategoryDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListCategoriesValidator : AbstractValidator<ListCategories>
{
    public ListCategoriesValidator() => this.AddPagingRules();
}

internal sealed class ListCategoriesHandler(IAppDbContext db)
    : IRequestHandler<ListCategories, Result<Page<CategoryDetails>>>
{
    private static readonly ReadList<CategoryId, int, CategoryDetails> Newest = new((db, before, take) => db.Categories
        .Where(c => c.Id < before).OrderByDescending(c => c.Id).Take(take).Select(CategoryDetails.Projection));

    public async Task<Result<Page<CategoryDetails>>> Handle(ListCategories query, CancellationToken cancellationToken)
    {
        var rows = await db.RunAsync(Newest, query.Before<CategoryId>(), query.Take() + 1, cancellationToken);
        return query.ToPage(rows, row => (row.CreatedAt, row.Id.Value));
    }
}
