using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.UnitTests.Application.Common;

public sealed class ActivationTokenTests
{
    private static readonly TenantId Acme = TenantId.New(Fakes.Noon);

    [Fact]
    public void It_is_read_as_it_was_made()
    {
        var token = ActivationToken.New(Acme);

        var read = ActivationToken.Read(token.Text).ShouldNotBeNull();

        read.OrgId.ShouldBe(Acme);
        read.Hash.ShouldBe(token.Hash);
        token.Text.Length.ShouldBe(ActivationToken.TextLength);
    }

    [Fact]
    public void No_two_are_the_same() =>
        Enumerable.Range(0, 100).Select(_ => ActivationToken.New(Acme).Text).Distinct().Count().ShouldBe(100);

    [Fact]
    public void What_cannot_be_one_is_none()
    {
        var text = ActivationToken.New(Acme).Text;

        foreach (var wrong in new[] { "", "x", text[1..], text + "A", text[..^1] + "=", text[..^1] + "+", new string('\u00e9', 64) })
            ActivationToken.Read(wrong).ShouldBeNull(wrong);
    }

    [Fact]
    public void It_has_one_spelling()
    {
        var text = ActivationToken.New(Acme).Text;

        foreach (var letter in "ABab01-_")
            if (letter != text[^1])
                ActivationToken.Read(text[..^1] + letter)!.Hash.ShouldNotBe(ActivationToken.Read(text)!.Hash);
    }
}
