using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;

namespace CleanTenancy.UnitTests.Application.Common.Behaviors;

public sealed class ValidationBehaviorTests
{
    private readonly Fakes.Handler _handler = new();

    [Fact]
    public async Task A_request_without_a_validator_passes() => (await SendAsync(Well)).Value.ShouldBe("done");

    [Fact]
    public async Task A_well_shaped_request_passes() =>
        (await SendAsync(Well, new RenameValidator())).Value.ShouldBe("done");

    [Fact]
    public async Task Every_failure_is_told_as_a_pointer_into_the_body_and_a_code()
    {
        var command = Well with { Content = new Names("", [new Part("a"), new Part("abcdef")]) };

        var error = (await SendAsync(command, new RenameValidator())).Error.ShouldNotBeNull();

        (error.Kind, error.Code).ShouldBe((ErrorKind.Validation, "validation_failed"));
        error.Failures.Select(failure => (failure.Pointer, failure.Code)).ShouldBe(
            [("/firstName", "not_empty"), ("/firstName", "too_plain"), ("/middleNames/1/text", "maximum_length")]);
        error.Failures.ShouldAllBe(failure => failure.Message.Length > 0);
        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_conditional_request_must_say_which_version_it_saw()
    {
        (await SendAsync(Well with { IfMatch = VersionCondition.Absent })).Error.ShouldBe(Error.PreconditionRequired);
        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Its_shape_is_judged_before_its_condition()
    {
        var command = new Rename(VersionCondition.Absent, new Names("", []));

        (await SendAsync(command, new RenameValidator())).Error.ShouldNotBeNull().Code.ShouldBe("validation_failed");
    }

    [Fact]
    public async Task A_request_that_needs_a_key_is_refused_without_one()
    {
        var error = (await SendAsync(new Begin(), key: null)).Error.ShouldNotBeNull();

        error.Failures.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            failure => failure.Pointer.ShouldBe("Idempotency-Key"), failure => failure.Code.ShouldBe("key_required"));
        _handler.Calls.ShouldBe(0);
        (await SendAsync(new Begin(), key: "once")).Value.ShouldBe("done");
    }

    private static readonly Rename Well = new(VersionCondition.Parse("*"), new Names("Ann", []));

    private Task<Result<string>> SendAsync(Rename request, params IValidator<Rename>[] validators) =>
        new ValidationBehavior<Rename, Result<string>>(validators, new Fakes.Caller())
            .Handle(request, TestContext.Current.CancellationToken, _handler.Next);

    private Task<Result<string>> SendAsync(Begin request, string? key) =>
        new ValidationBehavior<Begin, Result<string>>([], new Fakes.Caller { IdempotencyKey = key })
            .Handle(request, TestContext.Current.CancellationToken, _handler.Next);

    private sealed record Begin : ICommand<string>
    {
        public static Policy Policy { get; } = new()
        {
            Permission = Permissions.None,
            Feature = Feature.None,
            Audit = Deed.None,
            Idempotent = true,
            KeyRequired = true,
        };
    }

    private sealed record Part(string Text);

    private sealed record Names(string FirstName, IReadOnlyList<Part> MiddleNames);

    private sealed record Rename(VersionCondition IfMatch, Names Content) : ICommand<string>, IConditional
    {
        public static Policy Policy { get; } =
            new() { Permission = Permissions.None, Feature = Feature.None, Audit = Deed.None };
    }

    private sealed class RenameValidator : AbstractValidator<Rename>
    {
        public RenameValidator()
        {
            RuleFor(c => c.Content.FirstName).NotEmpty().Must(name => name.Length > 1).WithErrorCode("too_plain");
            RuleForEach(c => c.Content.MiddleNames).ChildRules(part => part.RuleFor(p => p.Text).MaximumLength(5));
        }
    }
}
