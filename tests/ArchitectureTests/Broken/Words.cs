using CleanTenancy.Domain.Common;

namespace CleanTenancy.ArchitectureTests.Broken.Words;

internal static class UnspokenErrors
{
    public static readonly Error Field = new(ErrorKind.Conflict, "of_a_field");

    public static Error Property => Field with { Code = "of_a_property" };
}
