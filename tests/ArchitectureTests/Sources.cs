using System.Reflection;
using System.Text.RegularExpressions;
using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Tenants;
using CleanTenancy.Infrastructure.Persistence;

namespace CleanTenancy.ArchitectureTests;

/// <summary>A file of the repository and its text.</summary>
/// <param name="Path">From the root, with forward slashes.</param>
internal sealed partial record SourceFile(string Path, string Text)
{
    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>C# without comments, strings and characters: what is left is names.</summary>
    public string Code => Tokens().Replace(Text, " ");

    /// <summary>C# without comments.</summary>
    public string Uncommented => Tokens().Replace(Text, token => token.Groups["comment"].Success ? " " : token.Value);

    /// <summary>What stands between quotes in C#. An interpolated string may come in pieces.</summary>
    public IEnumerable<string> Literals =>
        from Match token in Tokens().Matches(Text)
        where token.Groups["text"].Success
        select token.Value.TrimStart('$', '@').Trim('"');

    [GeneratedRegex(
        """(?<comment>//[^\n]*|/\*.*?\*/)|(?<char>'(?:\\.|[^'\\\n])+')|(?<text>\$*(?<quotes>"{3,}).*?\k<quotes>|(?:\$@|@\$|@)"(?:""|[^"])*"|\$?"(?:\\.|[^"\\\n])*")""",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex Tokens();
}

/// <summary>The working copy this test was built from.</summary>
internal static class Repository
{
    private static readonly string[] Made = ["bin", "obj", "node_modules", ".dev", "TestResults", ".git"];

    public static string Root { get; } = FindRoot();

    /// <summary>Files below a folder, or one file; what a build or a run made is left out.</summary>
    public static IReadOnlyList<SourceFile> Files(string path, params string[] extensions)
    {
        var full = Path.Combine(Root, path);
        var files = File.Exists(full) ? [full] : Directory.Exists(full) ? Walk(full) : [];
        return
        [
            .. from file in files
               where extensions.Length == 0 || extensions.Contains(Path.GetExtension(file))
               orderby file
               select new SourceFile(Path.GetRelativePath(Root, file).Replace('\\', '/'), File.ReadAllText(file)),
        ];
    }

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static IEnumerable<string> Walk(string folder) =>
        Directory.EnumerateFiles(folder).Concat(
            Directory.EnumerateDirectories(folder).Where(child => !Made.Contains(Path.GetFileName(child))).SelectMany(Walk));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "CleanTenancy.sln")))
                return folder.FullName;

        throw new InvalidOperationException("No CleanTenancy.sln above the tests.");
    }
}

/// <summary>The assemblies of src, and what we ourselves wrote in them.</summary>
internal static class Source
{
    public static readonly Assembly
        Domain = typeof(Organization).Assembly,
        Application = typeof(IGuarded).Assembly,
        Infrastructure = typeof(AppDbContext).Assembly,
        Api = typeof(HttpCaller).Assembly,
        Tests = typeof(Source).Assembly;

    public static readonly IReadOnlyList<Assembly> All = [Domain, Application, Infrastructure, Api];

    /// <summary>C# of src; migrations are written by the tool.</summary>
    public static IReadOnlyList<SourceFile> Files() =>
        [.. Repository.Files("src", ".cs").Where(file => !file.Path.Contains("/Migrations/", StringComparison.Ordinal))];

    /// <summary>Types without those of the compiler, the generators and the migration tool.</summary>
    public static IReadOnlyList<Type> Written(params IEnumerable<Assembly> assemblies) =>
    [
        .. assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type =>
            !type.FullName!.Contains('<', StringComparison.Ordinal)
            && (type.Namespace is null || type.Namespace.StartsWith("CleanTenancy.", StringComparison.Ordinal))
            && type.Namespace?.EndsWith(".Migrations", StringComparison.Ordinal) is not true),
    ];

    /// <summary>Types of the broken fixtures, by the last part of their namespace.</summary>
    public static IReadOnlyList<Type> Broken(string name) =>
        [.. Written(Tests).Where(type => type.IsIn($"CleanTenancy.ArchitectureTests.Broken.{name}"))];

    /// <summary>In the namespace or below it: not in one whose name merely begins alike.</summary>
    public static bool IsIn(this Type type, string name) =>
        type.Namespace == name || type.Namespace?.StartsWith(name + ".", StringComparison.Ordinal) is true;

    /// <summary>Outermost types whose signatures or bodies name one of these types or namespaces.</summary>
    public static IReadOnlyList<Type> Users(Assembly assembly, params IEnumerable<string> names) =>
    [
        .. NetArchTest.Rules.Types.InAssembly(assembly).That().MeetCustomRule(new Names([.. names])).GetTypes()
            .Select(Outermost).Distinct(),
    ];

    private static Type Outermost(Type type) => type.DeclaringType is { } declaring ? Outermost(declaring) : type;
}

/// <summary>Exceptions to a rule: each with a reason, none that nobody needs any more.</summary>
internal static class AllowList
{
    public static IReadOnlyList<string> Breaches(IEnumerable<string> found, IReadOnlyDictionary<string, string> reasons)
    {
        var names = found.ToHashSet();
        return
        [
            .. names.Except(reasons.Keys).Select(name => $"{name}: no reason is written down"),
            .. reasons.Keys.Except(names).Select(name => $"{name}: is in the list, but needs no exception"),
            .. reasons.Where(pair => pair.Value.Length < 20).Select(pair => $"{pair.Key}: that is no reason"),
        ];
    }
}
