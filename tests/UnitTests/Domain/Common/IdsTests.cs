using System.Reflection;
using CleanTenancy.Domain.Common;
using CsCheck;

namespace CleanTenancy.UnitTests.Domain.Common;

public sealed class IdsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Every kind of id there is.</summary>
    public static TheoryData<string> Kinds => [.. typeof(TenantId).Assembly.GetTypes()
        .Where(type => type.IsValueType && type.GetInterfaces().Any(contract => contract.Name == "IId`1"))
        .Select(type => type.Name)];

    [Fact]
    public void There_are_at_least_seven_kinds() => Kinds.Count.ShouldBeGreaterThanOrEqualTo(7);

    [Fact]
    public void Ids_order_by_the_instant_of_their_creation() =>
        Gen.Select(Gen.Int[0, 1_000_000_000], Gen.Int[1, 1_000_000_000]).Sample((milliseconds, later) =>
        {
            var first = Noon.AddMilliseconds(milliseconds);
            var (old, young) = (EventId.New(first), EventId.New(first.AddMilliseconds(later)));
            return old < young && young > old && old <= young && young >= old && !(young < old) && !(young <= old)
                && string.CompareOrdinal(old.ToString(), young.ToString()) < 0;
        });

    [Fact]
    public void Ids_of_one_instant_differ() => EventId.New(Noon).ShouldNotBe(EventId.New(Noon));

    [Fact]
    public void Ids_are_UUIDs_of_version_7_and_carry_their_instant()
    {
        var id = EventId.New(Noon).Value;

        id.Version.ShouldBe(7);
        Convert.ToInt64(id.ToString("N")[..12], 16).ShouldBe(Noon.ToUnixTimeMilliseconds());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_route_takes_the_form_with_hyphens_in_either_case_and_no_other(string kind)
    {
        const string text = "01890a5d-ac96-774b-bcce-b302099a8057";

        Parse(kind, text).ShouldBe((true, text));
        Parse(kind, text.ToUpperInvariant()).ShouldBe((true, text));
        foreach (var other in (string?[])[
            null, "", "1", $"{{{text}}}", $"({text})", text.Replace("-", "", StringComparison.Ordinal), text[..^1],
            text + "0", "not-a-uuid", "01890a5d-ac96-774b-bcce-b302099a805g"])
            Parse(kind, other).ShouldBe((false, Guid.Empty.ToString()), other);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_id_prints_as_its_value(string kind) =>
        Activator.CreateInstance(TypeOf(kind), Guid.Empty)!.ToString().ShouldBe(Guid.Empty.ToString());

    private static (bool Parsed, string Id) Parse(string kind, string? text)
    {
        var arguments = new object?[] { text, null, null };
        var parsed = TypeOf(kind).GetMethod("TryParse", BindingFlags.Public | BindingFlags.Static)!
            .Invoke(null, arguments);
        return ((bool)parsed!, arguments[2]!.ToString()!);
    }

    private static Type TypeOf(string kind) =>
        typeof(TenantId).Assembly.GetType($"CleanTenancy.Domain.Common.{kind}", true)!;
}
