using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.RateLimiting;

/// <summary>An API with the limits of production, on the real clock.</summary>
public sealed class CappedApi(TestHost host) : IAsyncLifetime
{
    public TestApi Api { get; private set; } = null!;

    internal TenantSlots Slots => Api.Services.GetRequiredService<TenantSlots>();

    public async ValueTask InitializeAsync() => Api = await host.StartApiAsync(host.Api.Database, options =>
    {
        options.Settings["RateLimits:Factor"] = "1";
        options.Services = services => services.AddScoped<IAuditChain, LimitedApi.Broken>();
    });

    public ValueTask DisposeAsync() => Api.DisposeAsync();
}

/// <summary>One tenant's slow requests do not stand in the way of another's.</summary>
public sealed class ConcurrencyTests(CappedApi capped, TestHost host) : IClassFixture<CappedApi>
{
    private const string Counter = "select from usage_counters where org_id = $1 for update";

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Beyond_slots_and_queue_a_tenant_is_refused_while_another_is_served()
    {
        var (slow, other) = (await capped.Api.NewTenantAsync(Tier.Free), await capped.Api.NewTenantAsync(Tier.Free));
        var (owner, viewer) = (await slow.OwnerAsync(), await other.AsAsync(BuiltInRoles.Viewer));
        Task<Answer>[] held;
        Answer[] refused;
        await using (await RowLock.TakeAsync(host, Counter, slow.Id.Value))
        {
            held = [.. Enumerable.Range(0, 4).Select(_ => owner.PostAsync("/v1/events", Sample.Event()))];
            await Eventually.HoldsAsync(() => Task.FromResult(capped.Slots.Taken(slow.Id, Lane.Members) == 4), Long);

            refused = await Answers.ParallelAsync(40, _ => owner.GetAsync("/v1/members"));

            (await viewer.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
            (await slow.SignInAsync(BuiltInRoles.Viewer)).ShouldBe(HttpStatusCode.OK);
            (await slow.Anonymous.PostAsync("/v1/invitations/accept", new { x = 1 })).ShouldBe(HttpStatusCode.BadRequest);
            // Who may not do it learns that first, and takes no slot.
            (await (await slow.AsAsync(BuiltInRoles.Viewer)).PostAsync("/v1/events", Sample.Event()))
                .ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
            held.ShouldAllBe(one => !one.IsCompleted);
        }

        refused.Tally().ShouldBe("40 x 429 rate_limited");
        (refused[0].Get<string>("policy"), refused[0].Get<int>("limit"), refused[0].Get<int>("window")).ShouldBe(("concurrency", 4, 0));
        refused[0].Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        refused[0].Policies().ShouldBe("\"plan\";q=60;w=60");
        (await Task.WhenAll(held)).Tally().ShouldBe("1 x 201, 3 x 409 quota_exceeded");
        // What was refused is given back: of sixty, one.
        (await owner.GetAsync("/v1/members")).ShouldBe(HttpStatusCode.OK).Left().ShouldBe("\"plan\";r=59;t=60");
        await NobodyIsInAsync();
    }

    [Fact]
    public async Task Whoever_waits_is_let_in_when_somebody_leaves()
    {
        var tenant = await capped.Api.NewTenantAsync(Tier.Starter);
        var viewer = await tenant.AsAsync(BuiltInRoles.Viewer);

        var answers = await Answers.ParallelAsync(60, _ => viewer.GetAsync("/v1/events"));

        answers.Count(answer => answer.Status is HttpStatusCode.OK).ShouldBeGreaterThan(8);
        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK || answer.Get<string>("policy") == "concurrency");
        await NobodyIsInAsync();
    }

    [Fact]
    public async Task Slots_come_back_after_errors_and_after_clients_that_went_away()
    {
        var tenant = await capped.Api.NewTenantAsync(Tier.Free);
        var owner = await tenant.OwnerAsync();
        for (var i = 0; i < 12; i++) (await owner.GetAsync("/v1/audit/verify")).ShouldBe(HttpStatusCode.InternalServerError);
        await NobodyIsInAsync();

        await using (await RowLock.TakeAsync(host, Counter, tenant.Id.Value))
        {
            for (var i = 0; i < 3; i++)
            {
                using var gone = new CancellationTokenSource();
                var asked = Enumerable.Range(0, 4).Select(_ => PostAsync(tenant, owner.Token!, gone.Token)).ToArray();
                await Eventually.HoldsAsync(() => Task.FromResult(capped.Slots.Taken(tenant.Id, Lane.Members) == 4), Long);
                await gone.CancelAsync();
                foreach (var one in asked) await Should.ThrowAsync<OperationCanceledException>(one);
                await NobodyIsInAsync();
            }
        }

        (await owner.GetAsync("/v1/members")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_body_that_does_not_come_takes_no_slot_and_one_that_comes_in_pieces_is_read()
    {
        var tenant = await capped.Api.NewTenantAsync(Tier.Free);
        var owner = await tenant.OwnerAsync();
        const string Body = """{"title":"Slowly","startsAt":"2035-04-01T09:00:00Z","endsAt":"2035-04-01T17:00:00Z"}""";
        var connections = new List<TcpClient>();
        foreach (var (path, size) in Enumerable.Range(0, 12).Select(i =>
            (i % 2 == 0 ? "/v1/events" : "/v1/invitations/accept", i % 4 < 2 ? $"Content-Length: {Body.Length}" : "Transfer-Encoding: chunked")))
        {
            var connection = new TcpClient();
            connections.Add(connection);
            await connection.ConnectAsync(capped.Api.Address.Host, capped.Api.Address.Port, TestContext.Current.CancellationToken);
            await SendAsync(connection,
                $"POST {path} HTTP/1.1\r\nHost: {tenant.Host}\r\nAuthorization: Bearer {owner.Token}\r\n"
                + $"Content-Type: application/json\r\nConnection: close\r\n{size}\r\n\r\n");
        }

        await SendAsync(connections[0], Body[..20]);
        for (var i = 0; i < 5; i++) (await owner.GetAsync("/v1/members")).ShouldBe(HttpStatusCode.OK);
        await NobodyIsInAsync();
        await SendAsync(connections[0], Body[20..]);

        using var reader = new StreamReader(connections[0].GetStream());
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("HTTP/1.1 201 Created");
        await SendAsync(connections[2], $"{20:x}\r\n{Body[..20]}\r\n{Body.Length - 20:x}\r\n{Body[20..]}\r\n0\r\n\r\n");
        using var chunked = new StreamReader(connections[2].GetStream());
        (await chunked.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("HTTP/1.1 409 Conflict");
        foreach (var connection in connections) connection.Dispose();
        await NobodyIsInAsync();
    }

    [Fact]
    public async Task Streams_hold_slots_of_their_own()
    {
        var slots = new TenantSlots(TimeProvider.System);
        var configuration = new ConfigurationBuilder().Build();
        var tenant = await capped.Api.NewTenantAsync(Tier.Free);
        var known = await capped.Api.Services.GetRequiredService<ITenantDirectory>().FindAsync(new HostKey(tenant.Slug, IsSlug: true));
        var end = new TaskCompletionSource();
        var keeper = new SlotKeeper(_ => end.Task, slots, new RouteLimits(capped.Api.Services.GetRequiredService<IRequestLimiter>(), configuration));
        var route = new RouteRequest(typeof(ListEvents), typeof(object), ListEvents.Policy, IsPublic: false, IsPlatform: false, 200);
        Task InvokeAsync(params object[] metadata)
        {
            var http = new DefaultHttpContext();
            http.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection([route, .. metadata]), null));
            return keeper.InvokeAsync(http, new HttpCaller { Tenant = known });
        }

        Task[] streams = [.. Enumerable.Range(0, 4).Select(_ => InvokeAsync(new StreamedRoute()))];
        var quick = InvokeAsync();

        (slots.Taken(tenant.Id, Lane.Streams), slots.Taken(tenant.Id, Lane.Members)).ShouldBe((4, 1));
        end.SetResult();
        await Task.WhenAll([.. streams, quick]);
        slots.Count.ShouldBe(0);
    }

    private Task NobodyIsInAsync() => Eventually.HoldsAsync(() => Task.FromResult(capped.Slots.Count == 0), Long);

    private async Task PostAsync(TestTenant tenant, string token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events") { Content = JsonContent.Create(Sample.Event()) };
        (request.Headers.Host, request.Headers.Authorization) = (tenant.Host, new("Bearer", token));
        using var answer = await capped.Api.Http.SendAsync(request, cancellationToken);
    }

    private static async Task SendAsync(TcpClient connection, string text) =>
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
}
