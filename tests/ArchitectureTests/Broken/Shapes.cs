#pragma warning disable MA0053, CA1852, CA1051, MA0069, CA1823 // Broken on purpose.

namespace CleanTenancy.ArchitectureTests.Broken.Shapes;

public record OpenRecord
{
    public int Init { get; init; }

    public int Set { get; set; }

    public int Field;

    public readonly int Fixed = 1;
}

internal class ThingDto;

internal sealed class ThingManager<T>;

internal static class ThingHelpers;

internal interface IThingService;

/// <summary>Fine: it has Service inside its name and not at the end.</summary>
internal sealed class ServicePlan;
