using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Auth;
using CleanTenancy.IntegrationTests.Battery;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>
/// Under Row-Level Security a condition that is not leakproof is kept behind the policy and loses its index (controls
/// A16). The statements are those that the API sends for its requests.
/// </summary>
public sealed partial class HotQueryTests(TestHost host)
{
    /// <summary>A request, what its statement holds, and the condition that its index must serve.</summary>
    [Theory]
    [InlineData("list", "FROM events AS", @"\bid < ")]
    [InlineData("changed", "FROM events AS", @"\bupdated_at >= ")]
    [InlineData("one", "FROM events AS", @"\bid = ")]
    [InlineData("registrations", "FROM registrations AS", @"\bevent_id = ")]
    [InlineData("programs", "FROM programs AS", @"\bevent_id = ")]
    [InlineData("login", "u.normalized_email = @", @"\bnormalized_email.* = ")]
    [InlineData("me", "FROM sessions AS", @"\bid = ")]
    [InlineData("refresh", "UPDATE refresh_tokens AS", @"\bhash = ")]
    public async Task The_index_serves_the_condition_behind_the_policy(string request, string statement, string second)
    {
        using var block = Tally.Start("SQL, index conditions");
        using var sent = new SentStatements();
        await using var api = await host.StartApiAsync(host.Api.Database, options =>
        {
            options.Logs = sent;
            options.Settings["Logging:LogLevel:Microsoft.EntityFrameworkCore.Database.Command"] = "Debug";
        });
        await SendAsync(await api.NewTenantAsync(), request, sent);
        var statements = sent.Texts.Where(text => text.Contains(statement, StringComparison.Ordinal)).ToList();
        statements.ShouldNotBeEmpty($"{request} sends no such statement: {string.Join("\n\n", sent.Texts)}");
        await using var app = new NpgsqlConnection(
            host.Postgres.ConnectionString(host.Api.Database, "application_role") + ";Pooling=false");
        await app.OpenAsync(TestContext.Current.CancellationToken);

        foreach (var text in statements)
        {
            var plan = await PlanAsync(app, text);
            plan.ShouldContain(
                line => line.Contains("Index Cond:", StringComparison.Ordinal)
                    && line.Contains("(org_id = ", StringComparison.Ordinal)
                    && Regex.IsMatch(line, second, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)),
                $"{text}\n\n{string.Join('\n', plan)}");
            block.Count(request);
        }
    }

    /// <summary>The same question of a condition that is not leakproof.</summary>
    [Fact]
    public async Task A_condition_that_loses_its_index_is_seen()
    {
        await using var app = new NpgsqlConnection(
            host.Postgres.ConnectionString(host.Api.Database, "application_role") + ";Pooling=false");
        await app.OpenAsync(TestContext.Current.CancellationToken);

        var plan = await PlanAsync(app, "select 1 from users where org_id = @o and normalized_email like 'kim%'");

        plan.ShouldNotContain(line => line.Contains("Index Cond:", StringComparison.Ordinal)
            && line.Contains("normalized_email", StringComparison.Ordinal));
    }

    private static async Task SendAsync(TestTenant tenant, string request, SentStatements sent)
    {
        if (request is "login")
        {
            await tenant.SignedInAsync(BuiltInRoles.Viewer);
            return;
        }

        if (request is "refresh")
        {
            var signedIn = await tenant.SignedInAsync(BuiltInRoles.Viewer);
            (await tenant.Anonymous.RefreshAsync(signedIn.RefreshToken())).ShouldBe(HttpStatusCode.OK);
            return;
        }

        var owner = await tenant.OwnerAsync();
        if (request is "me")
        {
            (await owner.GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
            return;
        }

        var id = await owner.LiveEventAsync();
        sent.Texts.Clear();
        (await owner.GetAsync(request switch
        {
            "list" => "/v1/events",
            "changed" => "/v1/events?updatedSince=2026-01-01T00:00:00Z",
            "one" => $"/v1/events/{id}",
            "registrations" => $"/v1/events/{id}/registrations",
            "programs" => $"/v1/events/{id}/programs",
            _ => throw new InvalidOperationException(request),
        })).ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>The plan for all values; on small tables PostgreSQL would rather read everything.</summary>
    private static async Task<List<string>> PlanAsync(NpgsqlConnection app, string text)
    {
        var names = new List<string>();
        var sql = Parameter().Replace(text, name =>
        {
            if (!names.Contains(name.Value)) names.Add(name.Value);
            return $"${names.IndexOf(name.Value) + 1}";
        });
        await app.ExecuteAsync("set enable_seqscan = off");
        // Of two indexes that cost as little it takes the one that serves more of the condition.
        await app.ExecuteAsync("set enable_bitmapscan = off");
        await app.ExecuteAsync("set plan_cache_mode = force_generic_plan");
        await app.ExecuteAsync($"prepare hot as {sql}");
        await using var transaction = await app.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await app.ExecuteAsync("select set_tenant_context($1, null, null)", OwnDatabase.A);
        var values = string.Join(", ", names.Select(_ => "null"));
        var arguments = values.Length > 0 ? $" ({values})" : "";
        var plan = await app.ListAsync<string>($"explain (costs off) execute hot{arguments}");
        await app.ExecuteAsync("deallocate hot");
        return plan;
    }

    [GeneratedRegex(@"@\w+", RegexOptions.None, 1_000)]
    private static partial Regex Parameter();

    /// <summary>What EF sends, before it is put into a bound batch.</summary>
    private sealed class SentStatements : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Texts { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name?.EndsWith("CommandExecuting", StringComparison.Ordinal) is not true) return;
            if (state is not IEnumerable<KeyValuePair<string, object?>> members) return;

            foreach (var (name, value) in members)
                if (name == "commandText")
                    Texts.Enqueue($"{value}");
        }

        public void Dispose()
        {
        }
    }
}
