using FluentValidation;
using FluentValidation.Results;

namespace CleanTenancy.Application.Common;

internal static class PatchRules
{
    /// <summary>Known members of fitting types; what depends on the current value is judged after the merge.</summary>
    public static void AddPatchRules<TCommand, TContent>(
        this AbstractValidator<TCommand> validator, Func<TCommand, MergePatch<TContent>> patch)
        where TContent : class =>
        validator.RuleFor(command => command).Custom((command, context) =>
        {
            foreach (var failure in patch(command).Check())
                context.AddFailure(
                    new ValidationFailure(failure.Pointer, failure.Message) { ErrorCode = failure.Code });
        });
}
