using System.Globalization;
using System.Text.Json.Nodes;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Exports;
using CleanTenancy.IntegrationTests.Fixtures;
using CsCheck;

namespace CleanTenancy.IntegrationTests.Operations;

/// <summary>What is exported and imported and exported again is the same, but for ids and times.</summary>
public sealed class RoundTripTests(TestHost host)
{
    private static readonly string[] Statuses = ["draft", "live", "archived", "cancelled", "deleted"],
        Registered = ["held", "active", "cancelled", "expired", "blocked"],
        Compared = ["event_categories", "event_templates", "files", "events", "programs", "registrations", "email_templates"];

    /// <summary>More by ROUND_TRIPS: a hundred take some minutes.</summary>
    private static int Trips =>
        int.Parse(Environment.GetEnvironmentVariable("ROUND_TRIPS") ?? "5", CultureInfo.InvariantCulture);

    private static readonly Gen<string> Word = Gen.OneOf(
        Gen.String[Gen.Char["abc ABC가나다é\"\\<&=+-@\u2028😀"], 1, 30].Select(text => $"x{text.Replace("\ud83d", "", StringComparison.Ordinal).Replace("\ude00", "", StringComparison.Ordinal)}"),
        Gen.Const("=HYPERLINK(\"x\")"), Gen.Const("서울 모임"), Gen.Const("a😀b"));

    private static readonly Gen<Wish> Wishes =
        from seed in Gen.Int
        from categories in Gen.Int[0, 3]
        from templates in Gen.Int[0, 2]
        from roles in Gen.Int[0, 2]
        from members in Gen.Int[0, 4]
        from invited in Gen.Int[0, 3]
        from mails in Gen.Int[0, 2]
        from events in Gen.Int[0, 6]
        from words in Word.Array[8, 8]
        select new Wish(seed, categories, templates, roles, members, invited, mails, events, words);

    [Fact]
    public async Task Export_import_export_is_the_same_up_to_ids_and_times()
    {
        var rows = 0L;
        await Wishes.SampleAsync(
            async wish =>
            {
                var (first, second) = (await host.NewTenantAsync(Tier.Enterprise), await host.NewTenantAsync(Tier.Enterprise));
                (await first.ImportAsync(wish.Make())).ShouldHaveSucceeded();
                var before = await BytesAsync(first);
                (await second.ImportAsync(await second.OwnerAsync(), before)).ShouldHaveSucceeded();
                var (left, right) = (new ReadArchive(before), new ReadArchive(await BytesAsync(second)));

                foreach (var table in Compared) Canonical(right, table).ShouldBe(Canonical(left, table), table);
                foreach (var (mine, theirs) in left.Lines("files").Zip(right.Lines("files")))
                    right[$"files/{theirs["id"]}"].ShouldBe(left[$"files/{mine["id"]}"]);
                Roles(right).ShouldBe(Roles(left));
                People(right, first, second).ShouldBe(People(left, first, second));
                await second.ShouldBalanceAsync();
                Interlocked.Add(ref rows, Compared.Sum(table => left.Lines(table).Count));
            },
            iter: Trips,
            threads: 1);
        rows.ShouldBeGreaterThan(Trips, "empty ones would show nothing");
    }

    private static async Task<byte[]> BytesAsync(TestTenant tenant)
    {
        var owner = await tenant.OwnerAsync();
        using var answer = await tenant.DownloadAsync(owner, (await tenant.ExportAsync(owner)).Link());
        return await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Each id by the place of its row, which both have in the same order; no times, and nobody's name on a file.</summary>
    private static IEnumerable<string> Canonical(ReadArchive archive, string table)
    {
        var places = Compared.SelectMany(one => archive.Lines(one).Select((line, at) => (Id: $"{line["id"]}", Place: $"{one}#{at}")))
            .ToDictionary(pair => pair.Id, pair => pair.Place);
        return archive.Lines(table).Select(line =>
        {
            var copy = line.DeepClone().AsObject();
            foreach (var name in new[] { "createdAt", "updatedAt", "createdBy" }) copy.Remove(name);
            foreach (var (name, value) in copy.ToList())
                if (value?.GetValueKind() is System.Text.Json.JsonValueKind.String && places.TryGetValue($"{value}", out var place))
                    copy[name] = place;
            return copy.ToJsonString();
        });
    }

    private static IEnumerable<string> Roles(ReadArchive archive) =>
        archive.Lines("roles").Select(row => $"{row["name"]} {row["builtIn"]} {row["permissions"]!.ToJsonString()}").Order(StringComparer.Ordinal);

    /// <summary>Members that a test tenant begins with stay where they are; all others are invited, here and there.</summary>
    private static IEnumerable<string> People(ReadArchive archive, params TestTenant[] tenants)
    {
        var names = archive.Lines("roles").ToDictionary(row => $"{row["id"]}", row => $"{row["name"]}");
        var held = archive.Lines("user_roles").ToLookup(row => $"{row["userId"]}", row => names[$"{row["roleId"]}"]);
        return archive.Lines("users").Select(row => (Email: $"{row["email"]}", Roles: held[$"{row["id"]}"]))
            .Concat(archive.Lines("invitations").Select(row => (
                Email: $"{row["email"]}", Roles: row["roleIds"]!.AsArray().Select(id => names[$"{id}"]))))
            .Where(one => !tenants.Any(tenant => one.Email.EndsWith($"@{tenant.Slug}.test", StringComparison.Ordinal)))
            .Select(one => $"{one.Email} {string.Join(',', one.Roles.Order(StringComparer.Ordinal))}").Order(StringComparer.Ordinal);
    }

    /// <summary>A tenant to be: how much of each, and a seed for the rest.</summary>
    private sealed record Wish(
        int Seed, int Categories, int Templates, int Roles, int Members, int Invited, int Mails, int Events, string[] Words)
    {
        public ForgedArchive Make()
        {
            var (random, archive) = (new Random(Seed), new ForgedArchive());
            var categories = Range(Categories, n => archive.AddCategory($"{Words[0]} {n}"));
            var roles = Range(Roles, n => archive.AddRole($"role {n}", false, [.. Permissions.Catalogue.Order().Skip(n * 3).Take(3)]));
            var builtIn = BuiltInRoles.All.Keys.Select(name => archive.AddRole(name, true, BuiltInRoles.All[name])).ToList();
            Range(Members, n => archive.AddUser($"Member{n}@Example.test", "active", [.. roles.Append(builtIn[n % builtIn.Count]).Distinct()]));
            Range(Invited, n => archive.AddInvitation($"Guest{n}@Example.test", [.. roles.Append(builtIn[n]).Distinct()]));
            Range(Mails, n => archive.AddMail(n == 0 ? "en" : "ko", Words[n], $"{Words[6]}\n{{{{ link }}}} {Words[7]}"));
            Range(Templates, n => archive.AddTemplate($"{Words[1]} {n}", row =>
            {
                row["categoryId"] = Pick(random, categories);
                (row["description"], row["venueName"], row["venueAddress"]) = (Words[2], Words[3], Words[4]);
            }));
            var covers = Range(random.Next(3), n => archive.AddFile([.. TestFiles.Png, .. new byte[n]], $"{n}.png"));
            archive.AddFile(TestFiles.Bytes(random.Next(5_000), (byte)random.Next(256)), "data.bin");
            for (var n = 0; n < Events; n++) AddEvent(archive, random, categories, covers);
            return archive;
        }

        private void AddEvent(ForgedArchive archive, Random random, List<Guid> categories, List<Guid> covers)
        {
            var status = Statuses[random.Next(Statuses.Length)];
            var id = archive.AddEvent(row =>
            {
                (row["status"], row["title"], row["description"]) = (status, Words[5], random.Next(2) == 0 ? Words[6] : null);
                (row["categoryId"], row["coverFileId"]) = (Pick(random, categories), Pick(random, covers));
                (row["capacity"], row["contactEmail"]) = (random.Next(2) == 0 ? 1_000 : null, "Info@Example.test");
                row["translations"] = random.Next(2) == 0
                    ? new JsonObject { ["ko"] = new JsonObject { ["title"] = Words[7], ["description"] = null } }
                    : null;
            });
            if (status == "deleted") return;

            Range(random.Next(3), _ => archive.AddProgram(id, row => row["title"] = Words[4]));
            Range(random.Next(8), n => archive.AddRegistration(id, $"Person{n}@Example.test", row =>
            {
                (row["name"], row["status"]) = (Words[2], Registered[random.Next(Registered.Length)]);
            }));
        }

        private static List<Guid> Range(int count, Func<int, Guid> make) => [.. Enumerable.Range(0, count).Select(make)];

        private static JsonNode? Pick(Random random, List<Guid> from) =>
            from.Count == 0 || random.Next(3) == 0 ? null : from[random.Next(from.Count)];
    }
}
