using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>Whom the database ends for the sake of another starts over, whichever layer has wrapped the news.</summary>
public sealed class VictimTests(TestHost host)
{
    /// <param name="saves">By EF's save, which wraps the refusal twice; else by a statement of its own.</param>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_two_that_wait_for_each_other_both_succeed(bool saves)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        EventId[] events = [new((await organizer.DraftEventAsync()).Id), new((await organizer.DraftEventAsync()).Id)];
        using var both = new Barrier(2);
        var oneIsDone = new TaskCompletionSource();

        var attempts = await Task.WhenAll(
            Task.Run(() => ChangeAsync(tenant, events[0], events[1], both, oneIsDone, saves)),
            Task.Run(() => ChangeAsync(tenant, events[1], events[0], both, oneIsDone, saves)));

        // One of them was the victim, and its first attempt has left nothing.
        attempts.Sum().ShouldBe(3);
        (await tenant.Api.QueryAsync<long>("select sum(version)::bigint from events where org_id = $1", tenant.Id.Value)).ShouldBe(2 + 4);
    }

    private static async Task<int> ChangeAsync(
        TestTenant tenant, EventId first, EventId second, Barrier both, TaskCompletionSource oneIsDone, bool saves)
    {
        await using var scope = tenant.Api.Services.CreateAsyncScope();
        var caller = scope.ServiceProvider.GetRequiredService<HttpCaller>();
        var directory = scope.ServiceProvider.GetRequiredService<ITenantDirectory>();
        caller.Tenant = await directory.FindAsync(new HostKey(tenant.Slug, IsSlug: true));
        var db = scope.ServiceProvider.GetRequiredService<IAppDbContext>();
        var transaction = scope.ServiceProvider.GetRequiredService<ITenantTransaction>();
        var attempts = 0;
        await transaction.RunAsync<Result<Nothing>>(
            async () =>
            {
                attempts++;
                // The victim comes again when the other is through: they are not to meet twice.
                if (attempts > 1) await oneIsDone.Task.WaitAsync(TimeSpan.FromSeconds(20));
                await TouchAsync(db, transaction, first, saves);
                if (attempts == 1) both.SignalAndWait(TimeSpan.FromSeconds(20)).ShouldBeTrue();
                await TouchAsync(db, transaction, second, saves);
                return Nothing.Value;
            },
            TestContext.Current.CancellationToken);
        oneIsDone.TrySetResult();
        return attempts;
    }

    private static async Task TouchAsync(IAppDbContext db, ITenantTransaction transaction, EventId id, bool saves)
    {
        if (!saves)
        {
            await db.Events.Where(e => e.Id == id).ExecuteUpdateAsync(set => set.SetProperty(e => e.Version, e => e.Version + 1));
            return;
        }

        var found = await db.Events.AsTracking().SingleAsync(e => e.Id == id);
        found.Change(found.Content with { Title = "Touched" }, "UTC", TimeProvider.System.Now()).ShouldBeNull();
        await transaction.FlushAsync(TestContext.Current.CancellationToken);
    }
}
