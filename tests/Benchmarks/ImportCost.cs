using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Registrations;
using CleanTenancy.Infrastructure.Archives;
using CleanTenancy.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Npgsql;
using NpgsqlTypes;

namespace CleanTenancy.Benchmarks;

/// <summary>
/// An import of registrations, all that it does between the last byte of the archive and the operation's end, in a process
/// of its own: against a binary COPY into the same table without fence and trigger for whoever copies, and against rows
/// that EF saves, fenced and logged as the import's are.
/// </summary>
internal static class ImportCost
{
    public const string Name = "11";

    private const int SavedByEf = 50_000, AtATime = 1_000;

    private const double MostMiB = 300;

    public static async Task MeasureAsync(Data data, string api, int rows, Table table)
    {
        var (org, events) = (await data.SampleAsync(1))[0];
        var copied = await CopyAsync(data, org, events[0], rows) / rows;
        await data.TidyAsync();
        var saved = await SaveAsync(data, org, events[0], Math.Min(rows, SavedByEf)) / Math.Min(rows, SavedByEf);
        await data.TidyAsync();
        var (imported, peak) = await ImportAsync(data, api, rows);
        imported /= rows;
        table.Add(new(Name, $"import of {rows} rows against COPY", 5.00), new Measured(copied, imported, " us"));
        table.Add(new(Name, "import against EF's SaveChanges", 0.33), new Measured(saved, imported, " us"));
        table.Add(new(Name, "peak resident memory of the API", 1.00), new Measured(MostMiB, peak / (double)(1 << 20), " MiB"));
    }

    /// <summary>With the keys and indexes, and as a role that no fence holds.</summary>
    private static async Task<double> CopyAsync(Data data, Guid org, Guid eventId, int rows)
    {
        await using var connection = await Data.OpenAsync(data.Migrator);
        var watch = Stopwatch.StartNew();
        await using (var copy = await connection.BeginBinaryImportAsync(
            """
            copy bare.registrations
              (org_id, id, event_id, name, email, normalized_email, status, version, created_at, updated_at)
            from stdin (format binary)
            """))
        {
            copy.Timeout = TimeSpan.FromMinutes(10);
            var now = TimeProvider.System.GetUtcNow();
            for (var row = 0; row < rows; row++)
            {
                var email = string.Create(CultureInfo.InvariantCulture, $"minji{row}@example.test");
                await copy.StartRowAsync();
                await copy.WriteAsync(org, NpgsqlDbType.Uuid);
                await copy.WriteAsync(Guid.CreateVersion7(now), NpgsqlDbType.Uuid);
                await copy.WriteAsync(eventId, NpgsqlDbType.Uuid);
                await copy.WriteAsync("Kim Minji", NpgsqlDbType.Text);
                await copy.WriteAsync(email, NpgsqlDbType.Text);
                await copy.WriteAsync(email, NpgsqlDbType.Text);
                await copy.WriteAsync("active", NpgsqlDbType.Text);
                await copy.WriteAsync(1L, NpgsqlDbType.Bigint);
                await copy.WriteAsync(now.UtcDateTime, NpgsqlDbType.TimestampTz);
                await copy.WriteAsync(now.UtcDateTime, NpgsqlDbType.TimestampTz);
            }

            await copy.CompleteAsync();
        }

        return watch.Elapsed.TotalMicroseconds;
    }

    private static async Task<double> SaveAsync(Data data, Guid org, Guid eventId, int rows)
    {
        await using var source = NpgsqlDataSource.Create(
            data.App + ";No Reset On Close=true;Max Auto Prepare=64;Auto Prepare Min Usages=2");
        var options = new DbContextOptionsBuilder<AppDbContext>();
        options.UseTenants(source);
        await using var db = new PooledDbContextFactory<AppDbContext>(options.Options).CreateDbContext();
        db.Bind(new TenantBinding(new TenantId(org)));
        var watch = Stopwatch.StartNew();
        await using (var transaction = await db.Database.BeginTransactionAsync())
        {
            for (var row = 0; row < rows; row++)
            {
                db.Registrations.Add(Registration.Enter(
                    new(org), new(eventId), "Kim Minji", string.Create(CultureInfo.InvariantCulture, $"minji{row}@example.test"),
                    TimeProvider.System.GetUtcNow()));
                if ((row + 1) % AtATime != 0) continue;

                await db.SaveChangesAsync();
                db.ChangeTracker.Clear();
            }

            await db.SaveChangesAsync();
            await transaction.CommitAsync();
        }

        return watch.Elapsed.TotalMicroseconds;
    }

    private static async Task<(double Elapsed, long Peak)> ImportAsync(Data data, string api, int rows)
    {
        var path = Path.Combine(Path.GetTempPath(), $"clean-tenancy-bench-{Environment.ProcessId}.zip");
        await WriteArchiveAsync(path, rows);
        try
        {
            // Somebody must do the work; what the sweeps do beside it is little.
            await using var server = await Server.StartApiAsync(api, data, data.App, ("Sweeps__Enabled", "true"));
            var target = (await data.SignInAsync(server))[0];
            using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(10) };
            await using var archive = File.OpenRead(path);
            using var request = Request(server, target, HttpMethod.Post, "/v1/imports");
            request.Headers.Add("Idempotency-Key", $"bench {Stopwatch.GetTimestamp()}");
            request.Content = new MultipartFormDataContent { { new StreamContent(archive), "file", "archive.zip" } };
            using var started = await client.SendAsync(request);
            var watch = Stopwatch.StartNew();
            var location = started.EnsureSuccessStatusCode().Headers.Location!.ToString();
            while (true)
            {
                await Task.Delay(50);
                using var ask = Request(server, target, HttpMethod.Get, location);
                using var answer = await client.SendAsync(ask);
                var operation = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
                switch (operation.GetProperty("status").GetString())
                {
                    case "succeeded": return (watch.Elapsed.TotalMicroseconds, server.PeakBytes);
                    case "failed": throw new InvalidOperationException(operation.ToString());
                    default: continue;
                }
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static HttpRequestMessage Request(Server server, Target target, HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, server.Url(path));
        request.Headers.Host = server.HostOf(target.Slug);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", target.Token);
        return request;
    }

    /// <summary>One event, by whose title it is found again and removed, and its registrations.</summary>
    private static async Task WriteArchiveAsync(string path, int rows)
    {
        await using var file = File.Create(path);
        await using var zip = new ZipArchive(file, ZipArchiveMode.Create);
        using var db = AppDbContextOptions.ForMigrations("Host=none");
        var (eventId, now) = (Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), TimeProvider.System.GetUtcNow());
        var entries = new List<object> { await WriteAsync(zip, "organization.json", null, ["{\"name\":\"Bench\"}"]) };
        foreach (var table in ArchiveModel.Of(db.Model).Tables)
            entries.Add(await WriteAsync(zip, table.Path, table.Name, table.Name switch
            {
                "events" => [EventLine(eventId)],
                "registrations" => Enumerable.Range(0, rows).Select(row => RegistrationLine(eventId, row, now)),
                _ => [],
            }));
        var manifest = new
        {
            format = ArchiveModel.Format,
            schemaVersion = ArchiveModel.SchemaVersion,
            exportedAt = now.UtcDateTime,
            tenant = new { id = eventId, slug = "bench" },
            entries,
            missing = Array.Empty<string>(),
        };
        await WriteAsync(zip, "manifest.json", null, [JsonSerializer.Serialize(manifest)]);
    }

    private static async Task<object> WriteAsync(ZipArchive zip, string path, string? entity, IEnumerable<string> lines)
    {
        await using var entry = zip.CreateEntry(path, CompressionLevel.Fastest).Open();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (count, bytes) = (0, 0L);
        foreach (var line in lines)
        {
            var text = Encoding.UTF8.GetBytes(line + "\n");
            hash.AppendData(text);
            await entry.WriteAsync(text);
            (count, bytes) = (count + 1, bytes + text.Length);
        }

        var sha256 = Convert.ToHexStringLower(hash.GetCurrentHash());
        return entity is null ? new { path, bytes, sha256 } : new { path, entity, count, bytes, sha256 };
    }

    private static string EventLine(Guid id) =>
        $$"""
        {"id":"{{id}}","attendanceMode":"in_person","capacity":null,"categoryId":null,"contactEmail":null,"coverFileId":null,"createdAt":"2026-01-02T03:04:05Z","currency":"KRW","description":null,"endsAt":"2035-04-01T17:00:00Z","onlineUrl":null,"salesEndAt":null,"salesStartAt":null,"slug":"bench-{{id.ToString("N")[^10..]}}","startsAt":"2035-04-01T09:00:00Z","status":"live","timeZone":"Asia/Seoul","title":"Bench","translations":null,"updatedAt":"2026-01-02T03:04:05Z","venueAddress":null,"venueName":null,"visibility":"public"}
        """;

    private static string RegistrationLine(Guid eventId, int row, DateTimeOffset now) =>
        string.Create(CultureInfo.InvariantCulture,
            $$"""
            {"id":"{{Guid.CreateVersion7(now.AddMilliseconds(row))}}","cancelledAt":null,"createdAt":"2026-01-02T03:04:05Z","email":"minji{{row}}@example.test","eventId":"{{eventId}}","name":"Kim Minji","status":"active","updatedAt":"2026-01-02T03:04:05Z"}
            """);
}
