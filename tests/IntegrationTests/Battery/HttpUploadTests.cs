using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Battery;

/// <summary>Forms that are wrong as a whole or in a part: refused as a problem, without a trace, never a 5xx.</summary>
public sealed class HttpUploadTests(TestHost host)
{
    private const string File = "form-data; name=\"file\"; filename=\"a.txt\"";

    private static readonly string[] ServersOwn =
        ["org_id", "orgId", "tenantId", "id", "size", "sha256", "contentType", "createdBy", "reserved", "key", "path"];

    [Fact]
    public async Task Nonsense_in_a_form_is_refused_as_a_problem_and_without_a_trace()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, nonsense in forms");
        foreach (var target in arena.Targets.Where(target => target.IsUpload))
        {
            var valid = (await arena.ShotAsync(target, arena.A)).As(arena.Token);
            var before = await arena.Catalogue.SumsWithoutDenialsAsync(arena.A.Id);
            var kept = arena.A.KeptFiles();
            foreach (var (number, (what, body, media)) in Forms(arena).Index())
            {
                var shot = (valid with { MediaType = media ?? HttpUpload.MediaTypeWithBoundary }).WithBody(body)
                    .With("Idempotency-Key", $"form-{number}");
                var reply = await arena.FireAsync(target, what, shot);
                arena.Check(reply is { IsProblem: true, Status: >= 400 and < 500 }, target, what, "a refusal", reply);
                await arena.CheckUnchangedAsync(arena.A, before, target, what);
                arena.Check(arena.A.KeptFiles().SequenceEqual(kept), target, what, "nothing in the store", reply);
                block.Count(target.Name);
            }

            await arena.CheckBAsync(target.Name);
        }

        await arena.HoldsAsync(block);
    }

    [Fact]
    public async Task Names_and_declared_types_choose_no_place_and_no_type()
    {
        var arena = await HttpArena.SetAsync(host);
        using var block = Tally.Start("HTTP, hostile names");
        var upload = arena.Targets.Single(target => target.Name == "POST /v1/files");
        var ofB = (await arena.Catalogue.IdsAsync("files", arena.B.Id)).First();
        string[] names =
        [
            "../../etc/passwd", "..\\..\\windows\\win.ini", $"../{arena.B.Id}/{ofB}", $"/{arena.B.Id}/{ofB}", "/", "..",
            $"{arena.B.Id}%2f{ofB}", "CON", "nul.txt", "a\u202etxt.exe", "a\u0000b.txt", "x\u000b", ".", " ", new('x', 3_000),
            new('가', 2_000), "a\";filename=\"b", "a\\\"b", "a;b", "%0d%0aX-Injected: 1", "\ufeff", "<script>.html", "a:b", "~",
        ];
        foreach (var name in names)
        {
            var shot = (await arena.ShotAsync(upload, arena.A)).As(arena.Token).WithBody(HttpUpload.Body("x", name));
            var reply = await arena.FireAsync(upload, name, shot);
            block.Count(upload.Name);
            if (!reply.Succeeded)
            {
                HttpFuzzTests.CheckProblem(arena, upload, name, reply);
                continue;
            }

            arena.Check(reply.TextOf("contentType") == "image/gif", upload, name, "image/gif", reply);
            // The name itself may say an id of B's: what counts is that the bytes are A's.
            var content = await new HttpShot("GET", arena.A.Host, $"{reply.Header("Location")}/content").As(arena.Token)
                .SendAsync(arena.Api);
            arena.Check(
                content is { Succeeded: true, Text: "GIF89a x" } && content.Header("X-Injected") is null
                    && content.Header("Content-Disposition")!.StartsWith("attachment", StringComparison.Ordinal),
                upload, name, "an attachment", content);
        }

        await arena.HoldsAsync(block);
    }

    private static IEnumerable<(string What, string Body, string? MediaType)> Forms(HttpArena arena)
    {
        var (fine, end) = (HttpUpload.Part(File, "x"), HttpUpload.End);
        yield return ("nothing", "", null);
        yield return ("no part", end, null);
        yield return ("only a preamble", "hello", null);
        yield return ("no end", fine, null);
        yield return ("half an end", fine + $"--{HttpUpload.Boundary}", null);
        yield return ("cut in its headers", fine[..30], null);
        yield return ("two files", fine + fine + end, null);
        yield return ("no disposition", fine.Replace("Content-Disposition", "X-Disposition", StringComparison.Ordinal) + end, null);
        yield return ("an attachment", HttpUpload.Part("attachment; filename=\"a\"", "x") + end, null);
        yield return ("a disposition that is none", HttpUpload.Part(";;;", "x") + end, null);
        yield return ("no name of the part", HttpUpload.Part("form-data; filename=\"a\"", "x") + end, null);
        yield return ("no name of the file", HttpUpload.Part("form-data; name=\"file\"", "x") + end, null);
        yield return ("an empty name", HttpUpload.Part("form-data; name=\"file\"; filename=\"\"", "x") + end, null);
        yield return ("another part", HttpUpload.Part("form-data; name=\"files\"; filename=\"a\"", "x") + end, null);
        yield return ("a preamble over the limit", new string('x', 40_000) + "\r\n" + fine + end, null);
        yield return ("an epilogue over the limit", fine + end + new string('x', 40_000), null);
        yield return ("headers over the limit", fine.Replace("text/html", new string('x', 40_000), StringComparison.Ordinal) + end, null);
        yield return (
            "1,000 headers",
            fine.Replace(
                "text/html", "x" + string.Concat(Enumerable.Range(0, 1_000).Select(n => $"\r\nX-{n}: b")), StringComparison.Ordinal) + end,
            null);
        yield return ("a boundary that is not declared", fine + end, HttpUpload.MediaType);
        yield return ("an empty boundary", fine + end, HttpUpload.MediaType + "; boundary=");
        yield return ("another boundary", fine + end, HttpUpload.MediaType + "; boundary=other");
        yield return ("a boundary over the limit", fine + end, HttpUpload.MediaType + "; boundary=" + new string('x', 71));
        yield return ("a mixed body", fine + end, "multipart/mixed; boundary=" + HttpUpload.Boundary);
        yield return ("a urlencoded form", "file=x", "application/x-www-form-urlencoded");
        yield return ("JSON", "{\"file\":\"x\"}", "application/json");
        foreach (var name in ServersOwn)
        {
            var field = HttpUpload.Part($"form-data; name=\"{name}\"", arena.B.Id.ToString());
            yield return ($"{name} before", field + fine + end, null);
            yield return ($"{name} behind", fine + field + end, null);
        }
    }
}
