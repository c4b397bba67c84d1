using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Exports;

public sealed class StartExportTests(TestHost host)
{
    [Fact]
    public async Task It_is_answered_at_once_and_can_be_followed_until_there_is_a_link()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        var started = (await owner.StartExportAsync()).ShouldBe(HttpStatusCode.Accepted);
        started.Headers.Location!.ToString().ShouldBe($"/v1/operations/{started.Id}");
        (started.Get<string>("kind"), started.Get<string>("status")).ShouldBe(("export", "queued"));
        await tenant.RunOperationsAsync();

        var done = (await owner.GetAsync($"/v1/operations/{started.Id}")).ShouldBe(HttpStatusCode.OK);
        done.Get<string>("status").ShouldBe("succeeded");
        done.Link().ShouldBe($"/v1/exports/{started.Id}/content");
        var progress = done.Body!["progress"]!;
        progress["done"]!.GetValue<long>().ShouldBe(progress["total"]!.GetValue<long>());
        progress["done"]!.GetValue<long>().ShouldBeGreaterThan(5);
        done.Body["result"]!["expiresAt"]!.GetValue<DateTimeOffset>()
            .ShouldBe(TimeProvider.System.GetUtcNow().AddHours(24), TimeSpan.FromMinutes(5));
        (await tenant.DeedsAsync()).ShouldBe(["data.exported"]);
        (await tenant.UsedAsync(Quota.Storage)).ShouldBe(0, "it does not count");
    }

    [Fact]
    public async Task The_same_key_starts_one_and_no_key_starts_none()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        var first = (await owner.StartExportAsync("once")).ShouldBe(HttpStatusCode.Accepted);
        var again = (await owner.StartExportAsync("once")).ShouldBe(HttpStatusCode.Accepted);
        (await owner.PostAsync("/v1/exports")).ShouldBeProblem(HttpStatusCode.BadRequest, "validation_failed");

        again.Id.ShouldBe(first.Id);
        again.Headers.GetValues("Idempotency-Replayed").ShouldBe(["true"]);
        (await tenant.RowsAsync("operations")).ShouldBe(1);
    }

    [Fact]
    public async Task One_at_a_time_however_many_ask_at_once()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => owner.StartExportAsync()));

        answers.Tally().ShouldBe("1 x 202, 7 x 409 operation_in_progress");
        (await tenant.RowsAsync("operations")).ShouldBe(1);
        (await tenant.DeedsAsync()).ShouldBe(["data.exported"]);
        await tenant.RunOperationsAsync();
        (await owner.StartExportAsync()).ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Only_a_person_who_has_just_proved_who_they_are_may()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var before = await tenant.TraceAsync();
        await host.Api.ExecuteAsync(
            "update sessions set authenticated_at = authenticated_at - interval '11 minutes' where org_id = $1", tenant.Id.Value);

        (await (await tenant.AsAsync(BuiltInRoles.Admin)).StartExportAsync()).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        (await owner.StartExportAsync()).ShouldBeProblem(HttpStatusCode.Forbidden, "step_up_required");
        (await tenant.RowsAsync("operations")).ShouldBe(0);
        before.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData("suspended over billing", HttpStatusCode.Accepted)]
    [InlineData("suspended by an operator", HttpStatusCode.Forbidden)]
    [InlineData("deleted", HttpStatusCode.Accepted)]
    public async Task An_owner_takes_the_data_out_as_long_as_the_state_allows_it(string state, HttpStatusCode expected)
    {
        var tenant = await host.NewTenantAsync(Tier.Free, o =>
        {
            switch (state)
            {
                case "suspended over billing": o.Suspend(SuspensionReason.Billing, o.CreatedAt); break;
                case "suspended by an operator": o.Suspend(SuspensionReason.Operator, o.CreatedAt); break;
                default: o.Delete(o.CreatedAt); break;
            }
        });
        var owner = await tenant.OwnerAsync();

        var started = await owner.StartExportAsync();

        started.Status.ShouldBe(expected, started.Text);
        if (expected != HttpStatusCode.Accepted) return;

        await tenant.RunOperationsAsync();
        var done = await owner.GetAsync($"/v1/operations/{started.Id}");
        using var content = await tenant.DownloadAsync(owner, done.Link());
        content.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_store_that_fails_is_tried_again_and_leaves_no_half_archive()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var started = await owner.StartExportAsync();
        var folder = Path.Combine(TestFiles.RootOf(host.Api.Database), $"{tenant.Id}");
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        await File.WriteAllTextAsync(folder, "in the way of the folder", TestContext.Current.CancellationToken);

        (await tenant.RunOperationsAsync()).ShouldBe(0);
        (await owner.GetAsync($"/v1/operations/{started.Id}")).Get<string>("status").ShouldBe("queued");
        File.Delete(folder);
        await host.Api.ExecuteAsync("update operations set claimed_until = now() where org_id = $1", tenant.Id.Value);
        (await tenant.RunOperationsAsync()).ShouldBe(1);

        (await owner.GetAsync($"/v1/operations/{started.Id}")).Get<string>("status").ShouldBe("succeeded");
        tenant.KeptFiles().Count.ShouldBe(1);
    }

    [Fact]
    public async Task When_its_time_is_up_nothing_is_left_of_it()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var done = await tenant.ExportAsync(owner);
        tenant.KeptFiles().Count.ShouldBe(1);
        await host.Api.SweepAsync(new ClearOperations());
        tenant.KeptFiles().Count.ShouldBe(1, "it is not time yet");

        await host.Api.ExecuteAsync("update operations set expires_at = now() - interval '1 second' where org_id = $1", tenant.Id.Value);
        (await owner.GetAsync(done.Link())).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        await host.Api.SweepAsync(new ClearOperations());

        tenant.KeptFiles().ShouldBeEmpty();
        (await owner.GetAsync(done.Link())).ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
        var after = await owner.GetAsync($"/v1/operations/{done.Id}");
        (after.Get<string>("status"), after.Body!["result"]!["link"]).ShouldBe(("succeeded", null));
        after.Body["result"]!["sha256"]!.GetValue<string>().ShouldBe(done.Body!["result"]!["sha256"]!.GetValue<string>());
    }
}
