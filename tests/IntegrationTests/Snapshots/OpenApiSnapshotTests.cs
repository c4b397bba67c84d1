using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Snapshots;

/// <summary>docs/openapi.v1.json: the contract that clients may rely on (ADR 0017).</summary>
public sealed class OpenApiSnapshotTests(TestHost host)
{
    private static readonly JsonSerializerOptions Pretty = new()
    {
        WriteIndented = true,
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Fact]
    public async Task The_contract_is_the_one_committed()
    {
        var document = (await host.Api.Platform.GetAsync("/openapi/v1.json")).ShouldBe(HttpStatusCode.OK).Body!.AsObject();
        // Each host names itself; the committed page speaks of all of them.
        document["servers"] = JsonNode.Parse("""
            [{"url":"https://{tenant}.example.com","variables":{"tenant":{"default":"acme","description":"The tenant's slug."}}}]
            """);

        await Repository.ShouldHoldAsync("docs/openapi.v1.json", document.ToJsonString(Pretty) + "\n");
    }

    [Fact]
    public async Task Every_host_tells_the_same_contract_and_names_itself()
    {
        var tenant = await host.NewTenantAsync();

        var (platform, own) = (await host.Api.Platform.GetAsync("/openapi/v1.json"), await tenant.Anonymous.GetAsync("/openapi/v1.json"));

        own.Body!["servers"]!.AsArray().Select(server => new Uri(server!["url"]!.GetValue<string>()).Host).ShouldBe([tenant.Host]);
        platform.Body!["servers"]!.AsArray().Select(server => new Uri(server!["url"]!.GetValue<string>()).Host).ShouldBe(["localhost"]);
        foreach (var document in new[] { own, platform }) document.Body!.AsObject().Remove("servers");
        own.Body!.ToJsonString().ShouldBe(platform.Body!.ToJsonString());
    }
}
