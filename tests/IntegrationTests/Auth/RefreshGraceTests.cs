using System.Collections.Concurrent;
using System.Net;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Auth;

/// <summary>A token that was used a moment ago, and one that was used before (RFC 9700, 4.14.2).</summary>
public sealed class RefreshGraceTests(TestHost host, ClockedApi clocked) : IClassFixture<ClockedApi>
{
    private static readonly TimeSpan Grace = RefreshToken.Grace;

    [Fact]
    public async Task Within_the_grace_the_same_successor_is_answered_and_nothing_is_stored()
    {
        var tenant = await clocked.Api.NewTenantAsync(Tier.Free);
        var first = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        var second = (await tenant.Anonymous.RefreshAsync(first.RefreshToken())).ShouldBe(HttpStatusCode.OK);
        var before = await RowsAsync(tenant);

        clocked.Clock.Advance(Grace - TimeSpan.FromMilliseconds(1));
        var again = (await tenant.Anonymous.RefreshAsync(first.RefreshToken())).ShouldBe(HttpStatusCode.OK);

        again.RefreshToken().ShouldBe(second.RefreshToken());
        again.AccessToken().ShouldNotBe(second.AccessToken());
        (await tenant.Anonymous.With(again.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);
        (await RowsAsync(tenant)).ShouldBe(before);
        (await tenant.Anonymous.RefreshAsync(second.RefreshToken())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task After_the_grace_it_ends_the_session_with_its_newest_pair_and_the_person_is_told_once()
    {
        var tenant = await clocked.Api.NewTenantAsync(Tier.Free);
        var first = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        var second = (await tenant.Anonymous.RefreshAsync(first.RefreshToken())).ShouldBe(HttpStatusCode.OK);
        var session = AuthSteps.SessionOf(first.AccessToken());
        (await tenant.Anonymous.With(second.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.OK);

        clocked.Clock.Advance(Grace);
        for (var n = 0; n < 3; n++)
            (await tenant.Anonymous.RefreshAsync(first.RefreshToken()))
                .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");

        (await tenant.Anonymous.RefreshAsync(second.RefreshToken())).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await tenant.Anonymous.With(first.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
        (await tenant.Anonymous.With(second.AccessToken()).GetAsync("/v1/me")).ShouldBe(HttpStatusCode.Unauthorized);
        (await host.Api.QueryAsync<string>("select revoked_reason from sessions where org_id = $1", tenant.Id.Value))
            .ShouldBe("refresh_token_reused");
        (await host.Api.QueryAsync<string>(
            "select concat_ws('/', row_id, actor_id) from audit_logs where org_id = $1 and action = 'session.refresh_token_reused'",
            tenant.Id.Value)).ShouldBe($"{session}/{tenant.User(BuiltInRoles.Viewer).Id.Value}");
        (await host.Api.QueryAsync<string>(
            "select string_agg(concat_ws('/', kind, payload::jsonb ->> 'template', payload::jsonb ->> 'to'), ',') from outbox where org_id = $1",
            tenant.Id.Value)).ShouldBe($"mail/session_stolen/{tenant.Email(BuiltInRoles.Viewer)}");
    }

    [Fact]
    public async Task Another_session_of_the_same_person_lives_on()
    {
        var tenant = await clocked.Api.NewTenantAsync(Tier.Free);
        var (stolen, phone) = (await tenant.SignedInAsync(BuiltInRoles.Viewer), await tenant.SignedInAsync(BuiltInRoles.Viewer));
        await tenant.Anonymous.RefreshAsync(stolen.RefreshToken());
        clocked.Clock.Advance(Grace);
        (await tenant.Anonymous.RefreshAsync(stolen.RefreshToken())).ShouldBe(HttpStatusCode.Unauthorized);

        (await tenant.Anonymous.RefreshAsync(phone.RefreshToken())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Who_signed_out_gets_no_successor()
    {
        var tenant = await clocked.Api.NewTenantAsync(Tier.Free);
        var first = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        var second = (await tenant.Anonymous.RefreshAsync(first.RefreshToken())).ShouldBe(HttpStatusCode.OK);
        await tenant.Anonymous.With(second.AccessToken()).PostAsync("/v1/auth/logout");

        (await tenant.Anonymous.RefreshAsync(first.RefreshToken())).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Fact]
    public async Task Parallel_refreshes_of_one_token_are_answered_one_successor()
    {
        var tenant = await host.NewTenantAsync();
        var signedIn = await tenant.SignedInAsync(BuiltInRoles.Viewer);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => tenant.Anonymous.RefreshAsync(signedIn.RefreshToken())));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        answers.Select(answer => answer.RefreshToken()).Distinct().ShouldHaveSingleItem();
        (await tenant.RowsAsync("refresh_tokens")).ShouldBe(2);
        (await tenant.DeedsAsync()).Count(deed => deed == "session.refreshed").ShouldBe(1);
    }

    [Fact]
    public async Task The_successor_is_read_with_the_old_token_only()
    {
        var tenant = await host.NewTenantAsync();
        var first = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        var second = (await tenant.Anonymous.RefreshAsync(first.RefreshToken())).ShouldBe(HttpStatusCode.OK);
        var stored = await host.Api.QueryAsync<byte[]>(
            "select successor from refresh_tokens where org_id = $1 and successor is not null", tenant.Id.Value);
        var successors = host.Api.Services.GetRequiredService<ISuccessors>();

        successors.Open(first.RefreshToken(), stored).ShouldBe(second.RefreshToken());
        successors.Open(second.RefreshToken(), stored).ShouldBeNull();
        stored[20] ^= 1;
        successors.Open(first.RefreshToken(), stored).ShouldBeNull();
        successors.Open(first.RefreshToken(), []).ShouldBeNull();
    }

    [Fact]
    public async Task A_refresh_says_when_the_session_was_last_used()
    {
        var tenant = await clocked.Api.NewTenantAsync(Tier.Free);
        var pair = await tenant.SignedInAsync(BuiltInRoles.Viewer);
        clocked.Clock.Advance(TimeSpan.FromHours(5));

        pair = await tenant.Anonymous.RefreshAsync(pair.RefreshToken());

        (await host.Api.QueryAsync<TimeSpan>("select last_used_at - created_at from sessions where org_id = $1", tenant.Id.Value))
            .ShouldBe(TimeSpan.FromHours(5));
    }

    /// <summary>The property of C4: as many pairs as tokens, whoever races whom, and a late thief ends each family.</summary>
    [Fact]
    public async Task A_thousand_tokens_eight_times_at_once_make_a_thousand_pairs()
    {
        const int Count = 1_000, Times = 8;
        var tenant = await clocked.Api.NewTenantAsync(Tier.Free);
        var tokens = Enumerable.Range(0, Count).Select(_ => OneTimeSecret.New()).ToList();
        var now = clocked.Clock.GetUtcNow();
        var sessions = tokens.Select(_ => Guid.CreateVersion7(now)).ToArray();
        await clocked.Api.ExecuteAsync(
            """
            insert into sessions (org_id, id, user_id, created_at, authenticated_at, last_used_at, expires_at, client_address)
            select $1, id, $2, $4, $4, $4, $4 + interval '30 days', 'test' from unnest($3::uuid[]) id
            """,
            tenant.Id.Value, tenant.User(BuiltInRoles.Viewer).Id.Value, sessions, now.UtcDateTime);
        await clocked.Api.ExecuteAsync(
            """
            insert into refresh_tokens (org_id, hash, session_id, issued_at, expires_at)
            select $1, hash, id, $4, $4 + interval '7 days' from unnest($2::uuid[], $3::bytea[]) t (id, hash)
            """,
            tenant.Id.Value, sessions, tokens.Select(token => token.Hash).ToArray(), now.UtcDateTime);
        var (successors, refused) = (new ConcurrentDictionary<string, HashSet<string>>(), new ConcurrentBag<Answer>());

        await Parallel.ForEachAsync(tokens, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (token, _) =>
        {
            var answers = await Task.WhenAll(
                Enumerable.Range(0, Times).Select(_ => RefreshAsync(tenant.Anonymous, token.Text)));
            foreach (var answer in answers.Where(answer => answer.Status != HttpStatusCode.OK)) refused.Add(answer);
            successors[token.Text] = [.. answers.Where(a => a.Status == HttpStatusCode.OK).Select(a => a.RefreshToken())];
        });

        refused.ShouldBeEmpty(string.Join(' ', refused.Select(answer => $"{answer.Status} {answer.Body}")));
        successors.Values.ShouldAllBe(next => next.Count == 1);
        successors.Values.SelectMany(next => next).Distinct().Count().ShouldBe(Count);
        (await tenant.RowsAsync("refresh_tokens")).ShouldBe(2 * Count);
        (await tenant.DeedsAsync()).Length.ShouldBe(Count);

        clocked.Clock.Advance(Grace);
        await Parallel.ForEachAsync(tokens, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (token, _) =>
            (await tenant.Anonymous.RefreshAsync(token.Text)).ShouldBe(HttpStatusCode.Unauthorized));

        (await clocked.Api.QueryAsync<long>(
            "select count(*) from sessions where org_id = $1 and revoked_reason = 'refresh_token_reused'", tenant.Id.Value))
            .ShouldBe(Count);
        (await tenant.RowsAsync("outbox")).ShouldBe(Count);
    }

    /// <summary>A busy machine may answer 503: then a client asks again, and it is the same use of the same token.</summary>
    private static async Task<Answer> RefreshAsync(ApiClient client, string token)
    {
        var answer = await client.RefreshAsync(token);
        for (var again = 0; again < 3 && answer.Status is HttpStatusCode.ServiceUnavailable; again++)
            answer = await client.RefreshAsync(token);
        return answer;
    }

    private async Task<string> RowsAsync(TestTenant tenant) =>
        $"{await tenant.TraceAsync()} {await tenant.RowsAsync("refresh_tokens")}"
        + await host.Api.QueryAsync<string>("select max(last_used_at)::text from sessions where org_id = $1", tenant.Id.Value);
}
