using System.Net;
using System.Text.Json.Nodes;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Files;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Operations;

public sealed class ImportTests(TestHost host)
{
    [Fact]
    public async Task What_an_archive_holds_is_there_afterwards_with_new_ids()
    {
        var tenant = await host.NewTenantAsync();
        var archive = Sample();

        var operation = (await tenant.ImportAsync(archive)).ShouldHaveSucceeded();

        var owner = await tenant.OwnerAsync();
        var listed = (await owner.GetAsync("/v1/events")).Body!["data"]![0]!["id"]!.GetValue<Guid>();
        var found = (await owner.GetAsync($"/v1/events/{listed}")).Body!;
        (found["title"]!.GetValue<string>(), found["status"]!.GetValue<string>()).ShouldBe(("Spring Meetup", "live"));
        var id = found["id"]!.GetValue<Guid>();
        archive.Rows("events").ShouldNotContain(row => row["id"]!.GetValue<Guid>() == id);
        found["createdAt"]!.GetValue<string>().ShouldBe("2026-01-02T03:04:05Z");
        (await owner.GetAsync($"/v1/events/{id}/programs")).Body!["data"]!.AsArray().Count.ShouldBe(1);
        (await owner.GetAsync($"/v1/events/{id}/registrations")).Body!["data"]!.AsArray().Count.ShouldBe(3);
        var category = (await owner.GetAsync("/v1/categories")).Body!["data"]![0]!;
        found["categoryId"]!.GetValue<Guid>().ShouldBe(category["id"]!.GetValue<Guid>());
        var file = (await owner.GetAsync("/v1/files")).Body!["data"]![0]!;
        found["coverFileId"]!.GetValue<Guid>().ShouldBe(file["id"]!.GetValue<Guid>());
        file["contentType"]!.GetValue<string>().ShouldBe("image/png", "the content decides, and not the archive");
        (await tenant.Anonymous.GetAsync($"/v1/files/{file["id"]}/content")).ShouldBe(HttpStatusCode.Unauthorized);
        tenant.KeptFiles().ShouldContain($"{file["id"]}");
        (await tenant.UsedAsync(Quota.Events), await tenant.UsedAsync(Quota.Participants), await tenant.UsedAsync(Quota.Storage))
            .ShouldBe((1, 2, TestFiles.Png.Length));
        await tenant.ShouldBalanceAsync();
        operation.Report()["added"]!["registrations"]!.GetValue<long>().ShouldBe(3);
        (await tenant.DeedsAsync()).ShouldBe(["import.started", "data.imported"]);
        (await tenant.RowsAsync("outbox")).ShouldBe(0, "no mails, no webhooks");
        (await tenant.RowsAsync("uploads")).ShouldBe(0);
    }

    [Fact]
    public async Task Each_row_is_logged_as_the_importers()
    {
        var tenant = await host.NewTenantAsync();

        (await tenant.ImportAsync(Sample())).ShouldHaveSucceeded();

        var owner = tenant.User(BuiltInRoles.SuperAdmin).Id.Value;
        (await host.Api.QueryAsync<long>(
            """
            select count(*) from audit_logs
            where org_id = $1 and action = 'insert' and table_name = 'registrations' and actor_kind = 'user' and actor_id = $2
            """,
            tenant.Id.Value, owner)).ShouldBe(3);
    }

    [Fact]
    public async Task A_dry_run_tells_what_would_come_of_it_and_changes_nothing()
    {
        var tenant = await host.NewTenantAsync();
        var before = await tenant.ContentAsync();

        var told = (await tenant.ImportAsync(Sample(), dryRun: true)).ShouldHaveSucceeded().Report();

        (await tenant.ContentAsync()).ShouldBe(before);
        tenant.KeptFiles().Where(name => !name.EndsWith(".part", StringComparison.Ordinal)).Count().ShouldBeLessThanOrEqualTo(1);
        var done = (await tenant.ImportAsync(Sample())).ShouldHaveSucceeded().Report();
        told["dryRun"]!.GetValue<bool>().ShouldBeTrue();
        told["added"]!.ToJsonString().ShouldBe(done["added"]!.ToJsonString());
        (await tenant.DeedsAsync()).ShouldBe(["import.started", "import.started", "data.imported"]);
    }

    [Fact]
    public async Task Members_are_invited_and_nobody_is_mailed()
    {
        var tenant = await host.NewTenantAsync(Tier.Enterprise);
        var archive = new ForgedArchive();
        var (staff, door) = (archive.AddRole("staff", builtIn: true), archive.AddRole("door", false, "check-in:write"));
        archive.AddUser("Jisoo@Example.test", "active", staff, door);
        archive.AddUser("gone@example.test", "removed", staff);
        archive.AddUser(tenant.Email(BuiltInRoles.Viewer), "active", staff);

        var report = (await tenant.ImportAsync(archive)).ShouldHaveSucceeded().Report();

        var invited = (await (await tenant.OwnerAsync()).GetAsync("/v1/invitations")).Body!["data"]!.AsArray().ShouldHaveSingleItem()!;
        invited["email"]!.GetValue<string>().ShouldBe("Jisoo@Example.test");
        invited["roles"]!.AsArray().Select(role => role!.GetValue<string>()).ShouldBe(["door", "staff"], ignoreOrder: true);
        (report["invitations"]!.GetValue<long>(), report["notInvited"]!.GetValue<long>()).ShouldBe((1, 2));
        (await tenant.RowsAsync("outbox")).ShouldBe(0);
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task Nobody_gives_by_an_import_what_they_could_not_give_by_hand()
    {
        var tenant = await host.NewTenantAsync(Tier.Enterprise);
        var archive = new ForgedArchive();
        var (boss, money) = (archive.AddRole("super_admin", builtIn: true, "*"), archive.AddRole("money", false, "billing:write", "events:read"));
        var all = archive.AddRole("everything", false, "*");
        archive.AddUser("boss@example.test", "active", boss);
        archive.AddUser("money@example.test", "active", money, all);

        var report = (await tenant.ImportAsync(await tenant.AsAsync(BuiltInRoles.Admin), archive.Build())).ShouldHaveSucceeded().Report();

        (await host.Api.QueryAsync<string[]>(
            "select permissions from roles where org_id = $1 and name = 'money'", tenant.Id.Value)).ShouldBe(["events:read"]);
        (await host.Api.QueryAsync<string[]>("select permissions from roles where org_id = $1 and name = 'everything'", tenant.Id.Value))
            .ShouldBe(BuiltInRoles.All[BuiltInRoles.Admin], ignoreOrder: true);
        (await host.Api.QueryAsync<long>("select count(*) from invitations where org_id = $1", tenant.Id.Value)).ShouldBe(1);
        report["capped"]!.AsArray().Select(one => one!["name"]!.GetValue<string>()).ShouldBe(["everything", "money"], ignoreOrder: true);
        report["notInvited"]!.GetValue<long>().ShouldBe(1, "an admin makes nobody super_admin");
        (await host.Api.QueryAsync<long>(
            "select count(*) from roles where org_id = $1 and built_in and permissions = '{*}'", tenant.Id.Value)).ShouldBe(1);
    }

    [Fact]
    public async Task Who_makes_no_roles_and_invites_nobody_by_hand_does_not_by_an_import()
    {
        var tenant = await host.NewTenantAsync(Tier.Enterprise);
        var organizer = await MayAsync(tenant, [.. BuiltInRoles.All[BuiltInRoles.Organizer], Permissions.DataImport]);
        var archive = Sample();
        var (door, viewer) = (archive.AddRole("door", false, "check-in:write"), archive.AddRole("viewer", builtIn: true));
        archive.AddUser("jisoo@example.test", "active", door, viewer);

        var told = (await tenant.ImportAsync(organizer, archive.Build(), dryRun: true)).ShouldHaveSucceeded().Report();
        var report = (await tenant.ImportAsync(organizer, archive.Build())).ShouldHaveSucceeded().Report();

        (await tenant.RowsAsync("events"), await tenant.RowsAsync("invitations")).ShouldBe((1, 0));
        (await host.Api.QueryAsync<long>("select count(*) from roles where org_id = $1 and name = 'door'", tenant.Id.Value)).ShouldBe(0);
        foreach (var one in new[] { told, report })
        {
            one["capped"]!.ToJsonString().ShouldBe("""[{"name":"door","lost":["check-in:write"]}]""");
            (one["invitations"]!.GetValue<long>(), one["notInvited"]!.GetValue<long>()).ShouldBe((0, 2));
        }
    }

    [Theory]
    [InlineData("events:write")]
    [InlineData("registrations:write")]
    [InlineData("files:write")]
    public async Task Who_may_not_make_all_of_the_content_by_hand_imports_none(string lacking)
    {
        var tenant = await host.NewTenantAsync();
        var before = await tenant.ContentAsync();
        var importer = await MayAsync(
            tenant, [.. BuiltInRoles.All[BuiltInRoles.Organizer].Except([lacking]), Permissions.DataImport]);
        var changed = await tenant.ContentAsync();

        var report = (await tenant.ImportAsync(importer, Sample().Build())).ShouldHaveFailed("permission_denied").Report();

        report["problems"]![0]!["member"]!.GetValue<string>().ShouldBe(lacking);
        changed.ShouldNotBe(before);
        (await tenant.ContentAsync()).ShouldBe(changed);
    }

    [Fact]
    public async Task What_has_a_name_already_is_used_or_gets_another()
    {
        var tenant = await host.NewTenantAsync(Tier.Enterprise);
        var archive = Sample();
        archive.AddRole("door", false, "check-in:write");
        archive.AddTemplate("Monthly");
        (await tenant.ImportAsync(archive)).ShouldHaveSucceeded();
        var other = new ForgedArchive();
        foreach (var row in archive.Rows("events")) other.Add("events", Copy(row, changed => (changed["categoryId"], changed["coverFileId"]) = (null, null)));
        other.AddCategory("Concerts");
        other.AddRole("door", false, "check-in:write");
        other.AddRole("staff", false, "check-in:write");
        other.AddTemplate("Monthly");
        other.AddTemplate("Concert", row => row["durationMinutes"] = 30);

        var first = (await tenant.ImportAsync(other)).ShouldHaveSucceeded().Report();
        var names = new ForgedArchive();
        names.AddTemplate("Monthly", row => row["durationMinutes"] = 5);
        var second = (await tenant.ImportAsync(names)).ShouldHaveSucceeded().Report();

        (first["kept"]!["event_categories"]!.GetValue<long>(), first["kept"]!["roles"]!.GetValue<long>(), first["kept"]!["event_templates"]!.GetValue<long>())
            .ShouldBe((1, 1, 1));
        first["renamed"]!.AsArray().Select(one => $"{one!["table"]} {one["from"]}").ShouldBe(
            ["roles staff", $"events {archive.Rows("events")[0]["slug"]}"], ignoreOrder: true);
        second["renamed"]![0]!["to"]!.GetValue<string>().ShouldBe("Monthly (2)");
        await tenant.ShouldBalanceAsync();
    }

    [Fact]
    public async Task A_quota_that_is_one_too_small_refuses_all_of_it()
    {
        var tenant = await host.NewTenantAsync();
        await tenant.LimitAsync("participants", 1);
        var before = await tenant.ContentAsync();

        var operation = (await tenant.ImportAsync(Sample())).ShouldHaveFailed("quota_exceeded");

        var need = operation.Report()["needs"]!.AsArray().Single(one => one!["resource"]!.GetValue<string>() == "participants")!;
        (need["needed"]!.GetValue<long>(), need["limit"]!.GetValue<long>(), need["used"]!.GetValue<long>()).ShouldBe((2, 1, 0));
        (await tenant.ContentAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Rows_of_another_tenant_are_neither_touched_nor_pointed_at()
    {
        var (tenant, victim) = (await host.NewTenantAsync(), await host.NewTenantAsync());
        var theirs = await (await victim.OrganizerAsync()).LiveEventAsync();
        var before = await victim.ContentAsync();
        var same = new ForgedArchive();
        same.AddRegistration(same.AddEvent(row => row["id"] = theirs));
        var pointing = new ForgedArchive();
        pointing.AddRegistration(theirs);
        var claiming = new ForgedArchive();
        claiming.AddEvent(row => row["orgId"] = victim.Id.Value);

        (await tenant.ImportAsync(same)).ShouldHaveSucceeded();
        (await tenant.ImportAsync(pointing)).ShouldHaveFailed("unknown_reference");
        (await tenant.ImportAsync(claiming)).ShouldHaveFailed("unknown_member");

        (await victim.ContentAsync()).ShouldBe(before);
        (await host.Api.QueryAsync<long>("select count(*) from events where id = $1", theirs)).ShouldBe(1);
        (await tenant.RowsAsync("events")).ShouldBe(1);
    }

    [Fact]
    public async Task Problems_are_named_with_path_line_and_member()
    {
        var tenant = await host.NewTenantAsync();
        var archive = new ForgedArchive();
        var first = archive.AddEvent();
        archive.AddEvent(row => row["title"] = "");
        archive.AddEvent(row => row["visibility"] = "secret");
        archive.AddRegistration(first, "no address");

        var report = (await tenant.ImportAsync(archive, dryRun: true)).ShouldHaveFailed("not_empty").Report();

        report["problems"]!.AsArray().Select(one => $"{one!["code"]} {one["path"]} {one["member"]}").ShouldBe(
            ["not_empty entities/events.ndjson title", "invalid_value entities/events.ndjson visibility", "not_an_email entities/registrations.ndjson email"],
            ignoreOrder: true);
        (await tenant.RowsAsync("events")).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_wrong_with_an_event_is_named_also_where_others_point_at_it()
    {
        var tenant = await host.NewTenantAsync();
        var archive = new ForgedArchive();
        archive.AddEvent(row => row["slug"] = "spring");
        var (twin, odd) = (
            archive.AddEvent(row => row["slug"] = "spring"), archive.AddEvent(row => row["coverFileId"] = archive.AddFile("x"u8.ToArray())));
        foreach (var id in new[] { twin, odd })
        {
            archive.AddProgram(id);
            archive.AddRegistration(id);
        }

        var report = (await tenant.ImportAsync(archive)).ShouldHaveFailed("duplicate_value").Report();

        report["problems"]!.AsArray().Select(one => $"{one!["code"]} {one["path"]} {one["member"]}").ShouldBe(
            ["duplicate_value entities/events.ndjson slug", "file_not_an_image entities/events.ndjson coverFileId"]);
    }

    [Fact]
    public async Task An_archive_that_is_older_than_a_table_or_a_column_is_taken_all_the_same()
    {
        var tenant = await host.NewTenantAsync();
        var archive = Sample();
        foreach (var name in new[] { "description", "translations", "venueName" }) archive.Rows("events")[0].Remove(name);
        archive.Rows("programs")[0].Remove("track");
        foreach (var table in new[] { "email_templates", "event_templates", "audit_logs" }) archive.LeaveOut(table);

        (await tenant.ImportAsync(archive)).ShouldHaveSucceeded();

        (await tenant.RowsAsync("events"), await tenant.RowsAsync("programs")).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_mails_own_words_are_asked_what_the_API_asks_of_them()
    {
        var tenant = await host.NewTenantAsync();
        var archive = new ForgedArchive();
        archive.AddMail("en", "Two\nlines", "{{ link }}");
        archive.AddMail("ko", "초대", "no link");
        archive.AddMail("fr", "Venez", "{{ link }}");
        archive.AddMail("en", "Reset", "{{ link }}", key: "password_reset");
        archive.AddMail("en", "Hello", "{{ link }}{% for n in (1..9) %}x{% endfor %}");

        var report = (await tenant.ImportAsync(archive)).ShouldHaveFailed("line_break").Report();

        report["problems"]!.AsArray().Select(one => $"{one!["code"]} {one["member"]}").ShouldBe(
            ["line_break subject", "missing_variable body", "unknown_locale locale", "invalid_value key", "liquid_syntax body"]);
    }

    [Fact]
    public async Task What_was_used_before_is_told_before_and_after()
    {
        var tenant = await host.NewTenantAsync(Tier.Enterprise);
        var archive = Sample();
        archive.AddUser("jisoo@example.test", "active", archive.AddRole("viewer", builtIn: true));

        var told = (await tenant.ImportAsync(archive, dryRun: true)).ShouldHaveSucceeded().Report();
        var report = (await tenant.ImportAsync(archive)).ShouldHaveSucceeded().Report();

        report["needs"]!.ToJsonString().ShouldBe(told["needs"]!.ToJsonString());
        report["needs"]!.AsArray().ShouldAllBe(need => need!["needed"]!.GetValue<long>() > 0);
    }

    [Fact]
    public async Task A_second_one_is_refused_before_its_bytes()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        await tenant.QueueOperationAsync(BuiltInRoles.SuperAdmin, Domain.Operations.OperationKind.Import);

        await using var upload = await RawUpload.StartAsync(
            owner, tenant, 1_000_000, "Idempotency-Key: second\r\n", "/v1/imports");

        (await upload.AnswerAsync()).ShouldContain("\"code\":\"operation_in_progress\"");
        (await tenant.RowsAsync("uploads")).ShouldBe(0);
        tenant.KeptFiles().ShouldBeEmpty();
    }

    [Fact]
    public async Task One_import_at_a_time_and_the_archive_goes_when_it_has_ended()
    {
        var tenant = await host.NewTenantAsync();
        var owner = await tenant.OwnerAsync();
        var archive = Sample().Build();
        var first = (await owner.StartImportAsync(archive, key: "one")).ShouldBe(HttpStatusCode.Accepted);
        first.Headers.Location!.ToString().ShouldBe($"/v1/operations/{first.Id}");

        (await owner.StartImportAsync(archive)).ShouldBeProblem(HttpStatusCode.Conflict, "operation_in_progress");
        var again = (await owner.StartImportAsync(archive, key: "one")).ShouldBe(HttpStatusCode.Accepted);
        (await owner.StartImportAsync(Sample().Build(), key: "one")).ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "idempotency_key_reused");

        again.Id.ShouldBe(first.Id);
        tenant.KeptFiles().ShouldBe([$"{first.Id}"]);
        (await tenant.RowsAsync("uploads"), await tenant.UsedAsync(Quota.Storage)).ShouldBe((0, 0));
        await tenant.DispatchAsync();
        await host.Api.SweepAsync(new Application.Platform.ClearOperations());
        tenant.KeptFiles().ShouldNotContain($"{first.Id}");
    }

    [Fact]
    public async Task Who_may_not_import_or_has_not_proved_who_they_are_is_refused_before_the_bytes()
    {
        var tenant = await host.NewTenantAsync();

        (await (await tenant.OrganizerAsync()).StartImportAsync([1])).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        (await tenant.Anonymous.StartImportAsync([1])).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await (await tenant.OwnerAsync()).SendAsync(HttpMethod.Post, "/v1/imports", TestFiles.Form([1])))
            .ShouldBe(HttpStatusCode.BadRequest);
        var stale = await tenant.OwnerAsync();
        await host.Api.ExecuteAsync(
            "update sessions set authenticated_at = authenticated_at - interval '11 minutes' where org_id = $1", tenant.Id.Value);
        (await stale.StartImportAsync([1])).ShouldBeProblem(HttpStatusCode.Forbidden, "step_up_required");
        await tenant.ShouldHaveNothingAsync();
    }

    internal static ForgedArchive Sample()
    {
        var archive = new ForgedArchive();
        var (category, cover) = (archive.AddCategory("Concerts"), archive.AddFile(TestFiles.Png, "cover.png"));
        var id = archive.AddEvent(row => (row["categoryId"], row["coverFileId"], row["capacity"]) = (category, cover, 2));
        archive.AddProgram(id);
        archive.AddRegistration(id);
        archive.AddRegistration(id, "MINJI@example.test");
        archive.AddRegistration(id, change: row => (row["status"], row["cancelledAt"]) = ("cancelled", "2026-02-01T00:00:00Z"));
        return archive;
    }

    /// <summary>The organizer, with a role that has these permissions and no other one.</summary>
    private static async Task<ApiClient> MayAsync(TestTenant tenant, string[] permissions)
    {
        await tenant.Api.ExecuteAsync(
            """
            with made as (
              insert into roles (org_id, id, name, permissions, built_in, version, created_at)
              values ($1, gen_random_uuid(), 'importer', $3, false, 1, now()) returning id)
            update user_roles set role_id = made.id from made where org_id = $1 and user_id = $2
            """,
            tenant.Id.Value, tenant.User(BuiltInRoles.Organizer).Id.Value, permissions);
        return await tenant.OrganizerAsync();
    }

    private static JsonObject Copy(JsonObject row, Action<JsonObject> change)
    {
        var copy = row.DeepClone().AsObject();
        change(copy);
        return copy;
    }
}
