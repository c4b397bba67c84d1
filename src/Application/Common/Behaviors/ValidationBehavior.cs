using System.Text.Json;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using FluentValidation;
using FluentValidation.Results;
using MediatR;

namespace CleanTenancy.Application.Common.Behaviors;

/// <summary>
/// Shape only, synchronous, no database. A conditional request must say which version it saw, and some need a key.
/// </summary>
internal sealed class ValidationBehavior<TRequest, TResponse>(
    IEnumerable<IValidator<TRequest>> validators, ICaller caller)
    : IPipelineBehavior<TRequest, TResponse>
    where TRequest : IGuarded
    where TResponse : IRefusable<TResponse>
{
    public async Task<TResponse> Handle(
        TRequest request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        foreach (var validator in validators)
        {
            var result = validator.Validate(request);
            if (!result.IsValid) return TResponse.Refused(result.ToError());
        }

        if (TRequest.Policy.KeyRequired && caller.IdempotencyKey is null)
            return TResponse.Refused(IdempotencyErrors.KeyMissing);

        return request is IConditional { IfMatch.IsAbsent: true }
            ? TResponse.Refused(Error.PreconditionRequired)
            : await next();
    }
}

/// <summary>What validators found, in our words.</summary>
public static class ValidationResultExtensions
{
    public static Error ToError(this ValidationResult result) =>
        Error.Validation([.. result.Errors.Select(failure =>
            new Failure(Pointer(failure.PropertyName), Code(failure.ErrorCode), failure.ErrorMessage))]);

    /// <summary>
    /// Content.Venue.Name to /venue/name: the body is the request's Content where it has one. Query parameters come
    /// as "?limit" already, and pointers as pointers.
    /// </summary>
    private static string Pointer(string path)
    {
        if (path.StartsWith('?') || path.StartsWith('/')) return path;

        var parts = path.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal)
            .Split('.', StringSplitOptions.RemoveEmptyEntries)
            .SkipWhile((part, index) => index == 0 && part == "Content");
        return string.Concat(parts.Select(part => "/" + JsonNamingPolicy.CamelCase.ConvertName(part)));
    }

    /// <summary>MaximumLengthValidator to maximum_length.</summary>
    private static string Code(string name) =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(name.Replace("Validator", "", StringComparison.Ordinal));
}
