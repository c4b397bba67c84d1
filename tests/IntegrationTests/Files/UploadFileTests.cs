using System.Net;
using System.Security.Cryptography;
using System.Text;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Files;

public sealed class UploadFileTests(TestHost host)
{
    private const int Framing = 32 * 1024;

    [Fact]
    public async Task A_file_is_stored_counted_and_remembered()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        var uploaded = await organizer.UploadAsync("봄 모임", "계획 <1>.txt");

        uploaded.ShouldBe(HttpStatusCode.Created);
        uploaded.Headers.Location!.ToString().ShouldBe($"/v1/files/{uploaded.Id}");
        var bytes = Encoding.UTF8.GetBytes("봄 모임");
        (uploaded.Get<string>("name"), uploaded.Get<string>("contentType"), uploaded.Get<long>("size"))
            .ShouldBe(("계획 _1_.txt", "text/plain", bytes.Length));
        uploaded.Get<string>("sha256").ShouldBe(Convert.ToHexStringLower(SHA256.HashData(bytes)));
        (await organizer.GetAsync($"/v1/files/{uploaded.Id}")).Text.ShouldBe(uploaded.Text);
        (await tenant.UsedAsync(Quota.Storage)).ShouldBe(bytes.Length);
        (await tenant.DeedsAsync()).ShouldBe(["file.uploaded"]);
        tenant.KeptFiles().ShouldBe([$"{uploaded.Id}"]);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task The_log_tells_of_a_file_and_not_its_name()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        var uploaded = await organizer.UploadAsync("x", "CV Kim Minji.txt");

        var changes = await host.Api.QueryAsync<string>(
            "select changes::text from audit_logs where org_id = $1 and table_name = 'files' and row_id = $2", tenant.Id.Value, uploaded.Id);
        changes.ShouldContain("text/plain");
        changes.ShouldNotContain("Minji");
        (await host.Api.QueryAsync<long>(
            "select count(*) from audit_logs where org_id = $1 and table_name = 'uploads'", tenant.Id.Value)).ShouldBe(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Framing - 200)]
    [InlineData(Framing)]
    [InlineData(300_000)]
    public async Task A_file_of_any_size_comes_back_as_it_was(int size)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var bytes = RandomNumberGenerator.GetBytes(size);

        var uploaded = (await organizer.UploadAsync(bytes)).ShouldBe(HttpStatusCode.Created);

        (await DownloadAsync(organizer, tenant, uploaded.Id)).ShouldBe(bytes);
        (await tenant.UsedAsync(Quota.Storage)).ShouldBe(size);
        (await tenant.DeedsAsync()).ShouldBe(["file.uploaded"]);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(200_000)]
    public async Task The_quota_is_filled_to_its_last_byte_and_one_more_is_refused(int limit)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        await tenant.LimitStorageAsync(limit);

        (await organizer.UploadAsync(TestFiles.Bytes(limit + 1))).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
        await tenant.ShouldHaveNothingAsync();
        (await organizer.UploadAsync(TestFiles.Bytes(limit))).ShouldBe(HttpStatusCode.Created);
        var before = await tenant.TraceAsync();
        var refused = (await organizer.UploadAsync(TestFiles.Bytes(1))).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");

        (refused.Get<string>("resource"), refused.Get<long>("limit"), refused.Get<long>("used")).ShouldBe(("storage", limit, limit));
        (await tenant.TraceAsync()).ShouldBe(before);
        tenant.KeptFiles().Count.ShouldBe(1);
        (await organizer.UploadAsync([])).ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public async Task Parallel_uploads_cannot_overspend_the_quota(int size)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        await tenant.LimitStorageAsync((5 * size) + (size / 2));

        var answers = await Answers.ParallelAsync(20, n => organizer.UploadAsync(TestFiles.Bytes(size), $"{n}.bin"));

        // What is under way holds room, too: near the limit more may be refused than would fit, one after the other.
        var made = answers.Count(a => a.Status == HttpStatusCode.Created);
        made.ShouldBeInRange(1, 5);
        answers.Count(a => a.Code == "quota_exceeded").ShouldBe(20 - made);
        (await tenant.UsedAsync(Quota.Storage)).ShouldBe(made * size);
        tenant.KeptFiles().Count.ShouldBe(made);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_before_its_bytes_come()
    {
        var tenant = await host.NewTenantAsync(Tier.Free);
        var organizer = await tenant.OrganizerAsync();

        // A gibibyte is declared, and no byte of it is sent.
        await using var upload = await RawUpload.StartAsync(organizer, tenant, 1L << 30);

        (await upload.AnswerAsync()).ShouldContain("\"code\":\"quota_exceeded\"");
        await tenant.ShouldHaveNothingAsync();
    }

    [Fact]
    public async Task An_upload_under_way_holds_what_it_declares_and_no_lock()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        await tenant.LimitStorageAsync(1_000_000);
        await using var upload = await RawUpload.StartAsync(organizer, tenant, 900_000);
        await upload.SendAsync(TestFiles.Bytes(500_000));
        await tenant.IsWrittenAsync();

        (await tenant.UsedAsync(Quota.Storage)).ShouldBeInRange(900_000 - Framing, 900_000);
        (await organizer.UploadAsync(TestFiles.Bytes(200_000))).ShouldBeProblem(HttpStatusCode.Conflict, "quota_exceeded");
        (await organizer.UploadAsync(TestFiles.Bytes(100_000))).ShouldBe(HttpStatusCode.Created);
        await upload.SendAsync(TestFiles.Bytes(400_000));
        await upload.EndAsync();

        (await upload.AnswerAsync()).ShouldStartWith("HTTP/1.1 201");
        (await tenant.UsedAsync(Quota.Storage)).ShouldBe(1_000_000);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task No_transaction_is_open_while_bytes_come()
    {
        await using var api = await host.StartApiAsync(await host.Postgres.NewDatabaseAsync());
        var tenant = await api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        await using var upload = await RawUpload.StartAsync(organizer, tenant, 900_000);
        await upload.SendAsync(TestFiles.Bytes(500_000));
        await tenant.IsWrittenAsync();

        // A look-up of somebody else's may be under way; a transaction that waited for bytes would stay.
        await Eventually.HoldsAsync(
            async () => await api.QueryAsync<long>(
                """
                select count(*) from pg_stat_activity
                where datname = current_database() and usename = 'application_role' and xact_start is not null
                """) == 0,
            TimeSpan.FromSeconds(5));
        (await tenant.RowsAsync("uploads")).ShouldBe(1, "it is still under way");
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(0)]
    public async Task A_client_that_goes_away_midway_leaves_nothing(int sent)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        await using (var upload = await RawUpload.StartAsync(organizer, tenant, 1_000_000))
        {
            await upload.SendAsync(TestFiles.Bytes(sent));
            if (sent > 0) await tenant.IsWrittenAsync();
            else await Eventually.HoldsAsync(async () => await tenant.RowsAsync("uploads") == 1, TimeSpan.FromSeconds(20));
        }

        await tenant.HasNoUploadAsync();
        await tenant.ShouldHaveNothingAsync();
        (await tenant.RowsAsync("outbox")).ShouldBe(0, "it was erased at once");
    }

    [Fact]
    public async Task A_body_that_ends_before_its_form_does_leaves_nothing()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        await using var upload = await RawUpload.StartAsync(organizer, tenant, 200_000);

        await upload.SendAsync(TestFiles.Bytes(200_011)); // as many bytes as were declared, and no end among them

        (await upload.AnswerAsync()).ShouldContain("\"code\":\"malformed_multipart\"");
        await tenant.ShouldHaveNothingAsync();
    }

    [Fact]
    public async Task What_is_longer_than_a_file_may_be_is_refused_and_leaves_nothing()
    {
        await using var api = await host.StartApiAsync(
            host.Api.Database, options => options.Settings["Files:MaxBytes"] = "100000");
        var tenant = await api.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        (await organizer.UploadAsync(TestFiles.Bytes(100_001))).ShouldBeProblem(HttpStatusCode.RequestEntityTooLarge, "payload_too_large")
            .Get<long>("maxBytes").ShouldBe(100_000);
        await using (var upload = await RawUpload.StartAsync(organizer, tenant, 10_000_000))
            (await upload.AnswerAsync()).ShouldContain("\"code\":\"payload_too_large\"", Case.Sensitive, "no byte was sent");
        await tenant.ShouldHaveNothingAsync();
        (await organizer.UploadAsync(TestFiles.Bytes(100_000))).ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Other_routes_keep_their_limit()
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();

        (await organizer.PostAsync("/v1/events", Sample.Event(new string('x', 64 * 1024))))
            .ShouldBeProblem(HttpStatusCode.RequestEntityTooLarge, "payload_too_large");
    }

    [Fact]
    public async Task Without_its_length_it_is_refused_and_leaves_no_trace()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await tenant.TraceAsync();
        using var form = TestFiles.Form(TestFiles.Bytes(10));

        (await organizer.SendAsync(HttpMethod.Post, "/v1/files", form, ("Transfer-Encoding", "chunked")))
            .ShouldBeProblem(HttpStatusCode.LengthRequired, "length_required");

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    public static TheoryData<string, string, string> UnfitForms => new()
    {
        { "form-data; name=\"file\"", "/file", "not_empty" },
        { "form-data; name=\"file\"; filename=\"\"", "/file", "not_empty" },
        { "form-data; name=\"cover/1\"; filename=\"a.txt\"", "/cover~11", "unknown_member" },
    };

    [Theory]
    [MemberData(nameof(UnfitForms))]
    public async Task What_does_not_fit_is_named_and_leaves_no_trace(string disposition, string pointer, string code)
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var before = await tenant.TraceAsync();
        using var form = TestFiles.Parts(TestFiles.Part("x"u8.ToArray(), disposition));

        (await organizer.SendAsync(HttpMethod.Post, "/v1/files", form)).ShouldBeInvalid(pointer, code);

        (await tenant.TraceAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Two_files_are_refused_though_the_first_has_come_by_then_and_leave_no_trace()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var part = TestFiles.Part(TestFiles.Bytes(100_000), "form-data; name=\"file\"; filename=\"a.txt\"");
        using var form = TestFiles.Parts(part, part);

        (await organizer.SendAsync(HttpMethod.Post, "/v1/files", form)).ShouldBeInvalid("/file", "too_many");

        await tenant.ShouldHaveNothingAsync();
    }

    [Fact]
    public async Task What_is_no_form_is_refused()
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();

        (await organizer.PostAsync("/v1/files", new { file = "x" }))
            .ShouldBeProblem(HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
    }

    [Theory]
    [InlineData("<!DOCTYPE html><script>alert(1)</script>", "logo.png", "image/png", "text/plain")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "logo.svg", "image/svg+xml", "text/plain")]
    [InlineData("GIF89a<script>alert(1)</script>", "page.html", "text/html", "image/gif")]
    [InlineData("\0\u0001", "plan.txt", "text/plain", "application/octet-stream")]
    public async Task The_type_is_the_contents_whatever_name_and_client_say(string content, string name, string declared, string type)
    {
        var organizer = await (await host.NewTenantAsync()).OrganizerAsync();
        using var form = TestFiles.Form(Encoding.UTF8.GetBytes(content), name, declared);

        (await organizer.SendAsync(HttpMethod.Post, "/v1/files", form)).ShouldBe(HttpStatusCode.Created)
            .Get<string>("contentType").ShouldBe(type);
    }

    [Fact]
    public async Task A_key_belongs_to_what_was_sent()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();
        var key = ("Idempotency-Key", "0198c0de-3b1f");
        var first = (await organizer.UploadAsync("Plan A", "plan.txt", key)).ShouldBe(HttpStatusCode.Created);
        var before = await tenant.TraceAsync();

        (await organizer.UploadAsync("Plan A", "plan.txt", key)).IsReplayed().ShouldBeTrue();
        (await organizer.UploadAsync("Plan A", "a/path/plan.txt", key)).Text.ShouldBe(first.Text, "cleaned, it is the same name");
        foreach (var (content, name) in new[] { ("Plan B", "plan.txt"), ("Plan A", "other.txt"), ("Plan A.", "plan.txt") })
            (await organizer.UploadAsync(content, name, key))
                .ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");
        (await organizer.UploadAsync("Plan A", "plan.txt", ("Idempotency-Key", new string('k', 256))))
            .ShouldBeInvalid("Idempotency-Key", "invalid_length");

        (await tenant.TraceAsync()).ShouldBe(before);
        tenant.KeptFiles().ShouldBe([$"{first.Id}"]);
    }

    [Fact]
    public async Task Parallel_uploads_with_one_key_have_one_effect()
    {
        var tenant = await host.NewTenantAsync();
        var organizer = await tenant.OrganizerAsync();

        var answers = await Answers.ParallelAsync(8, _ => organizer.UploadAsync(TestFiles.Bytes(100_000), "a", ("Idempotency-Key", "k")));

        var made = answers.Where(a => a.Status == HttpStatusCode.Created && !a.IsReplayed()).ShouldHaveSingleItem();
        answers.Where(a => a != made).ShouldAllBe(a => a.Text == made.Text || a.Code == "idempotency_in_flight");
        tenant.KeptFiles().ShouldBe([$"{made.Id}"]);
        (await tenant.UsedAsync(Quota.Storage)).ShouldBe(100_000);
        (await tenant.DeedsAsync()).ShouldBe(["file.uploaded"]);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task A_key_of_a_program_uploads_for_who_made_it()
    {
        var tenant = await host.NewTenantAsync();
        var made = await (await tenant.OwnerAsync()).PostAsync("/v1/api-keys", new { name = "Importer", permissions = new[] { "files:write" } });

        var uploaded = await host.Api.Client(tenant.Host, made.Get<string>("secret")).UploadAsync("x");

        (await host.Api.QueryAsync<Guid>("select created_by from files where id = $1", uploaded.ShouldBe(HttpStatusCode.Created).Id))
            .ShouldBe(tenant.User(BuiltInRoles.SuperAdmin).Id.Value);
    }

    internal static async Task<byte[]> DownloadAsync(ApiClient client, TestTenant tenant, Guid id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/files/{id}/content");
        request.Headers.Host = tenant.Host;
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {client.Token}");
        using var response = await tenant.Api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }
}
