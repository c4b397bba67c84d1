using System.Buffers.Binary;
using System.Buffers.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace CleanTenancy.Benchmarks;

/// <summary>
/// What the same answers cost without us: a Minimal API, one prepared command with the tenant in its predicate, no
/// token, no fence, no EF. Our API is measured in multiples of it.
/// </summary>
internal static class Floor
{
    /// <summary>The environment variable with the connection string.</summary>
    public const string Database = "FLOOR_DATABASE";

    public const string One = """
        select id, slug, status, title, description, starts_at, ends_at, time_zone, capacity, registered, attendance_mode,
          venue_name, venue_address, online_url, visibility, sales_start_at, sales_end_at, contact_email, translations,
          currency, version, created_at, updated_at
        from events where org_id = $1 and id = $2 and status <> 'deleted'
        """;

    public const string Page = """
        select id, slug, status, title, starts_at, ends_at, time_zone, capacity, registered, attendance_mode, visibility,
          version, created_at, updated_at
        from events where org_id = $1 and status <> 'deleted' order by id desc limit $2
        """;

    private const string Insert = """
        insert into bare.events (org_id, id, slug, status, title, description, starts_at, ends_at, time_zone, capacity,
          registered, attendance_mode, venue_name, venue_address, online_url, visibility, sales_start_at, sales_end_at,
          contact_email, translations, currency, version, created_at, updated_at)
        values ($1, $2, $3, 'draft', $4, $5, $6, $7, 'Asia/Seoul', $8, 0, 'in_person', $9, $10, null, 'public', null,
          null, null, null, 'KRW', 1, $11, $11)
        """;

    public static async Task<int> RunAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Environment.GetEnvironmentVariable(Database))
        {
            NoResetOnClose = true,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
        });
        await using var app = builder.Build();
        app.MapGet("/{org:guid}/{id:guid}", (Guid org, Guid id, CancellationToken ct) => OneAsync(source, org, id, ct));
        app.MapPost("/{org:guid}", (Guid org, Draft body, CancellationToken ct) => CreateAsync(source, org, body, ct));
        app.MapGet("/{org:guid}", (Guid org, int limit, CancellationToken ct) => PageAsync(source, org, limit, ct));
        await app.RunAsync();
        return 0;
    }

    private static async Task<Details?> OneAsync(NpgsqlDataSource source, Guid org, Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(One, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = org });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken)) return null;

        var (startsAt, endsAt) = (row.GetDateTime(5), row.GetDateTime(6));
        return new Details(
            row.GetGuid(0), row.GetString(1), row.GetString(2), Lifecycle(startsAt, endsAt), row.GetString(3), Text(row, 4),
            startsAt, endsAt, row.GetString(7), row.IsDBNull(8) ? null : row.GetInt32(8), row.GetInt32(9), row.GetString(10),
            row.IsDBNull(11) ? null : new Place(row.GetString(11), Text(row, 12)),
            Text(row, 13), row.GetString(14), Time(row, 15), Time(row, 16), Text(row, 17), Text(row, 18), row.GetString(19),
            row.GetInt64(20), row.GetDateTime(21), row.GetDateTime(22));
    }

    private static async Task<List> PageAsync(NpgsqlDataSource source, Guid org, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Page, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = org });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit + 1 });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<Summary>(limit);
        while (rows.Count < limit && await row.ReadAsync(cancellationToken))
        {
            var (startsAt, endsAt) = (row.GetDateTime(4), row.GetDateTime(5));
            rows.Add(new Summary(
                row.GetGuid(0), row.GetString(1), row.GetString(2), Lifecycle(startsAt, endsAt), row.GetString(3), startsAt,
                endsAt, row.GetString(6), row.IsDBNull(7) ? null : row.GetInt32(7), row.GetInt32(8), row.GetString(9),
                row.GetString(10), row.GetInt64(11), row.GetDateTime(12), row.GetDateTime(13)));
        }

        return new List(rows, await row.ReadAsync(cancellationToken) ? Cursor(rows[^1]) : null);
    }

    private static async Task<Created<Details>> CreateAsync(
        NpgsqlDataSource source, Guid org, Draft draft, CancellationToken cancellationToken)
    {
        var instant = TimeProvider.System.GetUtcNow();
        var (now, id) = (instant.UtcDateTime, Guid.CreateVersion7(instant));
        var slug = $"{draft.Title.ToLowerInvariant()}-{id:N}";
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Insert, connection, transaction)
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = org },
                new NpgsqlParameter<Guid> { TypedValue = id },
                new NpgsqlParameter<string> { TypedValue = slug },
                new NpgsqlParameter<string> { TypedValue = draft.Title },
                new NpgsqlParameter<string> { TypedValue = draft.Description },
                new NpgsqlParameter<DateTime> { TypedValue = draft.StartsAt },
                new NpgsqlParameter<DateTime> { TypedValue = draft.EndsAt },
                new NpgsqlParameter<int> { TypedValue = draft.Capacity },
                new NpgsqlParameter<string> { TypedValue = draft.Venue.Name },
                new NpgsqlParameter<string> { TypedValue = draft.Venue.Address! },
                new NpgsqlParameter<DateTime> { TypedValue = now },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Created($"/{org}/{id}", new Details(
            id, slug, "draft", Lifecycle(draft.StartsAt, draft.EndsAt), draft.Title, draft.Description, draft.StartsAt,
            draft.EndsAt, "Asia/Seoul", draft.Capacity, 0, "in_person", draft.Venue, null, "public", null, null, null,
            null, "KRW", 1, now, now));
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static DateTime? Time(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetDateTime(column);

    private static string Lifecycle(DateTime startsAt, DateTime endsAt)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        return now < startsAt ? "upcoming" : now < endsAt ? "ongoing" : "ended";
    }

    private static string Cursor(Summary last)
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteInt64BigEndian(bytes, last.UpdatedAt.Ticks);
        last.Id.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    private sealed record Draft(
        string Title, string Description, DateTime StartsAt, DateTime EndsAt, int Capacity, Place Venue);

    private sealed record Place(string Name, string? Address);

    private sealed record Details(
        Guid Id, string Slug, string Status, string Lifecycle, string Title, string? Description, DateTime StartsAt,
        DateTime EndsAt, string TimeZone, int? Capacity, int Registered, string AttendanceMode, Place? Venue,
        string? OnlineUrl, string Visibility, DateTime? SalesStartAt, DateTime? SalesEndAt, string? ContactEmail,
        string? Translations, string Currency, long Version, DateTime CreatedAt, DateTime UpdatedAt);

    private sealed record Summary(
        Guid Id, string Slug, string Status, string Lifecycle, string Title, DateTime StartsAt, DateTime EndsAt,
        string TimeZone, int? Capacity, int Registered, string AttendanceMode, string Visibility, long Version,
        DateTime CreatedAt, DateTime UpdatedAt);

    private sealed record List(IReadOnlyList<Summary> Data, string? NextCursor);
}
