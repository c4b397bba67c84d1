using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Files;

/// <summary>200 MiB through a process of its own: what it has in memory does not depend on what passes.</summary>
public sealed class LargeFileTests(TestHost host)
{
    private const long MiB = 1 << 20, Size = 200 * MiB;

    [Fact]
    public async Task Two_hundred_mebibytes_come_and_go_with_flat_memory()
    {
        var stop = TestContext.Current.CancellationToken;
        using var running = await ApiProcess.StartAsync(host, host.Api.Database, stop);
        var tenant = await host.NewTenantAsync();
        var token = (await tenant.OrganizerAsync()).Token!;
        using var http = new HttpClient { BaseAddress = running.Address };
        // What the first requests load and compile is not what is measured.
        var small = await UploadAsync(http, tenant, token, MiB);
        await DownloadAsync(http, tenant, token, small);
        var before = running.ResidentBytes;

        using var sampling = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var peak = PeakAsync(running, sampling.Token);
        var large = await UploadAsync(http, tenant, token, Size);
        var (size, hash) = await DownloadAsync(http, tenant, token, large);
        await sampling.CancelAsync();
        var growth = await peak - before;

        (size, hash).ShouldBe((Size, large["sha256"]!.GetValue<string>()));
        large["size"]!.GetValue<long>().ShouldBe(Size);
        TestContext.Current.TestOutputHelper!.WriteLine($"{before / MiB} MiB before, {growth / (double)MiB:0.0} MiB more at the peak");
        growth.ShouldBeLessThan(80 * MiB);
    }

    private static async Task<long> PeakAsync(RunningApi running, CancellationToken stop)
    {
        var peak = 0L;
        while (!stop.IsCancellationRequested)
        {
            peak = Math.Max(peak, running.ResidentBytes);
            await Task.Delay(5, CancellationToken.None);
        }

        return peak;
    }

    private static async Task<JsonNode> UploadAsync(HttpClient http, TestTenant tenant, string token, long size)
    {
        using var request = Request(HttpMethod.Post, tenant, token, "/v1/files");
        request.Content = new MultipartFormDataContent { { new Generated(size), "file", "large.bin" } };
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, text);
        return JsonNode.Parse(text)!;
    }

    private static async Task<(long Size, string Sha256)> DownloadAsync(HttpClient http, TestTenant tenant, string token, JsonNode file)
    {
        using var request = Request(HttpMethod.Get, tenant, token, $"/v1/files/{file["id"]}/content");
        using var answer = await http.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        await using var content = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var hash = await SHA256.HashDataAsync(content, TestContext.Current.CancellationToken);
        return (answer.Content.Headers.ContentLength!.Value, Convert.ToHexStringLower(hash));
    }

    private static HttpRequestMessage Request(HttpMethod method, TestTenant tenant, string token, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Host = tenant.Host;
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        return request;
    }

    /// <summary>So many bytes, of which only a piece is ever in the test's own memory.</summary>
    private sealed class Generated(long size) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var piece = RandomNumberGenerator.GetBytes(64 * 1024);
            for (var left = size; left > 0; left -= piece.Length)
                await stream.WriteAsync(piece.AsMemory(0, (int)Math.Min(left, piece.Length)));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = size;
            return true;
        }
    }
}
