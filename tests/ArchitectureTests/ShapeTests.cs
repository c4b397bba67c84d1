using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace CleanTenancy.ArchitectureTests;

public sealed partial class ShapeTests
{
    [Fact]
    public void Classes_are_sealed_or_abstract_or_static() => Open(Source.Written(Source.All)).ShouldBeEmpty();

    [Fact]
    public void An_open_class_is_seen() => Open(Source.Broken("Shapes")).ShouldBe(["OpenRecord", "ThingDto"], ignoreOrder: true);

    [Fact]
    public void Nobody_sets_a_property_of_the_domain_from_outside() => Settable(Source.Written(Source.Domain)).ShouldBeEmpty();

    [Fact]
    public void A_public_setter_is_seen() =>
        Settable(Source.Broken("Shapes")).ShouldBe(["OpenRecord.Set", "OpenRecord.Field"], ignoreOrder: true);

    [Fact]
    public void No_type_is_named_by_its_kind() => NamedByKind(Source.Written(Source.All)).ShouldBeEmpty();

    [Fact]
    public void A_type_that_is_named_by_its_kind_is_seen() =>
        NamedByKind(Source.Broken("Shapes")).ShouldBe(["ThingDto", "ThingHelpers", "ThingManager`1", "IThingService"], ignoreOrder: true);

    [Fact]
    public void The_namespace_is_the_folder() => Misnamed(Source.Files()).ShouldBeEmpty();

    [Fact]
    public void A_namespace_of_another_folder_is_seen() =>
        Misnamed([new("src/Domain/Events/Event.cs", "namespace CleanTenancy.Domain.Orders;")]).ShouldHaveSingleItem();

    private static IEnumerable<string> Open(IReadOnlyList<Type> types)
    {
        var classes = types.Where(type => type.IsClass && !type.IsSubclassOf(typeof(Delegate))).ToList();
        classes.ShouldNotBeEmpty();
        return classes.Where(type => type is { IsSealed: false, IsAbstract: false }).Select(type => type.Name);
    }

    private static IEnumerable<string> Settable(IReadOnlyList<Type> types)
    {
        types.SelectMany(type => type.GetProperties()).ShouldNotBeEmpty();
        return
            (from type in types
             from property in type.GetProperties()
             where property.SetMethod is { IsPublic: true } set
                 && !set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit))
             select $"{type.Name}.{property.Name}").Concat(
            from type in types
            where !type.IsEnum
            from field in type.GetFields()
            where field is { IsInitOnly: false, IsLiteral: false }
            select $"{type.Name}.{field.Name}");
    }

    private static IEnumerable<string> NamedByKind(IReadOnlyList<Type> types)
    {
        types.ShouldNotBeEmpty();
        return types.Select(type => type.Name).Where(name => Kinds().IsMatch(name));
    }

    private static IEnumerable<string> Misnamed(IReadOnlyList<SourceFile> files)
    {
        files.ShouldNotBeEmpty();
        foreach (var file in files.Where(file => file.Path != "src/Api/Program.cs"))
        {
            var folder = Path.GetDirectoryName(file.Path)!["src/".Length..].Replace('/', '.');
            if (!file.Code.Contains($"namespace CleanTenancy.{folder};", StringComparison.Ordinal)) yield return file.Path;
        }
    }

    [GeneratedRegex("(Dtos?|Managers?|Helpers?|Services?)(`[0-9]+)?$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Kinds();
}
