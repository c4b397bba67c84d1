using System.Reflection;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.ArchitectureTests;

/// <summary>The analyzer says nothing about a line that it cannot resolve: an entry with a typing error bans nothing.</summary>
public sealed class BannedSymbolTests
{
    private static readonly string[] HaveToBeBanned =
    [
        "P:System.DateTime.Now", "P:System.DateTime.UtcNow", "P:System.DateTimeOffset.UtcNow", "M:System.Guid.NewGuid",
        "M:Microsoft.EntityFrameworkCore.RelationalQueryableExtensions.FromSqlRaw",
        "M:Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.ExecuteSqlRaw(",
        "M:Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.ExecuteSqlRawAsync(",
        "T:System.Transactions.TransactionScope", "P:System.Threading.Tasks.Task`1.Result", "M:Stripe.EventUtility.ParseEvent(",
    ];

    private static readonly Assembly[] Assemblies =
    [
        typeof(object).Assembly, typeof(System.Transactions.Transaction).Assembly,
        typeof(DbContext).Assembly, typeof(RelationalDatabaseFacadeExtensions).Assembly,
    ];

    private static IReadOnlyList<string> Ids =>
        [.. Repository.Read("BannedSymbols.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(';')[0])];

    [Fact]
    public void The_list_names_what_the_house_bans() =>
        HaveToBeBanned.Where(banned => !Ids.Any(id => id.StartsWith(banned, StringComparison.Ordinal))).ShouldBeEmpty();

    [Fact]
    public void Each_entry_says_what_to_do_instead() =>
        Repository.Read("BannedSymbols.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Split(';', 2) is not [_, { Length: > 5 }]).ShouldBeEmpty();

    [Fact]
    public void Each_entry_is_a_real_symbol()
    {
        Ids.Count.ShouldBeGreaterThan(10);
        // Until the package is here, there is nothing to resolve its name with.
        var known = Repository.Read("Directory.Packages.props").Contains("\"Stripe.net\"", StringComparison.Ordinal)
            ? Ids
            : Ids.Where(id => !id.StartsWith("M:Stripe.", StringComparison.Ordinal));
        Unresolved(known).ShouldBeEmpty();
    }

    [Fact]
    public void A_typing_error_is_seen()
    {
        string[] wrong =
        [
            "P:System.DateTime.Nov", "M:System.Guid.NewGuid()", "T:System.Transactions.TransactionScop",
            "M:System.Threading.Tasks.Task.Wait(System.Int64)", "P:System.Threading.Tasks.Task.Result",
        ];
        Unresolved([.. wrong, "M:System.Threading.Tasks.Task.Wait(System.Int32)"]).ShouldBe(wrong);
    }

    [Fact]
    public void Each_project_reads_the_list()
    {
        var build = Repository.Read("Directory.Build.props");
        build.ShouldContain("<AdditionalFiles Include=\"$(MSBuildThisFileDirectory)BannedSymbols.txt\" />");
        build.ShouldContain("Microsoft.CodeAnalysis.BannedApiAnalyzers");
        build.ShouldContain("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>");
        Source.Files().Where(file => file.Text.Contains("RS0030", StringComparison.Ordinal)).Select(file => file.Path)
            .ShouldBeEmpty();
        Repository.Read(".editorconfig").ShouldNotContain("RS0030");
    }

    private static List<string> Unresolved(IEnumerable<string> ids) => [.. ids.Where(id => !Exists(id))];

    private static bool Exists(string id)
    {
        var name = id[2..].Split('(')[0];
        if (id[0] == 'T') return Find(name) is not null;

        return Find(name[..name.LastIndexOf('.')]) is { } type && type.GetMembers().Any(member => IdOf(member) == id);
    }

    private static Type? Find(string name) =>
        Loaded().Select(assembly => assembly.GetType(name)).FirstOrDefault(type => type is not null);

    private static Assembly[] Loaded() =>
        File.Exists(Path.Combine(AppContext.BaseDirectory, "Stripe.net.dll"))
            ? [.. Assemblies, Assembly.Load("Stripe.net")]
            : Assemblies;

    /// <summary>As the C# standard spells it (annex D.4.2), as far as the list needs.</summary>
    private static string? IdOf(MemberInfo member) => member switch
    {
        PropertyInfo property => $"P:{property.DeclaringType!.FullName}.{property.Name}",
        MethodInfo method => $"M:{method.DeclaringType!.FullName}.{method.Name}{Arity(method)}{Parameters(method)}",
        _ => null,
    };

    private static string Arity(MethodInfo method) => method.IsGenericMethod ? $"``{method.GetGenericArguments().Length}" : "";

    private static string Parameters(MethodInfo method) => method.GetParameters() is { Length: > 0 } parameters
        ? $"({string.Join(',', parameters.Select(parameter => NameOf(parameter.ParameterType)))})"
        : "";

    private static string NameOf(Type type)
    {
        if (type.IsGenericMethodParameter) return $"``{type.GenericParameterPosition}";
        if (type.IsGenericTypeParameter) return $"`{type.GenericParameterPosition}";
        if (type.IsArray) return NameOf(type.GetElementType()!) + "[]";
        if (!type.IsGenericType) return type.FullName ?? type.Name;

        var definition = type.GetGenericTypeDefinition().FullName!.Split('`')[0];
        return $"{definition}{{{string.Join(',', type.GetGenericArguments().Select(NameOf))}}}";
    }
}
