using CleanTenancy.Infrastructure;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace CleanTenancy.UnitTests.Infrastructure;

public sealed class FailPointsTests
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    [InlineData("Staging")]
    [InlineData("")]
    public void Only_a_host_that_is_tested_can_be_told_to_die(string environment)
    {
        var points = FailPoints.Of(new Host(environment), Told);

        points.GetType().Name.ShouldBe("Harmless");
        points.Pass("here"); // we are still here
    }

    [Fact]
    public void A_host_that_is_tested_dies_where_it_is_told_and_nowhere_else()
    {
        var points = FailPoints.Of(new Host("Testing"), Told);

        points.GetType().Name.ShouldBe("Deadly");
        points.Pass("elsewhere");
        FailPoints.Of(new Host("Testing"), new ConfigurationBuilder().Build()).GetType().Name.ShouldBe("Harmless");
    }

    private static IConfiguration Told => new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?> { ["FailPoints:KillAt"] = "here" }).Build();

    private sealed class Host(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "";

        public string ContentRootPath { get; set; } = "";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
