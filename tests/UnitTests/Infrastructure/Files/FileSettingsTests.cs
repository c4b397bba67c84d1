using CleanTenancy.Infrastructure.Files;
using Microsoft.Extensions.Configuration;

namespace CleanTenancy.UnitTests.Infrastructure.Files;

public sealed class FileSettingsTests
{
    [Fact]
    public void Nothing_is_needed_while_developing() =>
        Read(isDevelopment: true, ("Development:DataFolder", "/data")).Root.ShouldBe("/data/files");

    [Fact]
    public void A_folder_or_a_bucket_is_taken()
    {
        var folder = Read(isDevelopment: false, ("Files:Root", "/files"), ("Files:MaxBytes", "7"));
        (folder.Root, folder.S3, folder.Limits.MaxBytes).ShouldBe(("/files", null, 7));

        var bucket = Read(
            isDevelopment: false, ("Files:S3:Endpoint", "http://s3"), ("Files:S3:Bucket", "b"), ("Files:S3:AccessKey", "a"),
            ("Files:S3:SecretKey", "s"));
        (bucket.Root, bucket.S3).ShouldBe((null, new S3Settings("http://s3", "b", "a", "s", "us-east-1")));
        bucket.Limits.MaxBytes.ShouldBe(2L << 30);
    }

    [Theory]
    [InlineData("Neither Files__Root nor Files__S3__Endpoint is set.")]
    [InlineData("Files__Root and Files__S3__Endpoint are both set.", "Files:Root", "Files:S3:Endpoint")]
    [InlineData("Files__S3__Bucket is not set.", "Files:S3:Endpoint", "Files:S3:AccessKey", "Files:S3:SecretKey")]
    [InlineData("Files__S3__SecretKey is not set.", "Files:S3:Endpoint", "Files:S3:Bucket", "Files:S3:AccessKey")]
    public void What_is_missing_or_too_much_is_named(string message, params string[] set) =>
        Should.Throw<InvalidOperationException>(() => Read(isDevelopment: false, [.. set.Select(name => (name, "x"))]))
            .Message.ShouldBe(message);

    [Theory]
    [InlineData("0")]
    [InlineData("83886080001")]
    public void A_limit_that_no_store_can_keep_is_refused(string maxBytes) =>
        Should.Throw<InvalidOperationException>(() => Read(isDevelopment: true, ("Files:MaxBytes", maxBytes)));

    private static FileSettings Read(bool isDevelopment, params (string Name, string Value)[] settings) => FileSettings.Read(
        new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(pair => KeyValuePair.Create(pair.Name, (string?)pair.Value))).Build(),
        isDevelopment);
}
