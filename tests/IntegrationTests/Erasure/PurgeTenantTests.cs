using System.Net;
using System.Security.Cryptography;
using System.Text;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Files;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Signals;
using CleanTenancy.IntegrationTests.Database;
using CleanTenancy.IntegrationTests.Files;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CleanTenancy.IntegrationTests.Erasure;

/// <summary>Deleted becomes Purged: by an operator at once, by the clock after its time.</summary>
public sealed class PurgeTenantTests(TestHost host, OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private const string Reason = "Ticket 4713: erasure on request";

    [Fact]
    public async Task All_is_erased_and_the_certificate_says_what_it_was()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var (tenant, operators) = (await Doomed.MakeAsync(database, due: false), await api.OperatorAsync());
        var neighbour = await Doomed.ChecksumAsync(database, OwnDatabase.A);

        var started = (await operators.PostAsync($"{tenant.Path}/purge", Grounds(tenant, early: true)))
            .ShouldBe(HttpStatusCode.Accepted);

        started.Headers.Location!.ToString().ShouldBe($"{tenant.Path}/erasure-certificate");
        (await api.Client(tenant.Host).GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");
        (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        var (rows, digest) = (await tenant.RowsAsync(), await tenant.DigestAsync("registrations"));
        rows.Values.ShouldAllBe(count => count > 0, "there is something to erase in every table");

        await api.SweepAsync(new PurgeTenants());

        await tenant.ShouldBeGoneAsync();
        var certificate = (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).ShouldBe(HttpStatusCode.OK);
        var tables = certificate.Body!["tables"]!.AsArray().ToDictionary(
            table => table!["table"]!.GetValue<string>(), table => table!);
        tables.ToDictionary(table => table.Key, table => table.Value["rows"]!.GetValue<long>()).ShouldBe(rows, ignoreOrder: true);
        tables["registrations"]["sha256"]!.GetValue<string>().ShouldBe(digest);
        (certificate.Get<long>("files"), certificate.Get<long>("bytes")).ShouldBe((2, 1_234));
        (certificate.Get<string>("kind"), certificate.Get<string>("reason")).ShouldBe(("purge", Reason));
        certificate.Get<string>("startedAt").ShouldBe(started.Get<string>("startedAt"));
        (await Doomed.ChecksumAsync(database, OwnDatabase.A)).ShouldBe(neighbour);
    }

    [Fact]
    public async Task The_certificate_is_hashed_as_a_whole_and_the_hash_is_kept_elsewhere()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var (tenant, operators) = (await Doomed.MakeAsync(database), await api.OperatorAsync());
        await api.SweepAsync(new PurgeTenants());

        var certificate = (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).ShouldBe(HttpStatusCode.OK);

        var hash = certificate.Get<string>("sha256");
        var document = certificate.Text.Replace(hash, "", StringComparison.Ordinal);
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(document))).ShouldBe(hash);
        (await api.QueryAsync<string>(
            "select details ->> 'sha256' from platform_audit_logs where row_id = $1 and action = 'tenant.erased'", tenant.Id.Value))
            .ShouldBe(hash);
    }

    [Fact]
    public async Task Whose_time_to_be_restored_is_not_over_is_left_alone_unless_early_is_said()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var (tenant, operators) = (await Doomed.MakeAsync(database, due: false), await api.OperatorAsync());
        var before = await Doomed.ChecksumAsync(database, tenant.Id.Value);

        await api.SweepAsync(new PurgeTenants());
        (await operators.PostAsync($"{tenant.Path}/purge", Grounds(tenant))).ShouldBeProblem(HttpStatusCode.Conflict, "purge_not_due");

        (await Doomed.ChecksumAsync(database, tenant.Id.Value)).ShouldBe(before);
    }

    [Fact]
    public async Task Another_slug_a_missing_reason_and_a_tenant_that_lives_are_refused()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var (tenant, operators) = (await Doomed.MakeAsync(database), await api.OperatorAsync());
        var before = await Doomed.ChecksumAsync(database, tenant.Id.Value);

        (await operators.PostAsync($"{tenant.Path}/purge", Grounds(tenant, confirm: "tenant-a")))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed").Text.ShouldContain("slug_expected");
        (await operators.PostAsync($"{tenant.Path}/purge", Grounds(tenant, reason: "")))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");
        (await operators.PostAsync($"/v1/platform/tenants/{OwnDatabase.A}/purge", Grounds(tenant, early: true, confirm: "tenant-a")))
            .ShouldBeProblem(HttpStatusCode.Conflict, "invalid_transition");
        (await operators.PostAsync($"/v1/platform/tenants/{TenantId.New(TimeProvider.System.GetUtcNow())}/purge", Grounds(tenant)))
            .ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        (await api.Platform.PostAsync($"{tenant.Path}/purge", Grounds(tenant))).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        (await Doomed.ChecksumAsync(database, tenant.Id.Value)).ShouldBe(before);
    }

    [Fact]
    public async Task A_purged_tenant_cannot_be_purged_again()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var (tenant, operators) = (await Doomed.MakeAsync(database), await api.OperatorAsync());
        await api.SweepAsync(new PurgeTenants());
        var certificate = (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).Text;

        (await operators.PostAsync($"{tenant.Path}/purge", Grounds(tenant))).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        await api.SweepAsync(new PurgeTenants());

        (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).Text.ShouldBe(certificate);
    }

    [Fact]
    public async Task Another_instance_answers_nothing_of_it_any_more_either()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        await using var other = await Doomed.StartApiAsync(host, database);
        await other.Services.GetServices<IHostedService>().OfType<SignalListener>().Single().Listening;
        var (tenant, operators) = (await Doomed.MakeAsync(database, due: false), await api.OperatorAsync());
        (await other.Client(tenant.Host).GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        (await operators.PostAsync($"{tenant.Path}/purge", Grounds(tenant, early: true))).ShouldBe(HttpStatusCode.Accepted);

        await Eventually.HoldsAsync(
            async () => (await other.Client(tenant.Host).GetAsync("/v1/me")).Code == "tenant_not_found", TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_restore_comes_before_the_purge_or_not_at_all()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var operators = await api.OperatorAsync();
        for (var round = 0; round < 5; round++)
        {
            var tenant = await Doomed.MakeAsync(database, due: false);
            var restore = MoveAsync(api, tenant, new TenantMove(TenantTrigger.Restore));
            var purge = operators.PostAsync($"{tenant.Path}/purge", Grounds(tenant, early: true));

            var (restored, purged) = (await restore, (await purge).Status);

            if (restored is null) purged.ShouldBe(HttpStatusCode.Conflict, "it is not deleted any more");
            else (restored.Code, purged).ShouldBe(("not_found", HttpStatusCode.Accepted));
            (await MoveAsync(api, tenant, new TenantMove(TenantTrigger.Restore)))!.Code
                .ShouldBe(restored is null ? "invalid_transition" : "not_found");
            await api.SweepAsync(new PurgeTenants());
            (await tenant.RowsAsync())["registrations"].ShouldBe(restored is null ? 1 : 0);
        }
    }

    [Fact]
    public async Task What_was_under_way_is_looked_for_once_more()
    {
        await using var api = await Doomed.StartApiAsync(
            host, database, options => options.Settings["Purge:SettlingSeconds"] = "3");
        var (tenant, operators) = (await Doomed.MakeAsync(database), await api.OperatorAsync());
        await api.SweepAsync(new PurgeTenants());
        await tenant.ShouldBeGoneAsync();
        (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");

        await api.ExecuteAsync(
            "insert into outbox (org_id, id, kind, payload, created_at, available_at) values ($1, gen_random_uuid(), 'mail', '{}', now(), now())",
            tenant.Id.Value);
        await tenant.WriteAsync("late", new byte[10]);
        await Eventually.HoldsAsync(
            async () =>
            {
                await api.SweepAsync(new PurgeTenants());
                return (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).Status is HttpStatusCode.OK;
            },
            TimeSpan.FromSeconds(30));

        await tenant.ShouldBeGoneAsync();
        var certificate = await operators.GetAsync($"{tenant.Path}/erasure-certificate");
        (certificate.Get<long>("files"), certificate.Get<long>("bytes")).ShouldBe((3, 1_244));
        certificate.Body!["tables"]!.AsArray().Single(table => table!["table"]!.GetValue<string>() == "outbox")!["rows"]!
            .GetValue<long>().ShouldBe(2);
    }

    [Fact]
    public async Task An_upload_that_may_still_come_is_waited_for()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var tenant = await Doomed.MakeAsync(database);
        await api.ExecuteAsync("update uploads set created_at = now() - interval '1 hour' where org_id = $1", tenant.Id.Value);

        await api.SweepAsync(new PurgeTenants());

        await tenant.ShouldBeGoneAsync();
        (await api.QueryAsync<TimeSpan>("select settles_at - started_at from purges where tenant_id = $1", tenant.Id.Value))
            .ShouldBeInRange(TimeSpan.FromMinutes(74), TimeSpan.FromMinutes(76));
        (await api.QueryAsync<bool>("select finished_at is null from purges where tenant_id = $1", tenant.Id.Value)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_store_that_is_away_keeps_nobody_else_waiting_and_is_asked_again()
    {
        FaultyStore? store = null;
        await using var api = await Doomed.StartApiAsync(host, database, options => options.Services = services =>
            services.AddSingleton<IFileStore>(provider => store = new FaultyStore(
                ActivatorUtilities.CreateInstance<FolderFileStore>(provider))));
        var (first, second, operators) = (await Doomed.MakeAsync(database), await Doomed.MakeAsync(database), await api.OperatorAsync());
        var calls = 0;
        api.Services.GetRequiredService<IFileStore>().ShouldBe(store);
        store!.BeforeErasing = () => Interlocked.Increment(ref calls) == 1 ? throw new IOException("away") : Task.CompletedTask;

        (await api.SweepAsync(new PurgeTenants())).Count.ShouldBe(1);

        Doomed[] both = [first, second];
        var statuses = new List<HttpStatusCode>();
        foreach (var tenant in both) statuses.Add((await operators.GetAsync($"{tenant.Path}/erasure-certificate")).Status);
        statuses.ShouldBe([HttpStatusCode.NotFound, HttpStatusCode.OK], ignoreOrder: true);
        (await api.SweepAsync(new PurgeTenants())).Count.ShouldBe(1);
        foreach (var tenant in both)
        {
            await tenant.ShouldBeGoneAsync();
            var certificate = (await operators.GetAsync($"{tenant.Path}/erasure-certificate")).ShouldBe(HttpStatusCode.OK);
            (certificate.Get<long>("files"), certificate.Get<long>("bytes")).ShouldBe((2, 1_234));
        }
    }

    [Fact]
    public async Task Mails_that_were_not_sent_are_erased_and_not_sent()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var (tenant, operators) = (await Doomed.MakeAsync(database), await api.OperatorAsync());
        (await operators.PostAsync($"{tenant.Path}/purge", Grounds(tenant))).ShouldBe(HttpStatusCode.Accepted);

        await api.SweepAsync(new DispatchOutbox { OrgId = tenant.Id });

        (await api.QueryAsync<int>("select attempts from outbox where org_id = $1", tenant.Id.Value)).ShouldBe(0);
        var kinds = await api.QueryAsync<string[]>("select array_agg(kind::text) from outbox where done_at is null");
        var due = await api.Services.GetRequiredService<OutboxQueue>().DueAsync(kinds, 1_000, TestContext.Current.CancellationToken);
        due.Select(one => one.OrgId).ShouldNotContain(tenant.Id, "nothing is due of whom nothing is sent");
        due.Select(one => one.OrgId).ShouldContain(new TenantId(OwnDatabase.A));
        await api.SweepAsync(new PurgeTenants());
        await tenant.ShouldBeGoneAsync();
    }

    [Fact]
    public async Task What_operators_wrote_in_words_of_their_own_goes_and_what_they_did_stays()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var (tenant, operators) = (await Doomed.MakeAsync(database), await api.OperatorAsync());
        (await operators.PutAsync($"{tenant.Path}/overrides/members", new { limit = 7, reason = "Kim asked for it" })).ShouldBe(HttpStatusCode.OK);
        var elsewhere = $"/v1/platform/tenants/{OwnDatabase.B}/overrides/members";
        (await operators.PutAsync(elsewhere, new { limit = 7, reason = "Lee asked for it" })).ShouldBe(HttpStatusCode.OK);

        await api.SweepAsync(new PurgeTenants());

        const string Details = "select details::text from platform_audit_logs where row_id = $1 and action = 'override.granted'";
        var kept = await api.QueryAsync<string>(Details, tenant.Id.Value);
        kept.ShouldContain("\"limit\": 7");
        kept.ShouldNotContain("Kim");
        (await api.QueryAsync<string>(Details, OwnDatabase.B)).ShouldContain("Lee");
    }

    [Fact]
    public async Task What_the_law_keeps_stays_without_a_person_and_goes_in_its_own_time()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var tenant = await Doomed.MakeAsync(database);
        await api.ExecuteAsync(
            "insert into retained_ledger (id, tenant_id, at, kind, tier, retain_until) values (gen_random_uuid(), $1, now(), 'subscribe', 'pro', now())",
            tenant.Id.Value);

        await api.SweepAsync(new PurgeTenants());

        (await api.QueryAsync<string>(
            """
            select string_agg(concat_ws(' ', kind, tier, amount, currency, retain_until > now() + interval '4 years 11 months'), ',' order by kind)
            from retained_ledger where tenant_id = $1
            """,
            tenant.Id.Value)).ShouldBe("purge_data pro t,subscribe pro f");
        (await api.SweepAsync(new ExpireLedger())).Count.ShouldBe(1);
        (await api.QueryAsync<string>("select string_agg(kind, ',') from retained_ledger where tenant_id = $1", tenant.Id.Value))
            .ShouldBe("purge_data");
    }

    [Fact]
    public async Task Names_are_nobodys_until_their_quarantine_is_over()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var tenant = await Doomed.MakeAsync(database);
        await api.ExecuteAsync(
            "insert into tenant_hosts (host, org_id, verified_at) values ($2, $1, now())", tenant.Id.Value, $"{tenant.Slug}.example");
        await api.SweepAsync(new PurgeTenants());
        (await api.SweepAsync(new ReleaseNames())).Count.ShouldBe(0);
        (await TakeAsync(api, tenant.Slug)).ShouldBeFalse();
        (await api.Client($"{tenant.Slug}.example").GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");

        await api.ExecuteAsync("update tenant_slugs set quarantined_until = now() where org_id = $1", tenant.Id.Value);
        (await api.SweepAsync(new ReleaseNames())).Count.ShouldBe(1);

        (await api.QueryAsync<string>("select slug from organizations where id = $1", tenant.Id.Value)).ShouldBe($"gone-{tenant.Id.Value:N}");
        (await api.QueryAsync<long>("select count(*) from tenant_hosts where org_id = $1", tenant.Id.Value)).ShouldBe(0);
        (await TakeAsync(api, tenant.Slug)).ShouldBeTrue();
        (await api.SweepAsync(new ReleaseNames())).Count.ShouldBe(0);
        await tenant.ShouldBeGoneAsync(); // the name that went was not written into a log
    }

    [Fact]
    public async Task Whose_names_cannot_be_freed_keeps_nobody_elses_waiting()
    {
        await using var api = await Doomed.StartApiAsync(host, database);
        var (first, second) = (await Doomed.MakeAsync(database), await Doomed.MakeAsync(database));
        await api.SweepAsync(new PurgeTenants());
        foreach (var tenant in new[] { first, second })
            await api.ExecuteAsync("update tenant_slugs set quarantined_until = now() where org_id = $1", tenant.Id.Value);
        (await TakeAsync(api, $"gone-{first.Id.Value:N}")).ShouldBeTrue("somebody has it, however they came by it");

        (await api.SweepAsync(new ReleaseNames())).Count.ShouldBe(1);

        (await TakeAsync(api, second.Slug)).ShouldBeTrue();
        (await TakeAsync(api, first.Slug)).ShouldBeFalse();
        await api.ExecuteAsync("delete from tenant_slugs where slug = $1", $"gone-{first.Id.Value:N}");
        (await api.SweepAsync(new ReleaseNames())).Count.ShouldBe(1);
    }

    private static async Task<Error?> MoveAsync(TestApi api, Doomed tenant, TenantMove move)
    {
        await using var scope = api.Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<ISystemCaller>().BecomeSystem();
        return await scope.ServiceProvider.GetRequiredService<ITenantLifecycle>()
            .MoveAsync(tenant.Id, move, TestContext.Current.CancellationToken);
    }

    private static Task<bool> TakeAsync(TestApi api, string slug) =>
        api.QueryAsync<bool>("select reserve_slug($1, gen_random_uuid())", slug);

    private static object Grounds(Doomed tenant, bool? early = null, string? confirm = null, string reason = Reason) =>
        new { reason, confirm = confirm ?? tenant.Slug, early };
}
