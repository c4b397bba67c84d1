using System.Text.RegularExpressions;
using MediatR;

namespace CleanTenancy.ArchitectureTests;

/// <summary>What an assembly no longer shows: rules over the text of src.</summary>
public sealed partial class SourceTests
{
    private const string Persistence = "src/Infrastructure/Persistence/";

    /// <summary>Raw SQL elsewhere.</summary>
    private static readonly Dictionary<string, string> RawSql = new()
    {
        ["src/Infrastructure/Signals/SignalListener.cs"] = "LISTEN needs a connection of its own, outside the pool.",
        ["src/Infrastructure/Development/DevelopmentServer.cs"] = "CREATE DATABASE comes before there is a schema; development only.",
    };

    /// <summary>State of a session: what is left on a connection when it goes back to the pool.</summary>
    private static readonly Dictionary<string, string> SessionState = new()
    {
        ["src/Infrastructure/Signals/SignalListener.cs: listen"] = "The connection is closed instead of going back to the pool.",
        ["src/Infrastructure/Persistence/Isolation/IsolationRules.cs: temporary table"] = "The words of a rule that forbids them.",
    };

    /// <summary>Transactions that SQL itself begins and ends.</summary>
    private static readonly Dictionary<string, string> RawTransactions = new()
    {
        [Persistence + "BoundRead.cs"] = "BEGIN, binding, query and COMMIT are one round trip (ADR 0012).",
        [Persistence + "Isolation/IsolationCheck.cs"] = "Probes the fence in the same form as a bound read.",
        [Persistence + "Isolation/CanaryProbe.cs"] = "Each attempt is taken back to its savepoint, in a transaction that is rolled back.",
    };

    [Fact]
    public void The_mediator_is_named_in_three_places_and_by_handlers() => KnowersOfTheMediator(Source.Files()).ShouldBeEmpty();

    [Fact]
    public void The_mediator_named_elsewhere_is_seen() =>
        KnowersOfTheMediator(
        [
            new("src/Application/Events/GetEvent.cs", "using MediatR; class H : IRequestHandler<GetEvent, X>;"),
            new("src/Application/Events/Twice.cs", "using MediatR; class H(IMediator m) : IRequestHandler<GetEvent, X>;"),
            new("src/Application/Events/Idle.cs", "using MediatR; class H;"),
            new("src/Api/Events/EventEndpoints.cs", "class E(MediatR.IMediator m);"),
            new("src/Domain/Events/Event.cs", "// MediatR is not known here"),
        ]).ShouldBe(["src/Application/Events/Twice.cs", "src/Application/Events/Idle.cs", "src/Api/Events/EventEndpoints.cs"]);

    [Fact]
    public void Raw_SQL_stands_in_Persistence()
    {
        WithRawSql(Source.Files()).Count(path => path.StartsWith(Persistence, StringComparison.Ordinal)).ShouldBeGreaterThan(5);
        AllowList.Breaches(
            WithRawSql(Source.Files()).Where(path => !path.StartsWith(Persistence, StringComparison.Ordinal)), RawSql).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("new NpgsqlCommand(sql, connection)")]
    [InlineData("source.CreateCommand(sql)")]
    [InlineData("db.Command(sql)")]
    [InlineData("db.Events.FromSql($\"select\")")]
    [InlineData("db.Database.ExecuteSqlAsync($\"delete\")")]
    [InlineData("db.Database.SqlQuery<int>($\"select\")")]
    public void Raw_SQL_elsewhere_is_seen(string code) =>
        WithRawSql([new("src/Api/A.cs", code)]).ShouldBe(["src/Api/A.cs"]);

    [Theory]
    [InlineData("// NpgsqlCommand")]
    [InlineData("\"FromSql(\"")]
    [InlineData("bool IsCommand(Type type)")]
    public void Words_about_raw_SQL_are_not_raw_SQL(string code) => WithRawSql([new("src/Api/A.cs", code)]).ShouldBeEmpty();

    [Fact]
    public void Nobody_ignores_the_tenant_filter()
    {
        Source.Files().ShouldContain(file => file.Code.Contains("IgnoreQueryFilters("));
        Unrouted(Source.Files()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("db.Events.IgnoreQueryFilters()")]
    [InlineData("db.Events.IgnoreQueryFilters([QueryFilters.Tenant])")]
    [InlineData("db.Events.IgnoreQueryFilters([QueryFilters.Deleted, QueryFilters.Tenant])")]
    [InlineData("db.Events.IgnoreQueryFilters(names)")]
    public void A_tenant_filter_that_is_ignored_is_seen(string code) => Unrouted([new("a.cs", code)]).ShouldBe(["a.cs"]);

    [Fact]
    public void No_SQL_leaves_state_on_a_session()
    {
        var statements = Statements();
        statements.Count(s => s.Path.EndsWith(".sql", StringComparison.Ordinal)).ShouldBeGreaterThan(3);
        statements.ShouldContain(s => s.Text.Contains("pg_advisory_xact_lock"));
        AllowList.Breaches(WithSessionState(statements), SessionState).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("select set_config('app.x', $1, false)", "set_config")]
    [InlineData("select set_config('app.x', coalesce(p::text, ''), false) || ''", "set_config")]
    [InlineData("SET SESSION authorization x", "set")]
    [InlineData("set role application_role", "set")]
    [InlineData("select 1; set statement_timeout = 5", "set")]
    [InlineData("select pg_advisory_lock(1)", "advisory lock")]
    [InlineData("select pg_try_advisory_lock_shared(1)", "advisory lock")]
    [InlineData("create temporary table t ()", "temporary table")]
    [InlineData("select 1 into temp t", "temporary table")]
    [InlineData("declare c cursor with hold for select 1", "cursor with hold")]
    [InlineData("listen somebody", "listen")]
    [InlineData("prepare p as select 1", "prepare")]
    public void State_of_a_session_is_seen(string sql, string what) =>
        WithSessionState([new("a.cs", sql)]).ShouldBe([$"a.cs: {what}"]);

    [Theory]
    [InlineData("select set_config('app.x', $1, true)")]
    [InlineData("set local statement_timeout = 5")]
    [InlineData("select pg_advisory_xact_lock(1), pg_try_advisory_xact_lock(2)")]
    [InlineData("insert into t values (1) on conflict (a) do update\nset a = excluded.a, b = false")]
    [InlineData("alter role application_role set lock_timeout = '5s'")]
    [InlineData("create function f() language sql set search_path = pg_catalog, pg_temp")]
    [InlineData("Not listening for changes of other instances")]
    public void Transaction_local_SQL_is_not_state_of_a_session(string sql) =>
        WithSessionState([new("a.cs", sql)]).ShouldBeEmpty();

    [Fact]
    public void Only_bound_reads_begin_and_commit_by_themselves() =>
        AllowList.Breaches(WithRawTransactions(Statements()), RawTransactions).ShouldBeEmpty();

    [Theory]
    [InlineData("begin")]
    [InlineData("BEGIN READ WRITE")]
    [InlineData("commit;")]
    [InlineData("rollback to savepoint x")]
    [InlineData("start transaction isolation level serializable")]
    [InlineData("select 1;\ncommit;\n")]
    public void A_raw_transaction_is_seen(string sql) => WithRawTransactions([new("a.sql", sql)]).ShouldBe(["a.sql"]);

    [Theory]
    [InlineData("language plpgsql as $$\nbegin\n  return 1;\nend\n$$;")]
    [InlineData("beginning of the page")]
    public void A_block_is_not_a_raw_transaction(string sql) => WithRawTransactions([new("a.sql", sql)]).ShouldBeEmpty();

    [Fact]
    public void Literals_and_comments_are_told_apart()
    {
        var file = new SourceFile("a.cs", """"
            var a = "one // no comment"; // "no literal"
            var b = $"""
                two "quoted"
                """; /* """three""" */ var c = '"'; var d = @"fo""ur";
            """");
        file.Literals.Select(literal => literal.Trim()).ShouldBe(["one // no comment", "two \"quoted\"", "fo\"\"ur"]);
        file.Code.ShouldNotContain("literal");
        file.Code.ShouldContain("var d =");
    }

    private static IEnumerable<string> KnowersOfTheMediator(IReadOnlyList<SourceFile> files)
    {
        var names = typeof(IMediator).Assembly.GetExportedTypes().Select(type => type.Name.Split('`')[0])
            .Where(name => name != "IRequestHandler").ToHashSet();
        names.ShouldContain("IPipelineBehavior");
        var knowing = files.Where(file => Identifiers(file).Contains("MediatR")).ToList();
        knowing.ShouldNotBeEmpty();
        return
            from file in knowing
            where !file.Path.StartsWith("src/Application/Common/Behaviors/", StringComparison.Ordinal)
                && file.Path is not ("src/Application/Common/Requests.cs" or "src/Application/DependencyInjection.cs")
            let found = Identifiers(file)
            where !found.Contains("IRequestHandler") || found.Overlaps(names)
                || file.Code.Contains("MediatR.", StringComparison.Ordinal)
            select file.Path;
    }

    private static HashSet<string> Identifiers(SourceFile file) =>
        Word().Matches(file.Code).Select(word => word.Value).ToHashSet();

    private static IEnumerable<string> WithRawSql(IReadOnlyList<SourceFile> files)
    {
        files.ShouldNotBeEmpty();
        return files.Where(file => RawCommand().IsMatch(file.Code)).Select(file => file.Path);
    }

    /// <summary>The analyzer bans the form without names; names it cannot read.</summary>
    private static IEnumerable<string> Unrouted(IReadOnlyList<SourceFile> files) =>
        from file in files
        where file.Code.Replace("IgnoreQueryFilters([QueryFilters.Deleted])", "", StringComparison.Ordinal)
            .Contains("IgnoreQueryFilters", StringComparison.Ordinal)
        select file.Path;

    /// <summary>Each SQL file without comments, and each literal of C#.</summary>
    private static IReadOnlyList<SourceFile> Statements() =>
    [
        .. Repository.Files("src", ".sql").Select(file => file with { Text = SqlComment().Replace(file.Text, "") }),
        .. Source.Files().SelectMany(file => file.Literals.Select(literal => new SourceFile(file.Path, literal))),
    ];

    private static IEnumerable<string> WithSessionState(IReadOnlyList<SourceFile> statements) =>
        (from statement in statements
         from pattern in SessionPatterns
         where Regex.IsMatch(statement.Text, pattern.Value, RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5))
         select $"{statement.Path}: {pattern.Key}").Distinct();

    /// <summary>A statement begins at the start, behind a semicolon, in a block, or in a text that is executed.</summary>
    private const string Start = @"(^\s*|;\s*|\bbegin\s+|\bthen\s+|\bloop\s+|\belse\s+|execute\s+'|\$\$\s*)";

    private static readonly Dictionary<string, string> SessionPatterns = new()
    {
        ["set_config"] = @"set_config\s*\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*,\s*(false|'f'|'off'|0)\s*\)",
        ["set"] = Start + @"set\s+(?!local\b|constraints\b|transaction\b)(session|role|time\s+zone|[a-z_.]+\s*(=|to\b))",
        ["advisory lock"] = @"\bpg_(try_)?advisory_lock(_shared)?\s*\(",
        ["temporary table"] = @"\bcreate\s+((global|local)\s+)?temp(orary)?\b|\binto\s+temp(orary)?\b",
        ["cursor with hold"] = @"\bwith\s+hold\b",
        ["listen"] = Start + @"listen\s+\S",
        ["prepare"] = Start + @"prepare\s+\w+",
    };

    private static IEnumerable<string> WithRawTransactions(IReadOnlyList<SourceFile> statements) =>
        statements.Where(statement => RawTransaction().IsMatch(statement.Text)).Select(statement => statement.Path).Distinct();

    [GeneratedRegex(@"\w+", RegexOptions.None, 1_000)]
    private static partial Regex Word();

    [GeneratedRegex(
        @"\bNpgsql(Batch)?Command\b|\bNpgsqlBatch\b|\bCreateCommand\b|\.Command\(|\b(FromSql|ExecuteSql|SqlQuery)",
        RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex RawCommand();

    [GeneratedRegex("--[^\n]*", RegexOptions.None, 1_000)]
    private static partial Regex SqlComment();

    [GeneratedRegex(
        @"(^\s*|;\s*)((commit|rollback|abort)(\s+(work|transaction|to|and|prepared)\b[^;]*)?"
        + @"|begin(\s+(work|transaction|isolation|read|not|deferrable)\b[^;]*)?"
        + @"|start\s+transaction[^;]*|savepoint\s+\w+)\s*(;|$)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex RawTransaction();
}
