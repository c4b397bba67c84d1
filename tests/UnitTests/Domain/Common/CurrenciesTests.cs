using CleanTenancy.Domain.Common;

namespace CleanTenancy.UnitTests.Domain.Common;

public sealed class CurrenciesTests
{
    [Theory]
    [InlineData("KRW")]
    [InlineData("USD")]
    [InlineData("EUR")]
    [InlineData("JPY")]
    public void What_people_pay_in_is_known(string code) => Currencies.IsKnown(code).ShouldBeTrue();

    [Theory]
    [InlineData("krw")]
    [InlineData("XXX")]
    [InlineData("XAU")]
    [InlineData("DEM")]
    [InlineData("")]
    public void Anything_else_is_not(string code) => Currencies.IsKnown(code).ShouldBeFalse();
}
