using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.Infrastructure.Operations;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Operations;

internal static class ImportSteps
{
    /// <summary>Sends an archive: 202 is not yet an import.</summary>
    public static Task<Answer> StartImportAsync(
        this ApiClient client, byte[] archive, bool dryRun = false, string? key = null) => client.SendAsync(
            HttpMethod.Post,
            $"/v1/imports{(dryRun ? "?dryRun=true" : "")}",
            TestFiles.Form(archive, "archive.zip"),
            ("Idempotency-Key", key ?? $"{Answers.RandomId()}"));

    /// <summary>Sends an archive, and does what an instance would do with it.</summary>
    /// <returns>The operation, at its end.</returns>
    public static async Task<Answer> ImportAsync(
        this TestTenant tenant, ApiClient client, byte[] archive, bool dryRun = false)
    {
        var started = (await client.StartImportAsync(archive, dryRun)).ShouldBe(HttpStatusCode.Accepted);
        await tenant.DispatchAsync();
        return (await client.GetAsync($"/v1/operations/{started.Id}")).ShouldBe(HttpStatusCode.OK);
    }

    public static async Task<Answer> ImportAsync(this TestTenant tenant, ForgedArchive archive, bool dryRun = false) =>
        await tenant.ImportAsync(await tenant.OwnerAsync(), archive.Build(), dryRun);

    public static Task<long> DispatchAsync(this TestTenant tenant) =>
        tenant.Api.Services.GetRequiredService<OperationDispatcher>()
            .DispatchAsync(tenant.Id, TestContext.Current.CancellationToken);

    public static Answer ShouldHaveSucceeded(this Answer operation)
    {
        operation.Get<string>("status").ShouldBe("succeeded", operation.Text);
        return operation;
    }

    public static Answer ShouldHaveFailed(this Answer operation, string code)
    {
        (operation.Get<string>("status"), operation.Get<string>("error")).ShouldBe(("failed", code), operation.Text);
        return operation;
    }

    public static JsonNode Report(this Answer operation) => operation.Body!["result"]!["import"]!;

    /// <summary>Promises the tenant so many, whatever its plan has.</summary>
    public static Task LimitAsync(this TestTenant tenant, string entitlement, long amount) => tenant.Api.ExecuteAsync(
        """
        insert into tenant_overrides (org_id, entitlement, amount, reason, created_at) values ($1, $2, $3, 'test', now())
        """,
        tenant.Id.Value, entitlement, amount);

    /// <summary>Rows of all tables that an import could touch, and what is counted: to be compared before and after.</summary>
    public static Task<string> ContentAsync(this TestTenant tenant) => tenant.Api.QueryAsync<string>(
        """
        select md5(string_agg(line, chr(10) order by line)) from (
          select 'roles' || r::text as line from roles r where org_id = $1
          union all select 'users' || r::text from users r where org_id = $1
          union all select 'user_roles' || r::text from user_roles r where org_id = $1
          union all select 'invitations' || r::text from invitations r where org_id = $1
          union all select 'event_categories' || r::text from event_categories r where org_id = $1
          union all select 'event_templates' || r::text from event_templates r where org_id = $1
          union all select 'email_templates' || r::text from email_templates r where org_id = $1
          union all select 'files' || r::text from files r where org_id = $1
          union all select 'uploads' || r::text from uploads r where org_id = $1
          union all select 'events' || r::text from events r where org_id = $1
          union all select 'programs' || r::text from programs r where org_id = $1
          union all select 'registrations' || r::text from registrations r where org_id = $1
          union all select 'usage_counters' || r::text from usage_counters r where org_id = $1
          union all select 'outbox' || r::text from outbox r where org_id = $1
          union all select 'audit' || r::text from audit_logs r 
            where org_id = $1 and action <> 'import.started' and table_name is distinct from 'sessions'
        ) all_rows
        """,
        tenant.Id.Value);
}
