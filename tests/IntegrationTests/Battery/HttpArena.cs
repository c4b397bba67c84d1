using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Exports;
using CleanTenancy.IntegrationTests.Fixtures;
using CleanTenancy.IntegrationTests.Members;
using Ids = System.Collections.Generic.IReadOnlyDictionary<string, string>;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>
/// Two tenants with rows of every kind, made by the API's own creating endpoints: A attacks, and B must neither show
/// through any answer nor change. Whatever does not hold is gathered, so that one run tells all of it.
/// </summary>
internal sealed partial class HttpArena
{
    private const string PlatformLogin = "POST /v1/platform/auth/login", SignUp = "POST /v1/signup",
        Activate = "POST /v1/signup/activate", SignUpStatus = "GET /v1/signup/{tenantId}/status",
        Retry = "POST /v1/platform/tenants/{id}/retry", Purge = "POST /v1/platform/tenants/{id}/purge",
        DeleteOwn = "POST /v1/tenant/delete", RestoreOwn = "POST /v1/tenant/restore", AllTenants = "GET /v1/platform/tenants",
        AllMessages = "GET /v1/platform/outbox",
        Certificate = "GET /v1/platform/tenants/{id}/erasure-certificate";

    /// <summary>What must happen to rows, all but the last, before others can be made from them.</summary>
    private static readonly Dictionary<string, string> Opening = new()
    {
        ["POST /v1/events"] = "POST /v1/events/{id}/publish",
    };

    /// <summary>Members of which there is one of each value: each body gets its own.</summary>
    private static readonly Dictionary<string, string> Unique = new()
    {
        ["POST /v1/categories"] = "name",
        ["POST /v1/event-templates"] = "name",
        ["POST /v1/invitations"] = "email",
        ["POST /v1/roles"] = "name",
        [SignUp] = "slug",
    };

    /// <summary>What a valid request cannot do without.</summary>
    private static readonly Dictionary<string, string> Asked = new()
    {
        ["GET /v1/signup/slug-availability"] = "slug=a-name",
    };

    private readonly JsonObject _document;
    private readonly ConcurrentQueue<string> _findings = new();
    private Dictionary<string, string> _sumsOfB = [];
    private string? _refreshTokenOfB, _invitationTokenOfB;
    private int _keys, _names;

    private HttpArena(
        TestApi api, TenantCatalogue catalogue, IReadOnlyList<HttpTarget> targets, JsonObject document,
        TestTenant a, TestTenant b)
    {
        (Api, Catalogue, Targets, _document, A, B) = (api, catalogue, targets, document, a, b);
        Secret = $"kanarie-{b.Id.Value:N}"[..24];
    }

    public TestApi Api { get; }

    public TenantCatalogue Catalogue { get; }

    public IReadOnlyList<HttpTarget> Targets { get; }

    public TestTenant A { get; }

    public TestTenant B { get; }

    /// <summary>A word that stands in B's rows and nowhere else.</summary>
    public string Secret { get; }

    /// <summary>Of A's owner.</summary>
    public string Token { get; private set; } = "";

    /// <summary>Of B's people, by role.</summary>
    public IReadOnlyDictionary<string, string> TokensOfB { get; private set; } = new Dictionary<string, string>();

    public Canaries Canaries { get; private set; } = new([], []);

    public IReadOnlyCollection<string> Findings => _findings;

    public IEnumerable<HttpTarget> OfTenants =>
        Targets.Where(target => target is { Request: not null, IsPlatform: false });

    public IEnumerable<HttpTarget> Guarded => Targets.Where(target => !target.IsPublic);

    public IEnumerable<HttpTarget> WithBody => Targets.Where(target => target.Body is not null);

    /// <param name="host">Of the battery's own API: what operators may change there is everybody's.</param>
    /// <param name="on">Another API, for blocks in which no operator succeeds.</param>
    public static async Task<HttpArena> SetAsync(TestHost host, TestApi? on = null)
    {
        var api = on ?? await host.BatteryAsync();
        var catalogue = await TenantCatalogue.ReadAsync(api);
        var (targets, document) = await HttpTargets.ReadAsync(api, catalogue);
        // On the plan without limits: some blocks invite a hundred people.
        var arena = new HttpArena(
            api, catalogue, targets, document, await api.NewTenantAsync(Tier.Enterprise),
            await api.NewTenantAsync(Tier.Enterprise));
        arena.Token = (await arena.A.OwnerAsync()).Token!;
        foreach (var tenant in new[] { arena.A, arena.B })
            for (var number = 0; number < 3; number++) await tenant.AddMemberAsync(BuiltInRoles.Viewer);
        await arena.StageAsync(arena.A, secret: null);
        await arena.StageAsync(arena.B, arena.Secret);
        foreach (var tenant in new[] { arena.A, arena.B })
            await api.ExecuteAsync(
                """
                insert into tenant_overrides (org_id, entitlement, enabled, reason, created_at)
                values ($1, 'customDomain', true, $2, now())
                """,
                tenant.Id.Value, tenant == arena.B ? arena.Secret : "Ticket 4712");
        await api.ExecuteAsync(
            "update users set name = name || ' ' || $2 where org_id = $1", arena.B.Id.Value, arena.Secret);
        var tokens = new Dictionary<string, string>();
        foreach (var role in BuiltInRoles.All.Keys) tokens[role] = (await arena.B.AsAsync(role)).Token!;
        arena.TokensOfB = tokens;
        arena._refreshTokenOfB = await arena.RefreshTokenAsync(arena.B);
        arena._invitationTokenOfB = await arena.InvitationTokenAsync(arena.B);
        arena.Canaries = new Canaries(
            [arena.Secret, arena.B.Slug], await catalogue.UuidsAsync(arena.B.Id));
        arena._sumsOfB = await catalogue.SumsAsync(arena.B.Id);
        return arena;
    }

    public BodySchema SchemaOf(HttpTarget target) => new(target.Schema!, _document);

    /// <summary>Sends it, and looks at what every answer has to fulfil: nothing of B, nothing of the inside.</summary>
    public async Task<HttpReply> FireAsync(HttpTarget target, string what, HttpShot shot)
    {
        var reply = await shot.SendAsync(Api);
        if (target.Name is "POST /v1/exports" or "POST /v1/imports" && reply.Succeeded) await EndOperationAsync(reply);
        foreach (var word in Canaries.FoundIn(shot, reply))
        {
            // Operators see all tenants' names; nothing of what they keep.
            if (target.Name == AllTenants && (word == B.Slug || word == B.Id.ToString())) continue;
            // And which messages wait: ids, never what is in them.
            if (target.Name == AllMessages && Guid.TryParse(word, out _)) continue;

            Find(target, what, $"speaks of B: {word}", reply);
        }

        if (reply is { Status: >= 500 } and not { Status: 503, Code: "tenant_provisioning" })
            Find(target, what, "the server failed", reply);
        try
        {
            // The isolation report is about the inside, and for operators only.
            if (target.Name != "GET /v1/platform/isolation") ApiClient.SaysNothingOfTheInside(reply.Text);
        }
        catch (ShouldAssertException)
        {
            Find(target, what, "speaks of the inside", reply);
        }

        return reply;
    }

    /// <summary>One is under way at a time, and nobody runs it here: the next request would be refused.</summary>
    private Task EndOperationAsync(HttpReply reply) => Api.ExecuteAsync(
        "update operations set status = 'failed', error = 'operation_failed', finished_at = now() where id = $1 and status = 'queued'",
        Guid.Parse(reply.TextOf("id")!, CultureInfo.InvariantCulture));

    public void Check(bool holds, HttpTarget target, string what, string expected, HttpReply reply)
    {
        if (!holds) Find(target, what, $"expected {expected}", reply);
    }

    /// <summary>Asserts that a stranger cannot tell two answers apart.</summary>
    public void CheckSame(HttpTarget target, string what, HttpReply reply, HttpReply like)
    {
        if (reply.Indistinct == like.Indistinct) return;

        var lines = reply.Indistinct.Split('\n').Except(like.Indistinct.Split('\n'));
        Find(target, what, $"expected the same as {like}, but {string.Join(" | ", lines)}", reply);
    }

    public void Check(bool holds, HttpTarget target, string what, string expected)
    {
        if (!holds) _findings.Enqueue($"{target.Name}, {what}: expected {expected}");
    }

    /// <summary>Asserts that a tenant's rows are as they were; for B there is <see cref="CheckBAsync"/>.</summary>
    public async Task CheckUnchangedAsync(
        TestTenant tenant, Dictionary<string, string> before, HttpTarget target, string what)
    {
        var differing = TenantCatalogue.Differing(before, await Catalogue.SumsWithoutDenialsAsync(tenant.Id));
        Check(differing.Length == 0, target, what, $"no change, but these changed: {differing}");
    }

    /// <summary>Asserts that no row of B has come, gone or changed.</summary>
    public async Task CheckBAsync(string what)
    {
        var now = await Catalogue.SumsAsync(B.Id);
        var differing = TenantCatalogue.Differing(_sumsOfB, now);
        if (differing.Length > 0) _findings.Enqueue($"{what}: rows of B changed in {differing}");
        _sumsOfB = now;
    }

    /// <summary>The last line of each block.</summary>
    public async Task HoldsAsync(Tally.Run block)
    {
        await CheckBAsync("at the end");
        Assert.True(_findings.IsEmpty, $"{_findings.Count} findings\n{string.Join('\n', _findings.Take(40))}");
        block.Cases.ShouldBeGreaterThan(0, "a block that tried nothing shows nothing");
    }

    /// <summary>A request with which nothing is wrong, but that nobody has signed it yet.</summary>
    /// <param name="target">The endpoint.</param>
    /// <param name="tenant">On whose host; the body speaks of its people and rows.</param>
    /// <param name="ids">For the path.</param>
    public async Task<HttpShot> ShotAsync(HttpTarget target, TestTenant tenant, Ids ids)
    {
        var shot = new HttpShot(target.Method, target.IsPlatform ? "localhost" : tenant.Host, target.Fill(ids));
        if (target.Body is not null)
            shot = shot.WithBody((await BodyAsync(target, tenant, ids)).ToJsonString()) with
            {
                MediaType = target.MediaType,
            };
        if (target.IsUpload)
            shot = shot.WithBody(HttpUpload.Body($"of {tenant.Slug}")) with { MediaType = HttpUpload.MediaTypeWithBoundary };
        if (target.Headers.Any(header => header.Name == "If-Match")) shot = shot.With("If-Match", "*");
        if (target.Request is { Policy.TakesKey: true })
            shot = shot.With("Idempotency-Key", $"battery-{A.Slug}-{Interlocked.Increment(ref _keys)}");
        return shot;
    }

    /// <summary>The same, with ids that nobody has.</summary>
    public Task<HttpShot> ShotAsync(HttpTarget target, TestTenant tenant) =>
        ShotAsync(target, tenant, RandomIds(target));

    public static Ids RandomIds(HttpTarget target) =>
        target.Ids.ToDictionary(id => id.Name, _ => Answers.RandomId().ToString());

    /// <summary>The contract's example, with people and rows that are there.</summary>
    public async Task<JsonObject> BodyAsync(HttpTarget target, TestTenant tenant, Ids? ids = null)
    {
        var body = Later(target.Example!).AsObject();
        if (body.ContainsKey("email") && body.ContainsKey("password"))
        {
            body["email"] = target.IsPlatform ? await OperatorEmailAsync() : tenant.Email(BuiltInRoles.SuperAdmin);
            body["password"] = TestHost.Password;
        }

        if (body.ContainsKey("refreshToken"))
            body["refreshToken"] = target.IsPlatform
                ? (await SignOperatorInAsync())!["refreshToken"]!.GetValue<string>()
                : await RefreshTokenAsync(tenant);
        if (target.Name == "POST /v1/invitations/accept") body["token"] = await InvitationTokenAsync(tenant);
        if (target.Name == Purge && Guid.TryParse(ids?["id"], out var gone))
            body["confirm"] = await Api.QueryAsync<string>(
                "select coalesce(max(slug), 'nobody') from organizations where id = $1", gone);
        if (target.Name == Activate) body["token"] = (await SignUpAsync("provisioning", "done")).Text;
        Renew(target, body);
        var schema = SchemaOf(target);
        foreach (var (member, table) in BodyIds(target))
            if (At(body, member.Path) is not null)
                body = schema.Put(body, member, (await Catalogue.IdsAsync(table, tenant.Id)).First());
        return body;
    }

    /// <summary>Members of the body that name rows, by the request's type and by the contract.</summary>
    public IReadOnlyList<(BodyMember Member, string Table)> BodyIds(HttpTarget target)
    {
        if (target.Body is null) return [];

        var members = SchemaOf(target).Members;
        var found = members.Where(member => member.Format == "uuid").Select(member => member.Pointer)
            .Union(IdMembers.Of(target.Body).Select(path => string.Concat(path.Select(name => "/" + name))));
        return [.. found.Select(pointer =>
        {
            var member = members.FirstOrDefault(member => member.Pointer == pointer)
                ?? throw new InvalidOperationException($"{target.Name}: the contract does not show {pointer}.");
            var name = member.Path.Last(part => part is not ("0" or "en"));
            return (member, TableNames.Find(name, Catalogue)
                ?? throw new InvalidOperationException(
                    $"{target.Name}: {pointer} is the id of a row, but of which table? Say so in TableNames."));
        })];
    }

    /// <summary>
    /// Whether the body holds what is good once: nonsense is made of the example then, which is good for nothing.
    /// </summary>
    public static bool IsGoodOnce(HttpTarget target) =>
        target.Example is { } example && (example.ContainsKey("refreshToken") || example.ContainsKey("token"));

    /// <summary>Ends or revives the tenant itself: what A needs to go on is tested with a tenant of its own.</summary>
    public static bool IsAboutTheEnd(HttpTarget target) => target.Name is DeleteOwn or RestoreOwn;

    /// <summary>Whether the same body again is refused, because a member of it has to be unique.</summary>
    public static bool HasUnique(HttpTarget target) => Unique.ContainsKey(target.Name);

    /// <summary>The ids of all rows of the tenant that the path may name: children with their own parents.</summary>
    public async Task<IReadOnlyList<Ids>> OwnIdsAsync(HttpTarget target, TestTenant tenant)
    {
        if (target.Ids.Count == 0) return [new Dictionary<string, string>()];
        if (await StrangerAsync(target) is { } stranger)
            return [new Dictionary<string, string> { [target.Ids[0].Name] = stranger.ToString() }];

        var all = new List<Ids>();
        var last = target.Ids[^1];
        var rows = await Catalogue.IdsAsync(last.Table, tenant.Id);
        // The five people are the oldest and sign in: what happens to members happens to others first.
        if (last.Table == "users") Array.Reverse(rows);
        foreach (var row in rows)
        {
            var ids = new Dictionary<string, string> { [last.Name] = row.ToString() };
            foreach (var above in target.Ids.SkipLast(1))
                ids[above.Name] = (await Catalogue.ParentAsync(last.Table, above.Table, row, tenant.Id)).ToString();
            all.Add(ids);
        }

        return all;
    }

    /// <summary>
    /// What is about tenants in the making, or that are gone, is about neither A nor B; null for all else.
    /// </summary>
    private async Task<TenantId?> StrangerAsync(HttpTarget target) => target.Name switch
    {
        Retry => (await SignUpAsync("provisioning_failed", "undone")).OrgId,
        SignUpStatus => (await SignUpAsync("provisioning", "pending")).OrgId,
        Purge or Certificate => await GoneAsync(isErased: target.Name == Certificate),
        _ => (await StandInAsync(target))?.Id,
    };

    private async Task<TenantId> GoneAsync(bool isErased)
    {
        var gone = await Api.NewTenantAsync(configure: organization => organization.Delete(TimeProvider.System.Now()));
        if (isErased)
            await Api.ExecuteAsync(
                "insert into purges (tenant_id, kind, started_at, settles_at, finished_at) values ($1, 'purge', now(), now(), now())",
                gone.Id.Value);
        return gone.Id;
    }

    /// <summary>Rows of the tenant, or ids that nobody has where no row is left.</summary>
    public async Task<Ids> AnyIdsAsync(HttpTarget target, TestTenant tenant) =>
        await OwnIdsAsync(target, tenant) is [var first, ..] ? first : RandomIds(target);

    /// <summary>Who may do it: the tenant's owner, an operator, or nobody in particular.</summary>
    public async Task<string?> SignedAsync(HttpTarget target, TestTenant tenant) =>
        target.IsPublic ? null
        : !target.IsPlatform ? (await tenant.OwnerAsync()).Token
        : await OperatorAsync() ?? throw new InvalidOperationException(
            $"{target.Name} is for operators, but there is no {PlatformLogin} for them to sign in.");

    /// <summary>The ids with which a valid request succeeds; it has been sent once. Null if there are none.</summary>
    public async Task<Ids?> ReachAsync(HttpTarget target, TestTenant tenant)
    {
        HttpReply? reply = null;
        if (target.Ids.Count == 0 && await StandInAsync(target) is { } standIn) tenant = standIn;
        foreach (var ids in await OwnIdsAsync(target, tenant))
        {
            var shot = (await ShotAsync(target, tenant, ids)).As(await SignedAsync(target, tenant));
            if (Asked.TryGetValue(target.Name, out var query)) shot = shot with { Path = $"{shot.Path}?{query}" };
            if (target.Name == DeleteOwn) shot = shot.WithBody($$"""{"confirm":"{{tenant.Slug}}"}""");
            reply = await FireAsync(target, "valid", await ReadyAsync(target, tenant, BuiltInRoles.SuperAdmin, shot));
            if (reply.Succeeded) return ids;
        }

        _findings.Enqueue(
            $"{target.Name}: no valid request succeeds; HttpArena.StageAsync has to make a row for it. Last: {reply}");
        return null;
    }

    /// <summary>An operator's token; null while operators cannot sign in.</summary>
    public async Task<string?> OperatorAsync() => (await SignOperatorInAsync())?["accessToken"]!.GetValue<string>();

    private async Task<JsonObject?> SignOperatorInAsync()
    {
        if (Targets.FirstOrDefault(target => target.Name == PlatformLogin) is not { } login) return null;

        var shot = await ShotAsync(login, A);
        var reply = await shot.SendAsync(Api);
        return reply.Succeeded
            ? reply.Json!
            : throw new InvalidOperationException($"The operator cannot sign in: {reply}");
    }

    /// <summary>An operator with the tests' password.</summary>
    private async Task<string> OperatorEmailAsync()
    {
        var email = $"operator@{A.Slug}.test";
        // Not the owner's, which some blocks change.
        var hash = await Api.QueryAsync<string>(
            "select password_hash from users where org_id = $1 and id = $2",
            A.Id.Value, A.User(BuiltInRoles.Viewer).Id.Value);
        await Api.Seeder.AddOperatorAsync(
            email, "Operator", hash, TimeProvider.System.Now(), TestContext.Current.CancellationToken);
        return email;
    }

    /// <summary>A refresh token of the owner, made without a password.</summary>
    private async Task<string> RefreshTokenAsync(TestTenant tenant)
    {
        // B's rows are counted already; and as it must not be taken, one is enough.
        if (tenant == B && _refreshTokenOfB is not null) return _refreshTokenOfB;

        var session = Auth.AuthSteps.SessionOf((await tenant.OwnerAsync()).Token!);
        var (token, hash) = OneTimeSecret.New();
        await Api.ExecuteAsync(
            """
            insert into refresh_tokens (org_id, hash, session_id, issued_at, expires_at)
            values ($1, $2, $3, now(), now() + interval '1 day')
            """,
            tenant.Id.Value, hash, session);
        return token;
    }

    /// <summary>Of an invitation that nobody else knows of, made without a mail.</summary>
    private async Task<string> InvitationTokenAsync(TestTenant tenant)
    {
        // As above: B's rows are counted already.
        if (tenant == B && _invitationTokenOfB is not null) return _invitationTokenOfB;

        var (token, hash) = OneTimeSecret.New();
        var id = Answers.RandomId();
        await Api.ExecuteAsync(
            """
            insert into invitations (org_id, id, email, normalized_email, role_ids, token_hash, invited_by, expires_at,
              version, created_at, updated_at)
            select $1, $2, $3, $3, array[(select id from roles where org_id = $1 and name = 'viewer')], $4, $5,
              now() + interval '1 day', 1, now(), now()
            """,
            tenant.Id.Value, id, $"{id:N}@example.test", hash, tenant.User(BuiltInRoles.SuperAdmin).Id.Value);
        await Api.ExecuteAsync(
            "update usage_counters set used = used + 1 where org_id = $1 and resource = 'members'", tenant.Id.Value);
        return token;
    }

    /// <summary>A tenant in the making, made without a mail.</summary>
    private async Task<ActivationToken> SignUpAsync(string state, string steps)
    {
        var token = ActivationToken.New(new TenantId(Answers.RandomId()));
        var (id, wanted) = (token.OrgId.Value, $"s{Answers.RandomId():N}");
        var slug = state == "provisioning" ? wanted : $"gone-{id:N}";
        await Api.ExecuteAsync("insert into tenant_slugs (slug, org_id) values ($1, $2)", slug, id);
        await Api.ExecuteAsync(
            """
            insert into organizations
              (id, slug, name, tier, state, state_since, locale, time_zone, currency, version, created_at, updated_at)
            values ($1, $2, 'In the making', 'pro', $3, now(), 'ko', 'Asia/Seoul', 'KRW', 1, now(), now())
            """,
            id, slug, state);
        await Api.ExecuteAsync(
            """
            insert into sign_ups
              (org_id, slug, tier, admin_name, admin_email, password_hash, activation_hash, expires_at, created_at)
            values ($1, $2, 'pro', 'Kim', 'kim@example.test', 'x', $3, now() + interval '1 day', now())
            """,
            id, wanted, token.Hash);
        await Api.ExecuteAsync(
            "insert into provisioning_steps (org_id, task, status, attempts) values ($1, 'owner', $2, 1)", id, steps);
        return token;
    }

    /// <summary>Gives the member that has to be unique a value that nobody has.</summary>
    private void Renew(HttpTarget target, JsonObject body)
    {
        if (!Unique.TryGetValue(target.Name, out var member)) return;

        var (text, number) = (body[member]!.GetValue<string>(), Interlocked.Increment(ref _names));
        var at = text.IndexOf('@', StringComparison.Ordinal);
        body[member] = member == "slug" ? $"{A.Slug}-{number}" : at < 0 ? $"{text} {number}" : $"{text[..at]}.{number}{text[at..]}";
    }

    /// <summary>What is done to a tenant happens to one made for it, and neither to A nor B; null for all else.</summary>
    private async Task<TestTenant?> StandInAsync(HttpTarget target)
    {
        var now = TimeProvider.System.Now();
        Action<Organization>? state = target.Name switch
        {
            DeleteOwn or "POST /v1/platform/tenants/{id}/suspend" or "POST /v1/platform/tenants/{id}/delete"
                or "PATCH /v1/platform/tenants/{id}" => _ => { }
            ,
            "POST /v1/platform/tenants/{id}/reinstate" => tenant => tenant.Suspend(SuspensionReason.Operator, now),
            "POST /v1/platform/tenants/{id}/extend-trial" => tenant => tenant.Try(now.AddDays(1), now),
            RestoreOwn or "POST /v1/platform/tenants/{id}/restore" => tenant => tenant.Delete(now, now.AddDays(30)),
            _ => null,
        };
        return state is null ? null : await Api.NewTenantAsync(Tier.Pro, state);
    }

    /// <summary>Sends every creating endpoint's example for each row it can be made from, until all have.</summary>
    private async Task StageAsync(TestTenant tenant, string? secret)
    {
        var token = (await tenant.OwnerAsync()).Token;
        var waiting = Targets.Where(target => !target.IsPublic && !target.IsPlatform
            && target is { Method: "POST", Request.Success: 201 }).OrderBy(target => target.Ids.Count).ToList();
        var last = new Dictionary<string, HttpReply>();
        while (waiting.Count > 0)
        {
            var made = new List<HttpTarget>();
            foreach (var target in waiting)
                if (await MakeAsync(target, tenant, token, secret, last))
                    made.Add(target);
            if (made.Count == 0)
                throw new InvalidOperationException(
                    $"{waiting[0].Name} makes nothing with its example ({last.GetValueOrDefault(waiting[0].Name)}): "
                    + "say in HttpArena.Opening what must happen before.");
            waiting = [.. waiting.Except(made)];
        }

        await CoverAsync(tenant, token);
        await tenant.ExportAsync();
        await BuryAsync(tenant);
    }

    /// <summary>Messages that were given up, older than all others: a timer's work, and nobody can ask for it.</summary>
    private Task BuryAsync(TestTenant tenant) => Api.ExecuteAsync(
        """
        insert into outbox (org_id, id, kind, payload, created_at, available_at, attempts, dead_at)
        select $1, overlay(overlay(md5($1::text || n) placing '00000000' from 1) placing '7' from 13)::uuid, 'mail', '{}',
          now(), now(), 12, now()
        from generate_series(1, 60) n
        """,
        tenant.Id.Value);

    /// <summary>Every second file is an event's cover.</summary>
    private async Task CoverAsync(TestTenant tenant, string? token)
    {
        var change = Targets.Single(target => target.Name == "PATCH /v1/events/{id}");
        var files = await Catalogue.IdsAsync("files", tenant.Id);
        foreach (var (file, ids) in files.Where((_, number) => number % 2 == 0).Zip(await OwnIdsAsync(change, tenant)))
        {
            var shot = await ShotAsync(change, tenant, ids);
            var reply = await shot.WithBody($$"""{"coverFileId":"{{file}}"}""").As(token).SendAsync(Api);
            if (!reply.Succeeded) throw new InvalidOperationException($"{file} is no cover: {reply}");
        }
    }

    private async Task<bool> MakeAsync(
        HttpTarget target, TestTenant tenant, string? token, string? secret, Dictionary<string, HttpReply> last)
    {
        var from = await OwnIdsAsync(target, tenant);
        if (target.Ids.Count == 0) from = [from[0], from[0], from[0]];
        var made = false;
        JsonObject? body = null;
        foreach (var ids in from)
        {
            var shot = (await ShotAsync(target, tenant, ids)).As(token);
            if (target.IsUpload && secret is not null)
                shot = shot.WithBody(HttpUpload.Body(secret, $"{secret}.gif"));
            if (target.Body is not null && secret is not null)
                body ??= await WithSecretAsync(target, shot, await BodyAsync(target, tenant), secret);
            if (body is not null)
            {
                Renew(target, body);
                shot = shot.WithBody(body.ToJsonString());
            }

            var reply = last[target.Name] = await shot.SendAsync(Api);
            made |= reply.Succeeded;
        }

        if (made && Opening.TryGetValue(target.Name, out var next))
        {
            var opens = Targets.Single(other => other.Name == next);
            foreach (var ids in (await OwnIdsAsync(opens, tenant)).SkipLast(1))
                await (await ShotAsync(opens, tenant, ids)).As(token).SendAsync(Api);
        }

        return made;
    }

    /// <summary>The secret in each text of the body where the API takes it.</summary>
    private async Task<JsonObject?> WithSecretAsync(HttpTarget target, HttpShot shot, JsonObject body, string secret)
    {
        var (schema, taken) = (SchemaOf(target), 0);
        foreach (var member in schema.Members)
        {
            if (member is not { Type: "string", Format: null } || member.Schema["enum"] is not null) continue;

            foreach (var word in new[] { secret, $"{secret}@example.test" })
            {
                var attempt = schema.Put(body, member, word);
                var key = $"secret-{Interlocked.Increment(ref _keys)}";
                var filled = shot.With("Idempotency-Key", key).WithBody(attempt.ToJsonString());
                if (!(await filled.SendAsync(Api)).Succeeded) continue;

                (body, taken) = (attempt, taken + 1);
                break;
            }
        }

        // Without a row that it can be made from, no attempt succeeds: another row is tried.
        return taken > 0 ? body : null;
    }

    private static JsonNode? At(JsonNode? node, string[] path)
    {
        foreach (var name in path)
            node = node is JsonArray list ? (list.Count > 0 ? list[0] : null) : (node as JsonObject)?[name];
        return node;
    }

    /// <summary>Ten years on, so that the battery does not end with the example's year.</summary>
    private static JsonNode Later(JsonNode example) => JsonNode.Parse(Instant().Replace(
        example.ToJsonString(),
        match => $"{int.Parse(match.ValueSpan, CultureInfo.InvariantCulture) + 10}"))!;

    private void Find(HttpTarget target, string what, string expected, HttpReply reply) =>
        _findings.Enqueue($"{target.Name}, {what}: {expected}, came {reply}");

    [GeneratedRegex("(?<=\")[0-9]{4}(?=-[0-9]{2}-[0-9]{2}T)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Instant();
}

/// <summary>Words and ids that must stay with their owner.</summary>
internal sealed partial class Canaries(IReadOnlyList<string> words, IEnumerable<Guid> ids)
{
    private readonly HashSet<Guid> _ids = [.. ids];

    public int Count => words.Count + _ids.Count;

    /// <summary>What an answer tells of them that its request did not say itself.</summary>
    public IReadOnlyList<string> FoundIn(HttpShot shot, HttpReply reply)
    {
        var text = new StringBuilder(reply.Text);
        foreach (var (name, value) in reply.Headers) text.Append('\n').Append(name).Append(": ").Append(value);
        var all = text.ToString();
        return
        [
            .. words.Where(word => all.Contains(word, StringComparison.OrdinalIgnoreCase)),
            .. Uuid().Matches(all).Select(match => match.Value).Distinct()
                .Where(id => _ids.Contains(Guid.Parse(id)) && !shot.Says(id)),
        ];
    }

    [GeneratedRegex("[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Uuid();
}
