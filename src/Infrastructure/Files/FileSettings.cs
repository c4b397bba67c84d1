using CleanTenancy.Application.Common.Ports;
using Microsoft.Extensions.Configuration;

namespace CleanTenancy.Infrastructure.Files;

/// <summary>Where files are kept: Files__Root, or Files__S3__Endpoint and the rest, or a folder while developing.</summary>
/// <param name="Root">The folder; null with S3.</param>
internal sealed record FileSettings(string? Root, S3Settings? S3, FileLimits Limits)
{
    private const long Largest = (long)S3FileStore.PartSize * S3FileStore.MaxParts, GiB = 1L << 30;

    private static readonly TimeSpan UploadTime = TimeSpan.FromHours(2);

    /// <exception cref="InvalidOperationException">
    /// A setting is missing, and this is not Development; or two contradict each other.
    /// </exception>
    public static FileSettings Read(IConfiguration configuration, bool isDevelopment)
    {
        var (root, endpoint) = (configuration["Files:Root"], configuration["Files:S3:Endpoint"]);
        if (root is not null && endpoint is not null)
            throw new InvalidOperationException("Files__Root and Files__S3__Endpoint are both set.");
        if (root is null && endpoint is null && !isDevelopment)
            throw new InvalidOperationException("Neither Files__Root nor Files__S3__Endpoint is set.");

        var maxBytes = configuration.GetValue("Files:MaxBytes", 2 * GiB);
        if (maxBytes is < 1 or > Largest)
            throw new InvalidOperationException($"Files__MaxBytes is not between 1 and {Largest}.");

        var limits = new FileLimits(maxBytes, UploadTime);
        return endpoint is not null
            ? new(Root: null, S3Settings.Read(configuration, endpoint), limits)
            : new(
                root ?? Path.Combine(Path.GetFullPath(configuration["Development:DataFolder"] ?? ".dev"), "files"),
                S3: null,
                limits);
    }
}

/// <param name="Region">Part of the signature; most stores other than Amazon's do not care.</param>
internal sealed record S3Settings(string Endpoint, string Bucket, string AccessKey, string SecretKey, string Region)
{
    public static S3Settings Read(IConfiguration configuration, string endpoint)
    {
        return new(
            endpoint,
            Required("Bucket"),
            Required("AccessKey"),
            Required("SecretKey"),
            configuration["Files:S3:Region"] ?? "us-east-1");

        string Required(string name) =>
            configuration[$"Files:S3:{name}"]
            ?? throw new InvalidOperationException($"Files__S3__{name} is not set.");
    }
}
