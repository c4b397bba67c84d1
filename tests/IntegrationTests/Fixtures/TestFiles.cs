using System.Text;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>Where the files of this run's APIs are, and how clients send one.</summary>
public static class TestFiles
{
    /// <summary>The smallest PNG that there is: one pixel.</summary>
    public static readonly byte[] Png = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    private static readonly string Run =
        Path.Combine(Path.GetTempPath(), $"clean-tenancy-files-{Environment.ProcessId}");

    /// <summary>The folder of all APIs on a database: where the rows are, the bytes are.</summary>
    public static string RootOf(string database) => Path.Combine(Run, database);

    /// <summary>What is kept for a tenant: whole files and parts of files.</summary>
    public static IReadOnlyList<string> KeptFor(TenantId org, string database)
    {
        var folder = Path.Combine(RootOf(database), org.ToString());
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)]
            : [];
    }

    public static IReadOnlyList<string> KeptFiles(this TestTenant tenant) => KeptFor(tenant.Id, tenant.Api.Database);

    private const string Boundary = "a-boundary";

    /// <summary>A form with one file in it, as a browser sends it: the name as it is, in UTF-8.</summary>
    public static HttpContent Form(byte[] content, string name = "plan.txt", string declared = "application/x-declared") =>
        Parts(Part(content, $"form-data; name=\"file\"; filename=\"{name}\"", declared));

    /// <summary>A form of these parts.</summary>
    public static HttpContent Parts(params byte[][] parts)
    {
        var form = new ByteArrayContent(
            [.. parts.SelectMany(part => part), .. Encoding.UTF8.GetBytes($"--{Boundary}--\r\n")]);
        form.Headers.TryAddWithoutValidation("Content-Type", $"multipart/form-data; boundary={Boundary}");
        return form;
    }

    public static byte[] Part(byte[] content, string disposition, string declared = "application/x-declared") =>
    [
        .. Encoding.UTF8.GetBytes(
            $"--{Boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {declared}\r\n\r\n"),
        .. content,
        .. "\r\n"u8,
    ];

    public static Task<Answer> UploadAsync(
        this ApiClient client, byte[] content, string name = "plan.txt", params (string Name, string Value)[] headers) =>
        client.SendAsync(HttpMethod.Post, "/v1/files", Form(content, name), headers);

    public static Task<Answer> UploadAsync(
        this ApiClient client, string content, string name = "plan.txt", params (string Name, string Value)[] headers) =>
        client.UploadAsync(Encoding.UTF8.GetBytes(content), name, headers);

    public static byte[] Bytes(int size, byte value = 0x42)
    {
        var bytes = new byte[size];
        Array.Fill(bytes, value);
        return bytes;
    }

    internal static void Delete()
    {
        if (Directory.Exists(Run)) Directory.Delete(Run, recursive: true);
    }
}
