using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.SignUps;

/// <summary>
/// Processes that are killed while they set tenants up: afterwards nothing that was answered is missing, nothing has
/// happened twice, nothing is stuck.
/// </summary>
public sealed class KilledProvisioningTests(TestHost host)
{
    private static readonly string[] Points =
    [
        .. Enum.GetValues<ProvisioningTask>().SelectMany(task => new[]
        {
            $"provision.{task}.before", $"provision.{task}.within", $"provision.{task}.after",
        }),
        "mail.sent",
    ];

    /// <summary>
    /// One of each kind: before anything is done, within a step as the tenant and as the platform, between two steps,
    /// after the last and before the message is marked, between the mail server's yes and the mark.
    /// </summary>
    private static readonly string[] Kinds =
    [
        "provision.Owner.before", "provision.Content.within", "provision.Route.after", "provision.Welcome.within",
        "provision.Audit.after", "mail.sent",
    ];

    /// <summary>PROVISIONING_KILLS rounds of all points; without it one of each kind.</summary>
    private static IEnumerable<string> Kills => Setting("PROVISIONING_KILLS") is { } rounds
        ? Enumerable.Repeat(Points, rounds).SelectMany(points => points)
        : Kinds;

    [Fact]
    public void The_kinds_are_among_the_points() => Kinds.Except(Points).ShouldBeEmpty();

    [Fact]
    public async Task Killed_around_each_step_the_rest_is_done_by_whoever_comes_next()
    {
        var waiting = new ConcurrentQueue<string>(Kills);
        // Two at once, each on a database of its own: on one they would do each other's work.
        await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            await using var next = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
            while (waiting.TryDequeue(out var point)) await KillAsync(next, point);
        }));
    }

    [Theory]
    [InlineData("provision.undo.before")]
    [InlineData("provision.undo.within")]
    public async Task Killed_while_it_is_undone_it_is_undone_by_whoever_comes_next(string point)
    {
        await using var next = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        var visitor = await new Visitor(next).SignUpAsync();
        await next.ExecuteAsync("update tenant_slugs set quarantined_until = now() where slug = $1", visitor.Slug);
        await next.ExecuteAsync("update provisioning_steps set attempts = 5 where org_id = $1 and task = 'route'", visitor.Id.Value);
        using (var dying = await StartAsync(next, point))
            (await dying.EndsAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue($"it does not come to {point}");
        (await visitor.StateAsync()).ShouldBe("provisioning", "half an undoing is none");
        await EndLeaseAsync(next, visitor);

        await Eventually.HoldsAsync(
            async () => await (await visitor.ProvisionAsync()).StateAsync() == "provisioning_failed", TimeSpan.FromSeconds(20));

        await visitor.ShouldBeUndoneAsync();
    }

    [Fact]
    public async Task Of_three_instances_one_is_killed_at_random_under_load_and_nothing_answered_is_missing_or_happens_twice()
    {
        var kills = Setting("RANDOM_KILLS") ?? 2;
        var database = await host.Postgres.NewDatabaseAsync();
        await using var looking = await host.StartApiAsync(database);
        using var over = new CancellationTokenSource();
        var running = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartAsync(looking, killAt: null)));
        var visitors = new ConcurrentBag<Visitor>();
        var clients = Enumerable.Range(0, running.Length).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
                visitors.Add(await SignUpWithRetriesAsync(looking, () => running[Random.Shared.Next(running.Length)].Address));
        })).ToList();
        try
        {
            for (var kill = 0; kill < kills; kill++)
            {
                // Somewhere in their work, and never before they have done some since the last one.
                var far = await StepsDoneAsync(looking) + Random.Shared.Next(1, 20);
                await Eventually.HoldsAsync(async () => await StepsDoneAsync(looking) >= far, TimeSpan.FromMinutes(1));
                var one = Random.Shared.Next(running.Length);
                running[one].Dispose();
                running[one] = await StartAsync(looking, killAt: null);
            }

            await over.CancelAsync();
            await Task.WhenAll(clients);
            await Eventually.HoldsAsync(
                async () => await looking.QueryAsync<long>(
                    """
                    select (select count(*) from provisioning_steps p join organizations o on o.id = p.org_id
                        where o.state = 'provisioning' and p.status = 'pending')
                      + (select count(*) from outbox m join organizations o on o.id = m.org_id
                        where o.state = 'provisioning' and m.done_at is null)
                    """) == 0,
                TimeSpan.FromMinutes(2));
        }
        finally
        {
            foreach (var one in running) one.Dispose();
        }

        await CheckAsync(looking, [.. visitors], kills);
    }

    private static Task<long> StepsDoneAsync(TestApi api) =>
        api.QueryAsync<long>("select count(*) from provisioning_steps where status in ('done', 'skipped')");

    private async Task KillAsync(TestApi next, string point)
    {
        var visitor = new Visitor(next);
        using (var dying = await StartAsync(next, point))
        {
            // The process may die before its answer is through: then the client asks again, with the same key.
            await TryAskAsync(visitor, dying.Address);
            (await dying.EndsAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue($"it does not come to {point}");
        }

        await visitor.SignUpAsync();
        await EndLeaseAsync(next, visitor);
        await Eventually.HoldsAsync(
            async () =>
            {
                await visitor.ProvisionAsync();
                return !(await visitor.StepsAsync()).Contains("pending", StringComparison.Ordinal) && visitor.Mails.Count > 0
                    && await next.QueryAsync<long>("select count(*) from outbox where org_id = $1 and done_at is null", visitor.Id.Value) == 0;
            },
            TimeSpan.FromSeconds(30));

        await visitor.ShouldBeSetUpAsync();
        // Twice only where it died between the mail server's yes and the mark; then it is the same mail.
        visitor.Mails.Count.ShouldBe(point == "mail.sent" ? 2 : 1, point);
        visitor.Mails.Select(mail => mail.Message.MessageId).Distinct().ShouldHaveSingleItem();
        (await next.QueryAsync<long>("select count(*) from organizations where slug = $1", visitor.Slug)).ShouldBe(1);
        (await visitor.ActivateAsync(visitor.Mails[0].Token)).ShouldBe(HttpStatusCode.OK);
        await visitor.OwnerAsync();
    }

    /// <summary>The rest of a lease, without the waiting; under load it is waited for.</summary>
    private static Task EndLeaseAsync(TestApi api, Visitor visitor) => api.ExecuteAsync(
        "update outbox set claimed_until = now() where org_id = $1 and claimed_until is not null", visitor.Id.Value);

    /// <summary>A process with all its timers, whose mails this test reads.</summary>
    private Task<RunningApi> StartAsync(TestApi beside, string? killAt) => ApiProcess.StartAsync(
        host,
        beside.Database,
        TestContext.Current.CancellationToken,
        new Dictionary<string, string>
        {
            ["Sweeps__Enabled"] = "true",
            ["Outbox__LeaseSeconds"] = "8", // an attempt has half of it, on a machine that has much else to do
            ["RateLimits__Factor"] = "1000",
            ["Throttle__Factor"] = "1000",
            ["Mail__Port"] = SmtpSink.Shared.Port.ToString(CultureInfo.InvariantCulture),
            ["FailPoints__KillAt"] = killAt ?? "",
        });

    private static async Task<bool> TryAskAsync(Visitor visitor, Uri address)
    {
        using var http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(10) };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/signup")
        {
            Content = JsonContentOf(visitor.Body()),
        };
        request.Headers.Host = "localhost";
        request.Headers.Add("Idempotency-Key", visitor.Key);
        try
        {
            using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
            if ((int)response.StatusCode >= 500) return false;

            response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            return true;
        }
        catch (Exception lost) when (lost is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private static StringContent JsonContentOf(object body) => new(
        System.Text.Json.JsonSerializer.Serialize(body, body.GetType(), Wire.Json), System.Text.Encoding.UTF8, "application/json");

    private static async Task<Visitor> SignUpWithRetriesAsync(TestApi api, Func<Uri> address)
    {
        var visitor = new Visitor(api);
        while (!await TryAskAsync(visitor, address()))
            await Task.Delay(100, TestContext.Current.CancellationToken);
        return visitor;
    }

    private static async Task CheckAsync(TestApi api, Visitor[] visitors, int kills)
    {
        visitors.ShouldNotBeEmpty();
        var (missing, mails) = (0, 0);
        foreach (var visitor in visitors)
        {
            if (await api.QueryAsync<long>("select count(*) from organizations where slug = $1", visitor.Slug) != 1) missing++;
            var received = visitor.Mails;
            received.Select(mail => mail.Message.MessageId).Distinct().Count().ShouldBe(1, visitor.Slug);
            mails += received.Count;
        }

        missing.ShouldBe(0, "answered, and not there");
        (mails - visitors.Length).ShouldBeInRange(0, kills * 8, "the same mail again, for each that was in the hands of a killed process");
        (await api.QueryAsync<string>(
            """
            with ours as (select id as org_id from organizations where state = 'provisioning')
            select concat_ws(' ',
              (select count(*) from ours),
              (select count(*) from ours where (select count(*) from users u where u.org_id = ours.org_id) <> 1
                or (select count(*) from roles r where r.org_id = ours.org_id) <> 5
                or (select count(*) from event_categories c where c.org_id = ours.org_id) <> 4
                or (select count(*) from event_templates t where t.org_id = ours.org_id) <> 1
                or (select used from usage_counters n where n.org_id = ours.org_id and n.resource = 'members') <> 1
                or (select count(*) from audit_logs a where a.org_id = ours.org_id and a.action = 'tenant.provisioned') <> 1),
              (select count(*) from ours join provisioning_steps p on p.org_id = ours.org_id where p.status not in ('done', 'skipped')),
              (select count(*) from tenant_slugs s join ours on ours.org_id = s.org_id where s.routed_at is null),
              (select count(*) from tenant_slugs s where not exists (select from organizations o where o.id = s.org_id)))
            """)).ShouldBe($"{visitors.Length} 0 0 0 0");
        var last = visitors[0];
        await last.SignUpAsync(); // the same key: the same tenant
        (await last.ActivateAsync(last.Mails[0].Token)).ShouldBe(HttpStatusCode.OK);
        await last.OwnerAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"{visitors.Length} sign-ups, {kills} kills, {mails - visitors.Length} mails twice");
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
