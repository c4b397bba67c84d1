using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Npgsql;

namespace CleanTenancy.Benchmarks;

/// <summary>
/// All registrations of one tenant as an archive, out of an API in a process of its own, against psql copying the same rows
/// into a file; and how much memory that process has had at most.
/// </summary>
internal static class ExportCost
{
    public const string Name = "10";

    private const string Fill = """
        insert into registrations (org_id, id, event_id, name, email, normalized_email, status, version, created_at, updated_at)
        select $1, ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $2, 'Kim Minji ' || n,
          'minji.kim' || n || '@example.test', 'minji.kim' || n || '@example.test', 'active', 1, now(), now()
        from generate_series(1, $3) n
        """;

    private const double MiB = 1 << 20;

    public static async Task MeasureAsync(string api, Data data, int rows, int rounds, Table table)
    {
        var (org, events) = (await data.SampleAsync(1))[0];
        await using var superuser = await Data.OpenAsync(data.Superuser);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Filling {rows} registrations of one tenant ..."));
        await ExecuteAsync(superuser, "set session_replication_role = replica");
        await ExecuteAsync(superuser, Fill, org, events[0], rows);
        await ExecuteAsync(superuser, "reset session_replication_role");
        await ExecuteAsync(superuser, "vacuum (analyze, freeze) registrations");
        await ExecuteAsync(superuser, "checkpoint");

        var folder = Directory.CreateTempSubdirectory("clean-tenancy-export");
        try
        {
            await using var server = await Server.StartApiAsync(
                api, data, data.App, ("Sweeps__Enabled", "true"), ("Files__Root", folder.FullName),
                ("Exports__TempFolder", Path.Combine(folder.FullName, "temp")));
            using var client = new HttpClient();
            var token = await Data.TokenAsync(client, server, Data.First.Slug);
            var idle = server.PeakBytes;
            var (floors, ours) = (new List<double>(), new List<double>());
            for (var n = 0; n < rounds; n++)
            {
                floors.Add(await CopyAsync(data.Superuser, org, Path.Combine(folder.FullName, "copy.txt")));
                var (seconds, bytes) = await ExportAsync(client, server, token);
                ours.Add(seconds);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"copy {floors[^1]:0.00} s, export {seconds:0.00} s, {bytes / MiB:0.0} MiB"));
            }

            table.Add(new(Name, "export of registrations, time", 2.00), new(Duel.Median(floors), Duel.Median(ours), " s"));
            table.Add(new(Name, "export, peak memory of the process", 300 / 150.0), new(150, server.PeakBytes / MiB, " MiB"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"resident at most: {idle / MiB:0} MiB before, {server.PeakBytes / MiB:0} MiB after"));
        }
        finally
        {
            folder.Delete(recursive: true);
            await ExecuteAsync(superuser, "truncate registrations");
        }
    }

    /// <returns>Seconds.</returns>
    private static async Task<double> CopyAsync(string superuser, Guid org, string file)
    {
        var settings = new NpgsqlConnectionStringBuilder(superuser);
        var start = new ProcessStartInfo(
            Psql(),
            [
                "-X", "-q", "-h", settings.Host!, "-p", settings.Port.ToString(CultureInfo.InvariantCulture),
                "-U", settings.Username!, "-d", settings.Database!, "-o", file,
                "-c", $"copy (select * from registrations where org_id = '{org}') to stdout",
            ])
        {
            Environment = { ["PGPASSWORD"] = settings.Password },
        };
        var watch = Stopwatch.StartNew();
        using var psql = Process.Start(start)!;
        await psql.WaitForExitAsync();
        return psql.ExitCode == 0
            ? watch.Elapsed.TotalSeconds
            : throw new InvalidOperationException($"psql ended with {psql.ExitCode}.");
    }

    /// <summary>The newest that is installed, or the one on the path.</summary>
    private static string Psql() =>
        (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [])
        .Select(folder => Path.Combine(folder, "bin", "psql")).Where(File.Exists).Order(StringComparer.Ordinal).LastOrDefault() ?? "psql";

    /// <returns>Seconds from the request to the end of the operation, and bytes of the archive.</returns>
    private static async Task<(double Seconds, long Bytes)> ExportAsync(HttpClient client, Server server, string token)
    {
        var watch = Stopwatch.StartNew();
        var started = await AskAsync(client, server, token, HttpMethod.Post, "/v1/exports");
        while (true)
        {
            await Task.Delay(20);
            var operation = await AskAsync(
                client, server, token, HttpMethod.Get, $"/v1/operations/{started.GetProperty("id").GetString()}");
            switch (operation.GetProperty("status").GetString())
            {
                case "succeeded":
                    return (watch.Elapsed.TotalSeconds, operation.GetProperty("result").GetProperty("bytes").GetInt64());
                case "queued" or "running":
                    continue;
                default:
                    throw new InvalidOperationException($"The export failed: {operation}.");
            }
        }
    }

    private static async Task<JsonElement> AskAsync(
        HttpClient client, Server server, string token, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, server.Url(path));
        request.Headers.Host = server.HostOf(Data.First.Slug);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (method == HttpMethod.Post) request.Headers.Add("Idempotency-Key", $"{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}");
        using var response = await client.SendAsync(request);
        return await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }
}
