using System.Net;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.SignUps;

public sealed class StartSignUpTests(TestHost host)
{
    [Fact]
    public async Task It_is_accepted_and_says_where_to_look()
    {
        var visitor = new Visitor(host.Api);

        var answer = (await visitor.AskAsync()).ShouldBe(HttpStatusCode.Accepted);

        var id = answer.Get<Guid>("tenantId");
        answer.Get<string>("host").ShouldBe(visitor.Host);
        answer.Headers.Location!.ToString().ShouldBe($"/v1/signup/{id}/status");
        var status = (await host.Api.Platform.GetAsync(answer.Headers.Location.ToString())).ShouldBe(HttpStatusCode.OK);
        status.Get<string>("state").ShouldBe("provisioning");
        status.Body!["steps"]!.AsArray().Select(step => step!["status"]!.GetValue<string>()).ShouldAllBe(s => s == "pending");
        (await host.Api.QueryAsync<string>("select id::text from outbox where org_id = $1 and kind = 'provision'", id))
            .ShouldBe(answer.Get<Guid>("operationId").ToString());
    }

    [Fact]
    public async Task The_row_is_what_was_asked_for_and_the_password_is_only_a_hash()
    {
        var visitor = new Visitor(host.Api);
        var body = visitor.Body("pro").With("""{"locale":"en-US","timeZone":"Europe/Paris","currency":"EUR"}""");

        var id = (await visitor.AskAsync(body)).ShouldBe(HttpStatusCode.Accepted).Get<Guid>("tenantId");

        (await host.Api.QueryAsync<string>(
            """
            select concat_ws(' ', slug, name, tier, state, locale, time_zone, currency, trial_ends_at is null, version)
            from organizations where id = $1
            """, id)).ShouldBe($"{visitor.Slug} Tenant {visitor.Slug} pro provisioning en-US Europe/Paris EUR t 1");
        (await host.Api.QueryAsync<string>("select password_hash from sign_ups where org_id = $1", id)).ShouldStartWith("$argon2id$");
        (await host.Api.QueryAsync<string>("select row_to_json(k)::text from sign_up_keys k where tenant_id = $1", id))
            .ShouldNotContain(visitor.Key);
        (await host.Api.QueryAsync<string>(
            "select string_agg(details::text, ' ') from audit_logs where org_id = $1 and action = 'sign_up.started'", id))
            .ShouldBe($$"""{"plan": "pro", "slug": "{{visitor.Slug}}"}""");
    }

    [Fact]
    public async Task What_is_left_out_is_Korean_and_free()
    {
        var visitor = new Visitor(host.Api);
        var id = (await visitor.AskAsync(new
        {
            visitor.Slug,
            name = "Seoul",
            adminName = "Kim",
            adminEmail = visitor.Email,
            adminPassword = Visitor.Password,
        })).ShouldBe(HttpStatusCode.Accepted).Get<Guid>("tenantId");

        (await host.Api.QueryAsync<string>(
            "select concat_ws(' ', tier, locale, time_zone, currency) from organizations where id = $1", id))
            .ShouldBe("free ko Asia/Seoul KRW");
    }

    [Theory]
    [InlineData("""{"slug":"ab"}""", "/slug", "invalid_slug")]
    [InlineData("""{"slug":"Upper"}""", "/slug", "invalid_slug")]
    [InlineData("""{"slug":"two--hyphens"}""", "/slug", "invalid_slug")]
    [InlineData("""{"slug":"xn--abc"}""", "/slug", "invalid_slug")]
    [InlineData("""{"slug":"a.b"}""", "/slug", "invalid_slug")]
    [InlineData("""{"slug":"admin"}""", "/slug", "slug_reserved")]
    [InlineData("""{"slug":"gone-01980000000070008000000000000000"}""", "/slug", "slug_reserved")]
    [InlineData("""{"slug":""}""", "/slug", "not_empty")]
    [InlineData("""{"name":""}""", "/name", "not_empty")]
    [InlineData("""{"name":"Win at https://evil.test"}""", "/name", "link")]
    [InlineData("""{"adminName":"www.evil.test"}""", "/adminName", "link")]
    [InlineData("""{"adminEmail":"nobody"}""", "/adminEmail", "not_an_email")]
    [InlineData("""{"adminEmail":"kim@mailinator.com"}""", "/adminEmail", "disposable_email")]
    [InlineData("""{"adminEmail":"kim@a.b.YOPMAIL.com"}""", "/adminEmail", "disposable_email")]
    [InlineData("""{"adminPassword":"short"}""", "/adminPassword", "password_too_short")]
    [InlineData("""{"plan":"gold"}""", "/plan", "invalid_value")]
    [InlineData("""{"plan":null}""", "/plan", "invalid_value")]
    [InlineData("""{"locale":"Korean"}""", "/locale", "unknown_locale")]
    [InlineData("""{"timeZone":"Seoul"}""", "/timeZone", "unknown_time_zone")]
    [InlineData("""{"currency":"XXX"}""", "/currency", "unknown_currency")]
    [InlineData("""{"state":"active"}""", "/state", "unknown_member")]
    [InlineData("""{"trialEndsAt":"2099-01-01T00:00:00Z"}""", "/trialEndsAt", "unknown_member")]
    [InlineData("""{"tenantId":"0197a3f2-5a6b-7c8d-9e0f-1a2b3c4d5e6f"}""", "/tenantId", "unknown_member")]
    public async Task What_does_not_fit_is_refused_and_leaves_no_trace(string change, string pointer, string code)
    {
        var visitor = new Visitor(host.Api);

        (await visitor.AskAsync(visitor.Body().With(change))).ShouldBeInvalid(pointer, code);

        (await SlugsAsync(visitor.Slug)).ShouldBe(0);
        (await visitor.AskAsync()).ShouldBe(HttpStatusCode.Accepted); // the key is still good
    }

    [Fact]
    public async Task The_organizations_own_name_is_no_password()
    {
        var visitor = new Visitor(host.Api);
        var body = visitor.Body().With("""{"name":"Northern Lights Club","adminPassword":"Northern Lights Club 2026!"}""");

        (await visitor.AskAsync(body)).ShouldBeInvalid("/adminPassword", "password_personal");
    }

    [Fact]
    public async Task Without_a_key_nothing_begins()
    {
        var visitor = new Visitor(host.Api);

        (await host.Api.Platform.PostAsync("/v1/signup", visitor.Body())).ShouldBeInvalid("Idempotency-Key", "key_required");
        (await visitor.AskAsync(key: new string('k', 256))).ShouldBeInvalid("Idempotency-Key", "invalid_length");

        (await SlugsAsync(visitor.Slug)).ShouldBe(0);
    }

    [Fact]
    public async Task The_same_key_and_body_get_the_same_answer()
    {
        var visitor = new Visitor(host.Api);
        var first = (await visitor.AskAsync()).ShouldBe(HttpStatusCode.Accepted);

        var again = (await visitor.AskAsync()).ShouldBe(HttpStatusCode.Accepted);

        (first.IsReplayed(), again.IsReplayed()).ShouldBe((false, true));
        again.Text.ShouldBe(first.Text);
        again.Headers.Location.ShouldBe(first.Headers.Location);
        (await visitor.AskAsync(visitor.Body("pro"))).ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        (await SlugsAsync(visitor.Slug)).ShouldBe(1);
    }

    [Fact]
    public async Task A_key_is_forgotten_after_a_day()
    {
        var (visitor, other) = (new Visitor(host.Api), new Visitor(host.Api));
        var first = (await visitor.AskAsync()).ShouldBe(HttpStatusCode.Accepted);
        await host.Api.ExecuteAsync(
            "update sign_up_keys set created_at = created_at - interval '25 hours' where tenant_id = $1", first.Get<Guid>("tenantId"));

        (await other.AskAsync(key: visitor.Key)).ShouldBe(HttpStatusCode.Accepted).IsReplayed().ShouldBeFalse();
        (await visitor.AskAsync(key: "another " + visitor.Key)).ShouldBeProblem(HttpStatusCode.Conflict, "slug_taken");
    }

    [Fact]
    public async Task Racing_with_one_key_makes_one_tenant()
    {
        var visitor = new Visitor(host.Api);

        var answers = await Answers.ParallelAsync(12, _ => visitor.AskAsync());

        answers.Tally().ShouldBe("12 x 202");
        answers.Select(answer => answer.Text).Distinct().ShouldHaveSingleItem();
        answers.Count(answer => !answer.IsReplayed()).ShouldBe(1);
    }

    [Fact]
    public async Task Racing_for_one_name_exactly_one_gets_it()
    {
        var visitor = new Visitor(host.Api);

        var answers = await Answers.ParallelAsync(20, number => visitor.AskAsync(key: $"{visitor.Key} {number}"));

        answers.Tally().ShouldBe("1 x 202, 19 x 409 slug_taken");
        (await host.Api.QueryAsync<long>("select count(*) from organizations where slug = $1", visitor.Slug)).ShouldBe(1);
        (await host.Api.QueryAsync<long>(
            "select count(*) from sign_up_keys k where not exists (select from organizations o where o.id = k.tenant_id)"))
            .ShouldBe(0, "who lost left no key");
    }

    [Fact]
    public async Task One_address_gets_a_few_mails_an_hour()
    {
        await using var api = await host.StartApiAsync(host.Api.Database, options => options.Settings["Throttle:Factor"] = "1");
        var address = new Visitor(api).Email;

        for (var number = 0; number < 5; number++) (await AskAsync(address)).ShouldBe(HttpStatusCode.Accepted);

        (await AskAsync(address)).ShouldBeProblem(HttpStatusCode.TooManyRequests, "rate_limited").Headers.RetryAfter.ShouldNotBeNull();
        (await AskAsync(address.ToUpperInvariant())).ShouldBeProblem(HttpStatusCode.TooManyRequests, "rate_limited");
        (await AskAsync("another-" + address)).ShouldBe(HttpStatusCode.Accepted);

        Task<Answer> AskAsync(string email)
        {
            var visitor = new Visitor(api);
            return visitor.AskAsync(visitor.Body().With($$"""{"adminEmail":"{{email}}"}"""));
        }
    }

    [Fact]
    public async Task A_tenants_own_name_is_taken()
    {
        var tenant = await host.NewTenantAsync();
        var visitor = new Visitor(host.Api);

        (await visitor.AskAsync(visitor.Body().With($$"""{"slug":"{{tenant.Slug}}"}""")))
            .ShouldBeProblem(HttpStatusCode.Conflict, "slug_taken");
    }

    [Fact]
    public async Task A_tenants_host_takes_no_sign_ups()
    {
        var tenant = await host.NewTenantAsync();

        (await tenant.Anonymous.PostAsync("/v1/signup", new Visitor(host.Api).Body(), ("Idempotency-Key", "x")))
            .ShouldBeProblem(HttpStatusCode.NotFound, "not_found");
    }

    private Task<long> SlugsAsync(string slug) =>
        host.Api.QueryAsync<long>("select count(*) from tenant_slugs where slug = $1", slug);
}
