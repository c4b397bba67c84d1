using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Categories;

/// <summary>Changes a category by a JSON Merge Patch.</summary>
public sealed record ChangeCategory(CategoryId Id, VersionCondition IfMatch, MergePatch<CategoryContent> Patch)
    : ICommand<CategoryDetails>, IConditional
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "category.changed",
    };
}

internal sealed class ChangeCategoryValidator : AbstractValidator<ChangeCategory>
{
    public ChangeCategoryValidator() => this.AddPatchRules(command => command.Patch);
}

internal sealed class ChangeCategoryHandler(
    IAppDbContext db, TimeProvider clock, IValidator<CategoryContent> validator)
    : IRequestHandler<ChangeCategory, Result<CategoryDetails>>
{
    public async Task<Result<CategoryDetails>> Handle(ChangeCategory command, CancellationToken cancellationToken)
    {
        if (await db.Categories.AsTracking().SingleOrDefaultAsync(c => c.Id == command.Id, cancellationToken)
            is not { } category)
            return Error.NotFound;
        if (command.IfMatch.Check(category) is { } stale) return stale;

        var merged = command.Patch.ApplyTo(category.Content);
        if (merged.Error is { } unfit) return unfit;
        if (validator.Validate(merged.Value) is { IsValid: false } invalid) return invalid.ToError();

        category.Change(merged.Value, clock.Now());
        return CategoryDetails.Of(category);
    }
}
