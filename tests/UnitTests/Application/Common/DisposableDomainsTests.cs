using CleanTenancy.Application.Common;

namespace CleanTenancy.UnitTests.Application.Common;

public sealed class DisposableDomainsTests
{
    [Fact]
    public void The_list_is_there() => DisposableDomains.Count.ShouldBe(8883);

    [Theory]
    [InlineData("kim@mailinator.com")]
    [InlineData("kim@yopmail.com")]
    [InlineData("kim@sub.domain.mailinator.com")]
    [InlineData("\"@\"@mailinator.com")]
    public void Listed_domains_and_names_below_them_are_found(string email) => DisposableDomains.Has(email).ShouldBeTrue();

    [Theory]
    [InlineData("kim@gmail.com")]
    [InlineData("kim@naver.com")]
    [InlineData("kim@hanmail.net")]
    [InlineData("kim@certainlynotmailinator.com")]
    [InlineData("mailinator.com@example.test")]
    [InlineData("kim@com")]
    public void Others_are_not(string email) => DisposableDomains.Has(email).ShouldBeFalse();
}
