namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>A form with a file in it, as text: an image by its first letters, so that it may be a cover.</summary>
internal static class HttpUpload
{
    public const string MediaType = "multipart/form-data", Boundary = "battery",
        MediaTypeWithBoundary = MediaType + "; boundary=" + Boundary;

    public static string Body(string word, string name = "cover.gif") =>
        Part($"form-data; name=\"file\"; filename=\"{name}\"", "GIF89a " + word) + End;

    public const string End = $"--{Boundary}--\r\n";

    public static string Part(string disposition, string content) =>
        $"--{Boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: text/html\r\n\r\n{content}\r\n";
}
