using CleanTenancy.Application.Common;
using FluentValidation;

namespace CleanTenancy.UnitTests.Application.Common;

public sealed class PasswordRulesTests
{
    private static readonly Tenant Acme = Fakes.Acme with { Slug = "acme-conf", Name = "Acme Conferences" };

    [Theory]
    [InlineData("correct horse battery", "")]
    [InlineData("aaaaaaaaaaaaaaa", "")] // no rules of composition
    [InlineData("fourteen chars", "password_too_short")]
    [InlineData("", "not_empty")]
    [InlineData("\U0001F511\U0001F511\U0001F511\U0001F511\U0001F511\U0001F511\U0001F511\U0001F511", "password_too_short")]
    [InlineData("123456789123456789", "password_common")]
    [InlineData("QWERTYUIOP123456", "")]
    [InlineData("Q1w2e3r4t5y6u7i8", "password_common")]
    [InlineData("q１w２e３r４t５y６u７i８", "password_common")] // wide figures are figures, once normalized
    public void A_new_password_is_judged_by_length_and_by_the_list(string password, string code) =>
        string.Join(' ', Judge(password).Distinct()).ShouldStartWith(code);

    [Fact]
    public void Length_is_counted_in_code_points_of_the_normalized_form()
    {
        PasswordRules.LengthOf("\U0001F511\U0001F511").ShouldBe(2);
        PasswordRules.LengthOf("\uFDFA").ShouldBe(18);
        PasswordRules.LengthOf("\u1112\u1161\u11AB").ShouldBe(1); // jamo of one syllable
        PasswordRules.LengthOf("\uFFFE").ShouldBe(1);
        Judge(string.Concat(Enumerable.Repeat("\U0001F511", 128))).ShouldBeEmpty();
        Judge(string.Concat(Enumerable.Repeat("\U0001F511", 129))).ShouldBe(["password_too_long"]);
        Judge(string.Concat(Enumerable.Repeat("\u1112\u1161\u11AB", 128))).ShouldBeEmpty();
        Judge(new string('x', 100_000)).ShouldBe(["password_too_long"]);
    }

    [Theory]
    [InlineData("Acme Conferences 2027!", true)]
    [InlineData("acmeconfacmeconf", true)]
    [InlineData("acme-conf-acme-conf", true)]
    [InlineData("minji.kim@acme.test", true)]
    [InlineData("minji.kim.2027.!", true)]
    [InlineData("minji likes Acme a lot", false)]
    [InlineData("123456789-123456-0", false)]
    public void Names_of_the_person_and_the_tenant_alone_are_refused(string password, bool isRefused) =>
        (PasswordRules.Refusal("/newPassword", password, hasTotp: false, Acme, "minji.kim@acme.test")
            ?.Failures.Single().Code == "password_personal").ShouldBe(isRefused);

    [Fact]
    public void With_an_authenticator_app_eight_are_enough()
    {
        PasswordRules.Refusal("/p", "lengthy8", hasTotp: true, Acme, "a@b.test").ShouldBeNull();
        PasswordRules.Refusal("/p", "lengthy8", hasTotp: false, Acme, "a@b.test")!.Failures.Single()
            .ShouldSatisfyAllConditions(
                failure => failure.Code.ShouldBe("password_too_short"), failure => failure.Pointer.ShouldBe("/p"));
    }

    /// <summary>At least as many as the policy names, and the best known among them.</summary>
    [Fact]
    public void The_list_is_there()
    {
        PasswordRules.CommonCount.ShouldBeGreaterThan(10_000);
        foreach (var word in new[] { "password", "Football", "12345678", "iloveyou", "qwertyuiop", "JENNIFER" })
            PasswordRules.IsCommon(word).ShouldBeTrue(word);
        PasswordRules.IsCommon("correct horse battery").ShouldBeFalse();
    }

    private static IReadOnlyList<string> Judge(string password) =>
    [
        .. new Validator().Validate(new Body(password)).Errors
            .Select(error => error.ErrorCode == "NotEmptyValidator" ? "not_empty" : error.ErrorCode),
    ];

    private sealed record Body(string Password);

    private sealed class Validator : AbstractValidator<Body>
    {
        public Validator() => RuleFor(body => body.Password).IsNewPassword();
    }
}
