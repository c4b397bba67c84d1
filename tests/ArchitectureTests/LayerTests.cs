using System.Reflection;

namespace CleanTenancy.ArchitectureTests;

public sealed class LayerTests
{
    private static readonly string[] ApplicationMayUse =
    [
        "CleanTenancy.Domain", "MediatR", "FluentValidation", "Microsoft.EntityFrameworkCore",
        "Microsoft.EntityFrameworkCore.Abstractions", "Microsoft.Extensions.DependencyInjection.Abstractions",
        "Microsoft.Extensions.Logging.Abstractions",
    ];

    [Fact]
    public void Domain_references_only_System() => ReferencesBeyond(Source.Domain, []).ShouldBeEmpty();

    [Fact]
    public void Application_references_nothing_but_what_is_listed()
    {
        Source.Application.GetReferencedAssemblies().ShouldContain(name => name.Name == "CleanTenancy.Domain");
        ReferencesBeyond(Source.Application, ApplicationMayUse).ShouldBeEmpty();
    }

    [Fact]
    public void References_beyond_the_list_are_seen()
    {
        ReferencesBeyond(Source.Application, []).ShouldContain("CleanTenancy.Domain");
        ReferencesBeyond(Source.Infrastructure, ApplicationMayUse).ShouldContain("Npgsql");
        ReferencesBeyond(Source.Api, ApplicationMayUse).ShouldContain("Microsoft.AspNetCore.Http.Abstractions");
    }

    [Theory]
    [InlineData("Stripe")]
    [InlineData("DnsClient")]
    public void One_namespace_knows_the_outside(string library)
    {
        Source.Written(Source.All).ShouldNotBeEmpty();
        Source.All.SelectMany(assembly => Strangers(assembly, library, adapters: "CleanTenancy.Infrastructure")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Stripe")]
    [InlineData("DnsClient")]
    public void A_stranger_who_knows_the_outside_is_seen(string library) =>
        Strangers(Source.Tests, library, adapters: "CleanTenancy.ArchitectureTests.Broken.Adapters")
            .Where(type => type.Namespace!.Contains(".Broken.", StringComparison.Ordinal))
            .Select(type => type.Name).ShouldBe(["Payments"]);

    [Fact]
    public void Api_outside_Program_knows_neither_Infrastructure_nor_the_database()
    {
        Source.Written(Source.Api).Count(type => type.Name != "Program").ShouldBeGreaterThan(10);
        Source.Users(Source.Api, TheDatabase).Where(type => type.Name != "Program").ShouldBeEmpty();
    }

    [Fact]
    public void A_use_of_the_database_is_seen()
    {
        Source.Users(Source.Api, TheDatabase).ShouldHaveSingleItem().Name.ShouldBe("Program");
        Source.Users(Source.Tests, TheDatabase).ShouldContain(typeof(Broken.Endpoints.EndpointThatReads));
    }

    [Fact]
    public void Features_do_not_depend_on_each_other()
    {
        FeaturesBelow(Source.Application, "CleanTenancy.Application").Count.ShouldBeGreaterThan(3);
        CrossedFeatures(Source.Application, "CleanTenancy.Application").ShouldBeEmpty();
    }

    [Fact]
    public void A_crossed_feature_is_seen() =>
        CrossedFeatures(Source.Tests, "CleanTenancy.ArchitectureTests.Broken.Features")
            .ShouldBe(["Alpha.ReadsBeta knows Beta", "Alpha.ReadsGammaLater knows GammaRays"], ignoreOrder: true);

    private static readonly string[] TheDatabase =
    [
        "CleanTenancy.Infrastructure", "Microsoft.EntityFrameworkCore", "Npgsql",
        "CleanTenancy.Application.Common.Ports.IAppDbContext", "CleanTenancy.Application.Common.Ports.IPlanCatalogue",
    ];

    private static IEnumerable<string> ReferencesBeyond(Assembly assembly, IReadOnlyList<string> listed)
    {
        var names = assembly.GetReferencedAssemblies().Select(reference => reference.Name!).ToList();
        names.ShouldNotBeEmpty();
        return names.Where(name => !name.StartsWith("System.", StringComparison.Ordinal) && !listed.Contains(name));
    }

    private static IEnumerable<Type> Strangers(Assembly assembly, string library, string adapters)
    {
        var home = library == "DnsClient" ? "Dns" : library;
        return Source.Users(assembly, library).Where(type => !type.IsIn($"{adapters}.{home}"));
    }

    private static IReadOnlyList<string> FeaturesBelow(Assembly assembly, string root) =>
    [
        .. Source.Written(assembly).Where(type => type.IsIn(root) && type.Namespace != root)
            .Select(type => type.Namespace![(root.Length + 1)..].Split('.')[0])
            .Where(feature => feature != "Common").Distinct().Order(),
    ];

    private static IEnumerable<string> CrossedFeatures(Assembly assembly, string root) =>
        from feature in FeaturesBelow(assembly, root)
        from user in Source.Users(assembly, $"{root}.{feature}")
        where user.IsIn(root) && user.Namespace != root && !user.IsIn($"{root}.{feature}")
        select $"{user.FullName![(root.Length + 1)..]} knows {feature}";
}
