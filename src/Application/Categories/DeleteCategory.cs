using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Categories;

/// <summary>Deletes a category; its events and event templates stay, without one.</summary>
public sealed record DeleteCategory(CategoryId Id, VersionCondition IfMatch) : ICommand<Nothing>, IConditional, ISubject
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "category.deleted",
    };

    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class DeleteCategoryHandler(IAppDbContext db, TimeProvider clock)
    : IRequestHandler<DeleteCategory, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(DeleteCategory command, CancellationToken cancellationToken)
    {
        if (await db.Categories.AsTracking().SingleOrDefaultAsync(c => c.Id == command.Id, cancellationToken)
            is not { } category)
            return Error.NotFound;
        if (command.IfMatch.Check(category) is { } stale) return stale;

        // What takes it from here on keeps its row: then the foreign key refuses (category_in_use).
        var now = clock.Now();
        await db.Events.Where(e => e.CategoryId == command.Id).ExecuteUpdateAsync(
            set => set.SetProperty(e => e.CategoryId, (CategoryId?)null)
                .SetProperty(e => e.UpdatedAt, now).SetProperty(e => e.Version, e => e.Version + 1),
            cancellationToken);
        await db.EventTemplates.Where(t => t.CategoryId == command.Id).ExecuteUpdateAsync(
            set => set.SetProperty(t => t.CategoryId, (CategoryId?)null)
                .SetProperty(t => t.UpdatedAt, now).SetProperty(t => t.Version, t => t.Version + 1),
            cancellationToken);
        db.Categories.Remove(category);
        return Nothing.Value;
    }
}
