using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Archives;
using Microsoft.Extensions.Configuration;

namespace CleanTenancy.UnitTests.Infrastructure.Archives;

public sealed class ImportSettingsTests
{
    private static readonly FileLimits Files = new(MaxBytes: 7, TimeSpan.FromHours(2));

    [Fact]
    public void Files_of_an_archive_are_no_larger_than_others_and_it_comes_as_long()
    {
        var settings = Read("120");

        (settings.Time, settings.Upload.UploadTime, settings.Archive.FileBytes)
            .ShouldBe((TimeSpan.FromHours(2), TimeSpan.FromHours(2), 7));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("121")]
    public void A_time_after_which_its_files_would_be_swept_is_refused(string minutes) =>
        Should.Throw<InvalidOperationException>(() => Read(minutes))
            .Message.ShouldBe("Imports__Minutes is not between 1 and 120.");

    private static ImportSettings Read(string minutes) => ImportSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection([new("Imports:Minutes", minutes)]).Build(), Files);
}
