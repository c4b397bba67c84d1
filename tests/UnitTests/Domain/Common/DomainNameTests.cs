using CleanTenancy.Domain.Common;

namespace CleanTenancy.UnitTests.Domain.Common;

public sealed class DomainNameTests
{
    [Theory]
    [InlineData("acme.com", "acme.com")]
    [InlineData("ACME.Com", "acme.com")]
    [InlineData("acme.com.", "acme.com")]
    [InlineData("localhost", "localhost")]
    [InlineData("a", "a")]
    [InlineData("a.b.c.d.e.f.g", "a.b.c.d.e.f.g")]
    [InlineData("a-b.com", "a-b.com")]
    [InlineData("a--b.com", "a--b.com")]
    [InlineData("1.acme.com", "1.acme.com")]
    [InlineData("3com.com", "3com.com")]
    [InlineData("xn--mnchen-3ya.de", "xn--mnchen-3ya.de")]
    [InlineData("XN--MNCHEN-3YA.DE", "xn--mnchen-3ya.de")]
    [InlineData("münchen.de", "xn--mnchen-3ya.de")]
    [InlineData("MÜNCHEN.DE", "xn--mnchen-3ya.de")]
    [InlineData("mu\u0308nchen.de", "xn--mnchen-3ya.de")]
    [InlineData("münchen.de.", "xn--mnchen-3ya.de")]
    [InlineData("faß.de", "xn--fa-hia.de")]
    [InlineData("ς.gr", "xn--3xa.gr")]
    [InlineData("한국.kr", "xn--3e0b707e.kr")]
    [InlineData("이벤트.acme.kr", "xn--el3bt1ri5i.acme.kr")]
    [InlineData("ａｃｍｅ.com", "acme.com")]
    [InlineData("acme。com", "acme.com")]
    [InlineData("acme．com", "acme.com")]
    [InlineData("\u212Arakow.pl", "krakow.pl")]
    [InlineData("①.com", "1.com")]
    [InlineData("☃.com", "xn--n3h.com")]
    [InlineData("💩.la", "xn--ls8h.la")]
    public void A_name_is_compared_as_lower_case_A_labels_without_the_final_dot(string text, string expected)
    {
        DomainName.TryNormalize(text, out var normalized).ShouldBeTrue();
        normalized.ShouldBe(expected);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".com")]
    [InlineData("acme..com")]
    [InlineData("acme.com..")]
    [InlineData("ü..com")]
    [InlineData("-acme.com")]
    [InlineData("acme-.com")]
    [InlineData("acme.-com")]
    [InlineData("acme.com-")]
    [InlineData("-ü.com")]
    [InlineData("ü-.com")]
    [InlineData("xn--.de")]
    [InlineData("a_b.com")]
    [InlineData("_dmarc.acme.com")]
    [InlineData("ü_b.com")]
    [InlineData("*.acme.com")]
    [InlineData("a b.com")]
    [InlineData(" acme.com")]
    [InlineData("acme.com ")]
    [InlineData("ü b.com")]
    [InlineData("acme.com\n")]
    [InlineData("ü.com\n")]
    [InlineData("acme\0.com")]
    [InlineData("ü\0.com")]
    [InlineData("acme.com/")]
    [InlineData("acme.com/path")]
    [InlineData("acme.com:443")]
    [InlineData("ü.com:443")]
    [InlineData("https://acme.com")]
    [InlineData("user@acme.com")]
    [InlineData("ü@acme.com")]
    [InlineData("[::1]")]
    [InlineData("::1")]
    [InlineData("acme,com")]
    [InlineData("acme%2ecom")]
    [InlineData("a\u200Db.com")]
    [InlineData("⒈com")]
    public void What_is_no_name_is_refused_and_leaves_nothing_behind(string? text)
    {
        DomainName.TryNormalize(text, out var normalized).ShouldBeFalse();
        normalized.ShouldBeEmpty();
    }

    [Fact]
    public void A_lone_surrogate_is_refused() => DomainName.TryNormalize("\uD800.com", out _).ShouldBeFalse();

    [Fact]
    public void A_label_has_at_most_63_letters()
    {
        DomainName.TryNormalize(new string('a', 63) + ".com", out _).ShouldBeTrue();
        DomainName.TryNormalize(new string('a', 64) + ".com", out _).ShouldBeFalse();
    }

    [Fact]
    public void A_name_has_at_most_253_letters_and_one_final_dot()
    {
        var longest = string.Join('.', Enumerable.Repeat(new string('a', 49), 5)) + ".abc";
        longest.Length.ShouldBe(DomainName.MaxLength);

        DomainName.TryNormalize(longest, out _).ShouldBeTrue();
        DomainName.TryNormalize(longest + ".", out var normalized).ShouldBeTrue();
        normalized.ShouldBe(longest);
        DomainName.TryNormalize(longest + "d", out _).ShouldBeFalse();
        DomainName.TryNormalize(longest + "d.", out _).ShouldBeFalse();
    }

    [Fact]
    public void The_length_that_counts_is_that_of_the_A_labels()
    {
        var name = string.Join('.', Enumerable.Repeat("ü" + new string('a', 44), 5)); // 45 letters become 52

        name.Length.ShouldBeLessThan(DomainName.MaxLength);
        DomainName.TryNormalize(name, out _).ShouldBeFalse();
    }
}
