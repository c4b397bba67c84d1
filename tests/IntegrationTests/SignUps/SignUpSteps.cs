using System.Net;
using CleanTenancy.Application.Platform;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Persistence.Erasure;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.SignUps;

/// <summary>One visitor who wants a tenant, with a name and an address that nobody else has.</summary>
internal sealed class Visitor(TestApi api)
{
    public const string Password = "a whole new sentence";

    public string Slug { get; } = $"v{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}"[..1] + Answers.RandomId().ToString("N")[^14..];

    public string Email => $"owner@{Slug}.test";

    public string Key { get; init; } = $"key-{Answers.RandomId()}";

    public TenantId Id { get; private set; }

    public string Host => $"{Slug}.localhost";

    public object Body(string plan = "free", string locale = "en") => new
    {
        Slug,
        Name = $"Tenant {Slug}",
        AdminName = "Kim Minji",
        AdminEmail = Email,
        AdminPassword = Password,
        Plan = plan,
        Locale = locale,
    };

    public Task<Answer> AskAsync(object? body = null, string? key = null) =>
        api.Platform.PostAsync("/v1/signup", body ?? Body(), ("Idempotency-Key", key ?? Key));

    /// <summary>Signs up, and remembers the tenant.</summary>
    public async Task<Visitor> SignUpAsync(string plan = "free", string locale = "en")
    {
        Id = new((await AskAsync(Body(plan, locale))).ShouldBe(HttpStatusCode.Accepted).Get<Guid>("tenantId"));
        return this;
    }

    /// <summary>Does what the outbox holds of the tenant: the steps, and then the mail.</summary>
    public async Task<Visitor> ProvisionAsync()
    {
        await api.SweepAsync(new DispatchOutbox { OrgId = Id });
        return this;
    }

    /// <summary>Signs up, and is given up in the last attempt, without the waiting before it.</summary>
    public async Task<Visitor> FailAsync()
    {
        await SignUpAsync("starter");
        await api.ExecuteAsync("update tenant_slugs set quarantined_until = now() where slug = $1", Slug);
        await api.ExecuteAsync("update provisioning_steps set attempts = 5 where org_id = $1 and task = 'route'", Id.Value);
        await ProvisionAsync();
        await ShouldBeUndoneAsync();
        return this;
    }

    public Task<Answer> StatusAsync() => api.Platform.GetAsync($"/v1/signup/{Id}/status");

    /// <summary>As the status shows them: "owner done, content pending".</summary>
    public async Task<string> StepsAsync() => string.Join(", ", (await StatusAsync()).ShouldBe(HttpStatusCode.OK)
        .Body!["steps"]!.AsArray().Select(step => $"{step!["task"]} {step["status"]}"));

    public IReadOnlyList<ReceivedMail> Mails => SmtpSink.Shared.To(Email);

    public string Token => Mails.ShouldHaveSingleItem().Token;

    public Task<Answer> ActivateAsync(string? token = null) =>
        api.Platform.PostAsync("/v1/signup/activate", new { token = token ?? Token });

    public Task<Answer> SignInAsync() =>
        api.Client(Host).PostAsync("/v1/auth/login", new { email = Email, password = Password });

    /// <summary>A client of the tenant's host, signed in as its owner.</summary>
    public async Task<ApiClient> OwnerAsync() =>
        api.Client(Host, (await SignInAsync()).ShouldBe(HttpStatusCode.OK).Get<string>("accessToken"));

    public Task<long> RowsAsync(string table) =>
        api.QueryAsync<long>($"select count(*) from {table} where org_id = $1", Id.Value);

    public Task<string> StateAsync() => api.QueryAsync<string>("select state from organizations where id = $1", Id.Value);

    public Task<string> NameAsync() => api.QueryAsync<string>("select slug from organizations where id = $1", Id.Value);

    public Task<string[]> DeedsAsync() => api.QueryAsync<string[]>(
        "select coalesce(array_agg(action::text order by id), '{}') from audit_logs where org_id = $1 and table_name is null",
        Id.Value);

    /// <summary>Everything of a tenant that was set up, once.</summary>
    public async Task ShouldBeSetUpAsync()
    {
        (await StepsAsync()).ShouldBe("owner done, content done, payment_account skipped, route done, welcome done, audit done");
        (await RowsAsync("users"), await RowsAsync("roles"), await RowsAsync("user_roles")).ShouldBe((1, 5, 1));
        (await RowsAsync("event_categories"), await RowsAsync("event_templates")).ShouldBe((4, 1));
        (await RowsAsync("email_templates")).ShouldBeGreaterThan(0);
        (await api.QueryAsync<string>(
            "select string_agg(resource || used, ',' order by resource) from usage_counters where org_id = $1", Id.Value))
            .ShouldBe("events0,members1,participants0,storage0");
        (await DeedsAsync()).Count(deed => deed == "tenant.provisioned").ShouldBe(1);
    }

    /// <summary>Nothing of a tenant that was undone, but for its row, its log, and how far it had come.</summary>
    public async Task ShouldBeUndoneAsync()
    {
        (await StateAsync()).ShouldBe("provisioning_failed");
        (await NameAsync()).ShouldStartWith("gone-");
        var tables = api.Services.GetRequiredService<ErasurePlan>().TablesOfSignUps.ToList();
        tables.ShouldContain("users");
        foreach (var table in tables) (await RowsAsync(table)).ShouldBe(0, table);
        (await api.QueryAsync<long>("select count(*) from tenant_slugs where slug = $1", Slug)).ShouldBe(0);
        (await api.QueryAsync<long>("select count(*) from outbox where org_id = $1 and done_at is null and kind = 'mail'", Id.Value))
            .ShouldBe(0);
        (await api.Client(Host).GetAsync("/v1/me")).ShouldBeProblem(HttpStatusCode.NotFound, "tenant_not_found");
    }
}
