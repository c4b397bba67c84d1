using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Registrations;
using CleanTenancy.Domain.Registrations;

namespace CleanTenancy.UnitTests.Application.Registrations;

public sealed class EnterRegistrationValidatorTests
{
    [Theory]
    [InlineData("Ann", "ann@acme.test")]
    [InlineData("안나", "Ann@한국.kr")]
    public void A_name_and_an_address_are_accepted(string name, string email) =>
        FailuresOf(name, email).ShouldBeEmpty();

    [Theory]
    [InlineData("", "ann@acme.test", "/name not_empty")]
    [InlineData("\u0001", "ann@acme.test", "/name control_character")]
    [InlineData("Ann", "ann", "/email not_an_email")]
    [InlineData("Ann", "", "/email not_empty")]
    public void Anything_else_is_refused_by_member_and_reason(string name, string email, string expected) =>
        FailuresOf(name, email).ShouldBe([expected]);

    [Fact]
    public void A_name_may_be_as_long_as_its_limit_and_no_longer()
    {
        FailuresOf(new string('a', Registration.NameMaxLength), "ann@acme.test").ShouldBeEmpty();
        FailuresOf(new string('a', Registration.NameMaxLength + 1), "ann@acme.test").ShouldBe(["/name maximum_length"]);
    }

    private static IEnumerable<string> FailuresOf(string name, string email) =>
        new EnterRegistrationValidator()
            .Validate(new EnterRegistration(default, new RegistrationContent { Name = name, Email = email })).ToError()
            .Failures.Select(failure => $"{failure.Pointer} {failure.Code}");
}
