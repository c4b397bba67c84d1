using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Exports;

/// <summary>50,000 registrations out of a process of its own: what it has in memory does not depend on how many there are.</summary>
public sealed class LargeExportTests(TestHost host)
{
    private const long MiB = 1 << 20;

    private const int People = 50_000;

    [Fact]
    public async Task Fifty_thousand_registrations_go_out_with_flat_memory()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        using var running = await ApiProcess.StartAsync(
            host, api.Database, stop, new Dictionary<string, string> { ["Sweeps__Enabled"] = "true" });
        using var http = new HttpClient { BaseAddress = running.Address };
        // What the first export loads and compiles is not what is measured.
        var small = await api.NewTenantAsync();
        await ExportAsync(http, small);
        var large = await api.NewTenantAsync();
        await large.CrowdAsync(People);
        var before = running.ResidentBytes;

        using var sampling = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var peak = PeakAsync(running, sampling.Token);
        var done = await ExportAsync(http, large);
        using var document = await SendAsync(http, large, HttpMethod.Get, $"{done["result"]!["link"]}?format=json");
        var length = (await document.Content.ReadAsStringAsync(stop)).Length;
        await sampling.CancelAsync();
        var growth = await peak - before;

        done["progress"]!["done"]!.GetValue<long>().ShouldBeGreaterThan(People);
        length.ShouldBeGreaterThan(People * 100);
        TestContext.Current.TestOutputHelper!.WriteLine($"{before / MiB} MiB before, {growth / (double)MiB:0.0} MiB more at the peak");
        growth.ShouldBeLessThan(80 * MiB);
    }

    private static async Task<JsonNode> ExportAsync(HttpClient http, TestTenant tenant)
    {
        using var started = await SendAsync(http, tenant, HttpMethod.Post, "/v1/exports");
        started.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        JsonNode? operation = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                using var answer = await SendAsync(http, tenant, HttpMethod.Get, $"{started.Headers.Location}");
                operation = await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken);
                return operation!["status"]!.GetValue<string>() is not ("queued" or "running");
            },
            TimeSpan.FromSeconds(120));
        operation!["status"]!.GetValue<string>().ShouldBe("succeeded");
        return operation;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, TestTenant tenant, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Host = tenant.Host;
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {(await tenant.OwnerAsync()).Token}");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", $"{Answers.RandomId()}");
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
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
}
