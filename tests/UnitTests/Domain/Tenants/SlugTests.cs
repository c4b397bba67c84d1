using System.Text.RegularExpressions;
using CleanTenancy.Domain.Tenants;
using CsCheck;

namespace CleanTenancy.UnitTests.Domain.Tenants;

public sealed partial class SlugTests
{
    [Theory]
    [InlineData("acme")]
    [InlineData("abc")]
    [InlineData("a1b")]
    [InlineData("123")]
    [InlineData("a-b")]
    [InlineData("a-b-c-d")]
    [InlineData("3com")]
    [InlineData("globex-korea-2026")]
    [InlineData("0123456789012345678901234567890123456789")]
    public void A_label_of_letters_digits_and_single_hyphens_is_a_slug(string text) =>
        Slug.IsValid(text).ShouldBeTrue();

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("ab")]
    [InlineData("01234567890123456789012345678901234567890")]
    [InlineData("Acme")]
    [InlineData("ACME")]
    [InlineData("-acme")]
    [InlineData("acme-")]
    [InlineData("ac--me")]
    [InlineData("xn--acme")]
    [InlineData("---")]
    [InlineData("ac_me")]
    [InlineData("ac.me")]
    [InlineData("ac me")]
    [InlineData(" acme")]
    [InlineData("acme\n")]
    [InlineData("acme\0")]
    [InlineData("acmé")]
    [InlineData("한국어")]
    [InlineData("ａｃｍｅ")]
    [InlineData("аcme")] // a Cyrillic first letter
    [InlineData("acm١")] // an Arabic digit
    [InlineData("ac/me")]
    public void Anything_else_is_not(string text) => Slug.IsValid(text).ShouldBeFalse();

    [Fact]
    public void It_is_exactly_the_grammar_of_the_contract() =>
        Gen.Char["ab1-_A."].Array[0, 42].Select(letters => new string(letters)).Sample(
            text => Slug.IsValid(text) == (text.Length is >= 3 and <= 40 && Grammar().IsMatch(text)),
            iter: 20_000);

    [Fact]
    public void More_than_a_hundred_names_are_reserved_and_none_of_them_is_a_slug()
    {
        Slug.Reserved.Count.ShouldBeGreaterThan(100);
        Slug.Reserved.Where(name => Slug.IsValid(name)).ShouldBeEmpty();
    }

    [Fact]
    public void A_name_that_only_contains_a_reserved_one_is_a_slug() => Slug.IsValid("admin-of-acme").ShouldBeTrue();

    [Theory]
    [InlineData("gone-01980000000070008000000000000000")]
    [InlineData("gone-fishing")]
    public void The_names_of_tenants_that_are_gone_are_nobody_elses(string name) =>
        (Slug.IsValid(name), Slug.IsReserved(name), Slug.IsValid(name[5..] + "-gone")).ShouldBe((false, true, true));

    [Theory]
    [InlineData("www")]
    [InlineData("api")]
    [InlineData("admin")]
    [InlineData("app")]
    [InlineData("mail")]
    [InlineData("auth")]
    [InlineData("status")]
    [InlineData("login")]
    [InlineData("billing")]
    [InlineData("support")]
    [InlineData("localhost")]
    [InlineData("autodiscover")]
    public void The_names_of_the_contract_and_of_phishers_are_reserved(string name) =>
        Slug.Reserved.ShouldContain(name);

    [Fact]
    public void Reserved_names_are_spelled_as_hosts_are() =>
        Slug.Reserved.Where(name => !Grammar().IsMatch(name)).ShouldBeEmpty();

    [GeneratedRegex("^[a-z0-9](-?[a-z0-9])*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Grammar();
}
