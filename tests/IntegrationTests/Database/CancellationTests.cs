using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Events;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// Clients go away at every moment of a command; those who use their connections next must notice nothing of it.
/// </summary>
public sealed class CancellationTests(TestHost host)
{
    private const int Side = 24, Turns = 400;

    [Fact]
    public async Task Who_goes_away_disturbs_nobody()
    {
        // Few connections, so that they change hands often.
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync(), options =>
            options.Settings["ConnectionStrings:App"] += ";Maximum Pool Size=12");
        var tenant = await api.NewTenantAsync();
        var directory = api.Services.GetRequiredService<ITenantDirectory>();
        var resolved = (await directory.FindAsync(new HostKey(tenant.Slug, IsSlug: true)))!;
        var (gone, stayed) = (0, 0);

        await Task.WhenAll(Enumerable.Range(0, Side).Select(number => Task.Run(async () =>
        {
            var random = new Random(number);
            for (var turn = 0; turn < Turns; turn++)
            {
                if (turn % 2 == 0)
                {
                    // Nothing that happens elsewhere may reach this one: any exception ends the test.
                    (await CreateAsync(api, resolved, tenant, CancellationToken.None)).Error.ShouldBeNull();
                    Interlocked.Increment(ref stayed);
                    continue;
                }

                using var client = new CancellationTokenSource(TimeSpan.FromMicroseconds(random.Next(6000)));
                try
                {
                    await CreateAsync(api, resolved, tenant, client.Token);
                }
                catch (OperationCanceledException)
                {
                    Interlocked.Increment(ref gone);
                }
            }
        })));

        stayed.ShouldBe(Side * Turns / 2);
        gone.ShouldBeGreaterThan(Side * Turns / 20, "hardly anybody went away in the middle");
        (await tenant.RowsAsync("events")).ShouldBe(await tenant.UsedAsync(Domain.Plans.Quota.Events));
    }

    /// <summary>Nothing has been done on a connection that is lost before it was used: the command takes another.</summary>
    [Fact]
    public async Task Connections_that_were_lost_while_idle_fail_no_command()
    {
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        var tenant = await api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        (await Common.Answers.ParallelAsync(8, _ => organizer.PostAsync("/v1/events", Sample.Event()))).ShouldAllBe(a => a.Status == System.Net.HttpStatusCode.Created);
        var killed = await api.QueryAsync<long>(
            """
            select count(pg_terminate_backend(pid)) from pg_stat_activity
            where datname = current_database() and usename = 'application_role' and state = 'idle' and query not like 'listen%'
            """);
        killed.ShouldBeGreaterThan(1, "no connection was idle");

        // The reads of host, session and plan find theirs first; the commands that follow open on what is left.
        for (var n = 0; n < 4; n++)
        {
            await using var scope = api.Services.CreateAsyncScope();
            var directory = api.Services.GetRequiredService<ITenantDirectory>();
            var resolved = (await directory.FindAsync(new HostKey(tenant.Slug, IsSlug: true)))!;
            (await CreateAsync(api, resolved, tenant, CancellationToken.None)).Error.ShouldBeNull();
        }
    }

    private static async Task<Result<EventDetails>> CreateAsync(
        TestApi api, Tenant resolved, TestTenant tenant, CancellationToken cancellationToken)
    {
        await using var scope = api.Services.CreateAsyncScope();
        var caller = scope.ServiceProvider.GetRequiredService<HttpCaller>();
        (caller.Tenant, caller.RequestId) = (resolved, "cancellation");
        caller.Member = new Member
        {
            Id = tenant.User(BuiltInRoles.Organizer).Id,
            SessionId = SessionId.New(TimeProvider.System.Now()),
            OrgId = tenant.Id,
            Email = "organizer@x.test",
            Name = "organizer",
            Roles = [BuiltInRoles.Organizer],
            Permissions = [Permissions.EventsWrite],
        };
        return await scope.ServiceProvider.GetRequiredService<ISender>().Send(
            new CreateEvent(new EventContent
            {
                Title = "Cancelled",
                StartsAt = new DateTimeOffset(2035, 4, 1, 9, 0, 0, TimeSpan.Zero),
                EndsAt = new DateTimeOffset(2035, 4, 1, 17, 0, 0, TimeSpan.Zero),
            }),
            cancellationToken);
    }
}
