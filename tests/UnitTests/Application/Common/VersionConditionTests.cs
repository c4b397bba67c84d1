using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.UnitTests.Application.Common;

public sealed class VersionConditionTests
{
    [Theory]
    [InlineData("*")]
    [InlineData(" * ")]
    [InlineData("\"7\"")]
    [InlineData(" \"7\" ")]
    [InlineData("\"6\", \"7\"")]
    [InlineData("\"7\",\"8\"")]
    [InlineData("W/\"7\", \"7\"")]
    public void The_row_that_was_seen_may_be_changed(string header) => Check(header).ShouldBeNull();

    [Theory]
    [InlineData("\"6\"")]
    [InlineData("\"77\"")]
    [InlineData("\"07\"")]
    [InlineData("\"6\", \"8\"")]
    [InlineData("W/\"7\"")]
    [InlineData("w/\"7\"")]
    [InlineData("7")]
    [InlineData("'7'")]
    [InlineData("\"\"")]
    [InlineData("\"7")]
    [InlineData(",")]
    [InlineData("anything")]
    public void Another_version_a_weak_tag_and_nonsense_are_stale(string header) =>
        Check(header).ShouldBe(Error.PreconditionFailed);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void Without_a_condition_one_is_required(string? header)
    {
        VersionCondition.Parse(header).IsAbsent.ShouldBeTrue();
        Check(header).ShouldBe(Error.PreconditionRequired);
    }

    [Fact]
    public void A_condition_made_of_nothing_lets_nothing_through() =>
        new VersionCondition().Check(new Row(7)).ShouldBe(Error.PreconditionFailed);

    [Fact]
    public void A_tag_is_the_version_in_quotes() => VersionCondition.Tag(1_234_567).ShouldBe("\"1234567\"");

    private static Error? Check(string? header) => VersionCondition.Parse(header).Check(new Row(7));

    private sealed record Row(long Version) : IVersioned;
}
