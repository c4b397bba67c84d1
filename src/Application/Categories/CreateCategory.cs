using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Categories;

/// <summary>Creates a category of events.</summary>
public sealed record CreateCategory(CategoryContent Content) : ICommand<CategoryDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.EventsWrite,
        Feature = Feature.None,
        Audit = "category.created",
        Idempotent = true,
    };
}

internal sealed class CreateCategoryValidator : AbstractValidator<CreateCategory>
{
    public CreateCategoryValidator() => RuleFor(command => command.Content).SetValidator(new CategoryContentValidator());
}

internal sealed class CreateCategoryHandler(IAppDbContext db, ICaller caller, TimeProvider clock)
    : IRequestHandler<CreateCategory, Result<CategoryDetails>>
{
    public Task<Result<CategoryDetails>> Handle(CreateCategory command, CancellationToken cancellationToken)
    {
        var category = EventCategory.Make(caller.RequiredTenant().Id, command.Content, clock.Now());
        db.Categories.Add(category);
        return Task.FromResult<Result<CategoryDetails>>(CategoryDetails.Of(category));
    }
}
