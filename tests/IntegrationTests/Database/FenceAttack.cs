using Npgsql;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>One table, one role, one binding: all commands, each in a savepoint, so that nothing of it stays.</summary>
internal sealed class FenceAttack(
    NpgsqlConnection connection, string role, string context, MatrixTable table, List<string> findings)
{
    private const string Denied = "42501", NoUuid = "22P02", NoCopy = "0A000", Locked = "55P03";

    /// <summary>A row that others point at; from PostgreSQL 18 on, ON DELETE RESTRICT has a code of its own.</summary>
    private static readonly string?[] StillReferenced = ["23503", "23001"];

    private readonly MatrixContext _context = FenceMatrix.Contexts[context];
    private readonly (string Name, string Key) _is = (table.Of.FullName, table.Key);

    public int Statements { get; private set; }

    private Guid? Tenant => _context.Tenant;

    private long Own => Tenant is { } tenant ? table.Rows[tenant].Count : 0;

    private IEnumerable<Guid> Foreigners => new[] { OwnDatabase.A, OwnDatabase.B }.Where(t => t != Tenant);

    private Reach? Reach => FenceMatrix.Reached.GetValueOrDefault((role, table.Name));

    private bool IsFenced => role == FenceMatrix.App || Reach is { IsBound: true };

    private bool IsOwner => role == table.Of.Owner;

    public async Task RunAsync()
    {
        await ReadAsync();
        await ChangeAsync();
        await MoveAsync();
        await MakeForeignAsync();
        await MakeOwnAsync();
        await PassByAsync();
    }

    private async Task ReadAsync()
    {
        var (name, key) = _is;
        await AllAsync("SELECT", "SELECT", $"select {key} from {name}");
        await AllAsync("SELECT FOR UPDATE", "UPDATE", $"select {key} from {name} for update");
        // Asking for the other tenant by name shows no more.
        foreach (var foreign in Foreigners)
            await NoneAsync("SELECT foreign", "SELECT", $"select {key} from {name} where {key} = '{foreign}'");

        // COPY of a partitioned table under the fence reads ONLY the empty parent.
        var source = table.Of.IsPartitioned ? $"(select {key} from {name})" : $"{name} ({key})";
        await AllAsync("COPY TO", "SELECT", async () =>
        {
            using var reader = await connection.BeginTextExportAsync($"copy {source} to stdout");
            var lines = (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return [.. lines.Select(Guid.Parse)];
        });
    }

    private async Task ChangeAsync()
    {
        var (name, key) = _is;
        await AllAsync("UPDATE", "UPDATE", $"update {name} set {key} = {key} returning {key}");
        await AllAsync("MERGE", "UPDATE", async () =>
        {
            var changed = await connection.ExecuteAsync(
                $"merge into {name} t using (select 1) one on true when matched then update set {key} = t.{key}");
            return [.. Enumerable.Repeat(Tenant ?? Guid.Empty, changed)];
        });
        await AllAsync("DELETE", "DELETE", $"delete from {name} returning {key}", StillReferenced);
        foreach (var foreign in Foreigners)
        {
            await NoneAsync(
                "UPDATE foreign", "UPDATE",
                $"update {name} set {key} = {key} where {key} = '{foreign}' returning {key}");
            await NoneAsync(
                "DELETE foreign", "DELETE", $"delete from {name} where {key} = '{foreign}' returning {key}");
        }
    }

    private async Task MoveAsync()
    {
        foreach (var foreign in Foreigners)
        {
            var result = await TryAsync($"update {_is.Name} set {_is.Key} = '{foreign}' returning {_is.Key}");
            if (!Settled("UPDATE to a foreign tenant", "UPDATE", result))
                Expect("UPDATE to a foreign tenant", result, Own == 0 ? null : Denied, rows: 0);
        }
    }

    private async Task MakeForeignAsync()
    {
        var (name, key) = _is;
        var names = string.Join(", ", table.Of.Columns.Select(c => c.Name));
        var values = string.Join(", ", table.Of.Columns.Select(c => $"s.{c.Name}"));
        var commands = new Dictionary<string, string>
        {
            ["INSERT foreign"] = table.Of.Insert,
            ["INSERT foreign ON CONFLICT DO NOTHING"] = table.Of.Insert + " on conflict do nothing",
            ["INSERT foreign ON CONFLICT DO UPDATE"] =
                table.Of.Insert + $" on conflict {table.Of.PrimaryKey} do update set {key} = excluded.{key}",
            ["MERGE foreign"] =
                $"merge into {name} t using (select * from jsonb_populate_record(null::{name}, $1::jsonb)) s on false "
                + $"when not matched then insert ({names}) values ({values})",
        };
        foreach (var foreign in Foreigners)
        {
            // As it is there, and as it is not there yet: the answers are the same.
            foreach (var row in new[] { table.Rows[foreign].Present, table.Rows[foreign].Another })
                foreach (var (command, sql) in commands)
                    Refused(command, "INSERT", await TryAsync(sql, row), mayElsewhere: Reach is not { MakesOwn: true });
        }
    }

    private async Task MakeOwnAsync()
    {
        if (Tenant is not { } own) return;

        var another = table.Rows[own];
        var made = await TryAsync(table.Of.Insert, another.Another);
        if (!IsFenced) Refused("INSERT own", "INSERT", made);
        // As if there were no fence: a purged tenant has no parent to point at.
        else if (!Settled("INSERT own", "INSERT", made))
            Expect("INSERT own", made, another.Unfenced);

        var again = await TryAsync(
            table.Of.Insert + $" on conflict {table.Of.PrimaryKey} do update set {_is.Key} = excluded.{_is.Key} "
            + $"returning {_is.Key}",
            another.Present);
        if (!IsFenced) Refused("INSERT own ON CONFLICT DO UPDATE", "INSERT", again);
        else if (!May("UPDATE")) Expect("INSERT own ON CONFLICT DO UPDATE", again, Denied);
        else if (!Settled("INSERT own ON CONFLICT DO UPDATE", "INSERT", again))
            Expect("INSERT own ON CONFLICT DO UPDATE", again, own == FenceMatrix.Gone ? another.Unfenced : null);
    }

    private async Task PassByAsync()
    {
        foreach (var truncate in new[] { $"truncate {_is.Name}", $"truncate {_is.Name} cascade" })
        {
            // Its owner may, whatever the fence: nobody logs in as one.
            var result = await TryAsync(truncate);
            if (IsOwner) Expect("TRUNCATE", result, [null, NoCopy, Denied], rows: null);
            else Expect("TRUNCATE", result, Denied);
        }

        // UPDATE and DELETE allow it; the time limits end it.
        var locked = await TryAsync($"lock table {_is.Name} in access exclusive mode nowait");
        var may = IsOwner || (IsFenced && (May("UPDATE") || May("DELETE"))) || Reaches("UPDATE")
            || Reaches("DELETE");
        Expect("LOCK", locked, may ? [null, Locked] : [Denied], rows: null);

        var copied = await TryAsync(async () =>
        {
            await using var writer = await connection.BeginTextImportAsync($"copy {_is.Name} from stdin");
            return [];
        });
        Expect(
            "COPY FROM", copied,
            IsOwner || (IsFenced && May("INSERT")) || Reaches("INSERT") ? NoCopy : Denied);
    }

    private bool Reaches(string privilege) =>
        Reach is { IsBound: false } reach && reach.Privileges.Contains(privilege, StringComparison.Ordinal);

    private bool May(string privilege) => Reach is { IsBound: true } reach
        ? reach.Privileges.Contains(privilege, StringComparison.Ordinal)
        : table.Of.May(privilege);

    private Task AllAsync(string command, string privilege, string sql, IReadOnlyList<string?>? orElse = null) =>
        AllAsync(command, privilege, () => connection.ListAsync<Guid>(sql), orElse);

    private async Task AllAsync(
        string command, string privilege, Func<Task<List<Guid>>> act, IReadOnlyList<string?>? orElse = null)
    {
        var result = await TryAsync(act);
        if (ReadsAll(command)) return; // its own policies say what; they are listed
        if (command == "MERGE" && (Reach is { ReadsAll: true } || (Reaches("SELECT") && !Reaches("UPDATE"))))
        {
            // It does not pass by a row that it sees and may not change.
            Expect(command, result, _context.IsNoUuid ? [Denied, NoUuid] : [Denied], rows: 0);
            return;
        }

        if (orElse?.Contains(result.State) is true && IsFenced && May(privilege) && Own > 0) return;

        if (!Settled(command, privilege, result)) Expect(command, result, state: null, Own);
    }

    private async Task NoneAsync(string command, string privilege, string sql)
    {
        var result = await TryAsync(sql);
        if (ReadsAll(command)) return;
        if (!Settled(command, privilege, result)) Expect(command, result, state: null, rows: 0);
    }

    /// <summary>Locking a row asks the policies of changing, too.</summary>
    private bool ReadsAll(string command) =>
        Reach is { ReadsAll: true } && command is ("SELECT" or "SELECT foreign" or "COPY TO");

    /// <summary>What does not depend on whose rows there are.</summary>
    private bool Settled(string command, string privilege, (List<Guid> Rows, string? State) result)
    {
        if (IsFenced && May(privilege) && !_context.IsNoUuid) return false;

        if (IsFenced && May(privilege)) Expect(command, result, NoUuid);
        // Planning may look at the setting before the privileges are.
        else if (IsFenced) Expect(command, result, _context.IsNoUuid ? [Denied, NoUuid] : [Denied], rows: 0);
        else if (Reaches(privilege)) return true; // its own policies say what; they are listed
        else if (IsOwner) Expect(command, result, state: null, rows: 0); // forced, and no policy is its own
        else Expect(command, result, Denied);
        return true;
    }

    private void Refused(
        string command, string privilege, (List<Guid> Rows, string? State) result, bool mayElsewhere = true)
    {
        if (mayElsewhere && Reaches(privilege)) return;

        Expect(command, result, (IsFenced || !mayElsewhere) && _context.IsNoUuid ? [Denied, NoUuid] : [Denied], rows: 0);
    }

    private void Expect(string command, (List<Guid> Rows, string? State) result, string? state, long? rows = null) =>
        Expect(command, result, [state], rows);

    private void Expect(
        string command, (List<Guid> Rows, string? State) result, IReadOnlyList<string?> states, long? rows)
    {
        var isExpected = states.Contains(result.State)
            && (rows is null || result.State is not null || result.Rows.Count == rows)
            && result.Rows.TrueForAll(owner => owner == Tenant);
        if (!isExpected)
            findings.Add(
                $"{role}, bound to {context}: {command} {table.Name}: {result.State ?? "allowed"}, "
                + $"{result.Rows.Count} rows of [{string.Join(", ", result.Rows.Distinct())}] instead of "
                + string.Join(" or ", states.Select(s => s ?? "allowed"))
                + $", {rows} rows");
    }

    private Task<(List<Guid> Rows, string? State)> TryAsync(string sql, params object[] parameters) =>
        TryAsync(() => connection.ListAsync<Guid>(sql, parameters));

    private async Task<(List<Guid> Rows, string? State)> TryAsync(Func<Task<List<Guid>>> act)
    {
        Statements++;
        await connection.ExecuteAsync("savepoint one");
        List<Guid> rows = [];
        var (state, _) = await Sql.RefusalAsync(async () => rows = await act());
        await connection.ExecuteAsync("rollback to savepoint one");
        return (rows, state);
    }
}
