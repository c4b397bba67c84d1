using CleanTenancy.Domain.Common;

namespace CleanTenancy.UnitTests.Domain.Common;

public sealed class EmailAddressTests
{
    [Theory]
    [InlineData("ann@acme.test", "ann@acme.test")]
    [InlineData("Ann@ACME.Test", "ann@acme.test")]
    [InlineData("  ann@acme.test ", "ann@acme.test")]
    [InlineData("ann+news@acme.test", "ann+news@acme.test")]
    [InlineData("ann.o'hara@acme.test", "ann.o'hara@acme.test")]
    [InlineData("ａｎｎ@acme.test", "ann@acme.test")]
    [InlineData("ann＠acme.test", "ann@acme.test")]
    [InlineData("ﬁona@acme.test", "fiona@acme.test")]
    [InlineData("jose\u0301@acme.test", "jos\u00E9@acme.test")]
    [InlineData("JOSE\u0301@acme.test", "jos\u00E9@acme.test")]
    [InlineData("J\u030Can@acme.test", "\u01F0an@acme.test")]
    [InlineData("한국@한국.kr", "한국@xn--3e0b707e.kr")]
    [InlineData("ann@MÜNCHEN.de", "ann@xn--mnchen-3ya.de")]
    [InlineData("ann@xn--mnchen-3ya.de", "ann@xn--mnchen-3ya.de")]
    [InlineData("ann@acme.test.", "ann@acme.test")]
    public void Addresses_that_mean_the_same_look_the_same(string text, string expected) =>
        EmailAddress.Normalize(text).ShouldBe(expected);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("ann")]
    [InlineData("@acme.test")]
    [InlineData("ann@")]
    [InlineData("ann@.")]
    [InlineData("ann@@acme.test")]
    [InlineData("ann@bob@acme.test")]
    [InlineData("an n@acme.test")]
    [InlineData("\"an n\"@acme.test")]
    [InlineData("Ann <ann@acme.test>")]
    [InlineData("ann@acme.test, bob@acme.test")]
    [InlineData("ann@acme test")]
    [InlineData("ann@-acme.test")]
    [InlineData("ann@acme..test")]
    [InlineData("ann@[127.0.0.1]")]
    [InlineData("ann@acme.test:25")]
    [InlineData("ann@acme.test\n")]
    [InlineData("ann@acme.test\r\nBcc: bob@acme.test")]
    [InlineData("an\tn@acme.test")]
    [InlineData("an\0n@acme.test")]
    [InlineData("\u00A8ann@acme.test")]
    [InlineData("an\u00A0n@acme.test")]
    public void What_is_no_address_is_refused_and_leaves_nothing_behind(string? text)
    {
        EmailAddress.TryNormalize(text, out var normalized).ShouldBeFalse();
        normalized.ShouldBeEmpty();
    }

    [Fact]
    public void A_lone_surrogate_is_refused() => EmailAddress.TryNormalize("\uD800@acme.test", out _).ShouldBeFalse();

    [Fact]
    public void The_local_part_has_at_most_64_letters()
    {
        EmailAddress.TryNormalize(new string('a', 64) + "@acme.test", out _).ShouldBeTrue();
        EmailAddress.TryNormalize(new string('a', 65) + "@acme.test", out _).ShouldBeFalse();
    }

    [Fact]
    public void An_address_has_at_most_254_letters_in_the_form_in_which_it_is_compared()
    {
        var domain = string.Join('.', Enumerable.Repeat(new string('b', 47), 4)); // 191 letters
        EmailAddress.TryNormalize($"{new string('a', 62)}@{domain}", out _).ShouldBeTrue();
        EmailAddress.TryNormalize($"{new string('a', 63)}@{domain}", out _).ShouldBeFalse();

        var grows = string.Join('.', Enumerable.Repeat("ü" + new string('b', 41), 4));
        EmailAddress.TryNormalize($"{new string('a', 60)}@{grows}", out var normalized).ShouldBeFalse();
        normalized.ShouldBeEmpty();
    }

    [Fact]
    public void The_form_in_which_addresses_are_compared_is_its_own_form()
    {
        var accepted = 0;
        for (var c = '!'; c < char.MaxValue; c++)
        {
            foreach (var text in (string[])[$"a{c}@acme.test", $"{c}\u0331@acme.test", $"{c}\u030A@acme.test"])
            {
                if (!EmailAddress.TryNormalize(text, out var normalized)) continue;

                accepted++;
                EmailAddress.TryNormalize(normalized, out var again).ShouldBeTrue(normalized);
                if (again != normalized) again.ShouldBe(normalized);
            }
        }

        accepted.ShouldBeGreaterThan(100_000);
    }

    [Fact]
    public void Normalize_throws_on_what_is_no_address() =>
        Should.Throw<FormatException>(() => EmailAddress.Normalize("ann"));
}
