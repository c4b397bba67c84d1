using System.Text;
using CleanTenancy.Domain.Files;

namespace CleanTenancy.UnitTests.Domain.Files;

public sealed class FileNameTests
{
    [Theory]
    [InlineData("plan.pdf", "plan.pdf")]
    [InlineData("봄 모임 (1).pdf", "봄 모임 (1).pdf")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("C:\\Users\\me\\plan.pdf", "plan.pdf")]
    [InlineData("/", "file")]
    [InlineData("", "file")]
    [InlineData("...", "file")]
    [InlineData(" . ", "file")]
    [InlineData("plan.pdf. . ", "plan.pdf")]
    [InlineData("  plan.pdf", "plan.pdf")]
    [InlineData(".hidden", ".hidden")]
    [InlineData("a\u0000b\r\nc\u007f.txt", "abc.txt")]
    [InlineData("ann\u202Efdp.exe", "annfdp.exe")]
    [InlineData("a\u2066b\u2069\u200F\uFEFFc", "abc")]
    [InlineData("a<b>c:d\"e|f?g*h", "a_b_c_d_e_f_g_h")]
    [InlineData("CON", "_CON")]
    [InlineData("nul.txt", "_nul.txt")]
    [InlineData("com1 .tar.gz", "_com1 .tar.gz")]
    [InlineData("LPT².txt", "_LPT².txt")]
    [InlineData("console.txt", "console.txt")]
    [InlineData("e\u0301.txt", "é.txt")]
    public void A_name_is_cleaned(string name, string clean) => FileName.Clean(name).ShouldBe(clean);

    /// <summary>Not among the others: an attribute cannot hold half a letter.</summary>
    [Fact]
    public void Half_a_letter_is_replaced() => FileName.Clean("a\ud800b.txt").ShouldBe("a\ufffdb.txt");

    [Fact]
    public void A_long_name_keeps_its_extension_and_whole_letters()
    {
        var clean = FileName.Clean(string.Concat(Enumerable.Repeat("😀", 200)) + ".jpeg");

        clean.Length.ShouldBeInRange(FileName.MaxLength - 1, FileName.MaxLength);
        clean.ShouldEndWith("😀.jpeg");
        FileName.Clean("CON" + new string(' ', 300) + "x.txt").ShouldBe("_CON.txt", "cut, it would be a device's");
        FileName.Clean("a." + new string('x', 400)).Length.ShouldBe(FileName.MaxLength);
    }

    [Fact]
    public void Whatever_comes_it_is_clean_and_stays_as_it_is()
    {
        var random = new Random(20260101);
        const string Spice = "./\\ \t\0\u202e:*?\"<>|CONul1.e\u0301\ud83d\ude00\ud800\udc00\ufeff\u0085\u2028\uffff가é";
        for (var round = 0; round < 20_000; round++)
        {
            var name = new string([.. Enumerable.Range(0, random.Next(0, round % 50 == 0 ? 600 : 14)).Select(_ => Spice[random.Next(Spice.Length)])]);

            var clean = FileName.Clean(name);

            clean.Length.ShouldBeInRange(1, FileName.MaxLength);
            clean.ShouldBe(FileName.Clean(clean));
            clean.IsNormalized(NormalizationForm.FormC).ShouldBeTrue();
            // Any, not ShouldNotContain, which compiles its expression at each call.
            clean.Any(c => char.IsControl(c) || "/\\:*?\"<>|\u202e\u2028".Contains(c)).ShouldBeFalse(name);
            (clean[^1] is '.' or ' ').ShouldBeFalse(name);
            clean.Split('.')[0].TrimEnd().ShouldNotBeOneOf("CON", "NUL", "nul");
        }
    }
}
