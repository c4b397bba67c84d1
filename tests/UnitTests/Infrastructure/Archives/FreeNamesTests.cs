using CleanTenancy.Infrastructure.Archives;

namespace CleanTenancy.UnitTests.Infrastructure.Archives;

public sealed class FreeNamesTests
{
    [Fact]
    public void A_name_that_is_free_stays_and_others_get_a_number()
    {
        var names = new FreeNames(40, new HashSet<string> { "door", "door (2)" }.Contains);

        (names.For("staff"), names.For("door"), names.For("door")).ShouldBe(("staff", "door (3)", "door (4)"));
    }

    [Fact]
    public void What_would_be_too_long_is_cut_and_no_character_in_two()
    {
        var (long1, long2) = (new string('x', 40), new string('x', 29) + "😀" + new string('y', 9));
        var names = new FreeNames(40, new HashSet<string> { long1, long2 }.Contains);

        (names.For(long1), names.For(long2)).ShouldBe(($"{new string('x', 30)} (2)", $"{new string('x', 29)} (2)"));
    }

    [Fact]
    public void Many_that_want_the_same_name_are_asked_about_once_each()
    {
        const int Many = 10_000;
        var (taken, asked) = (new HashSet<string>(), 0);
        var names = new FreeNames(200, name =>
        {
            asked++;
            return taken.Contains(name);
        });

        for (var n = 0; n < Many; n++) taken.Add(names.For(new string('x', 195) + n % 10)).ShouldBeTrue();

        asked.ShouldBeLessThan(3 * Many);
    }
}
