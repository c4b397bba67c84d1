namespace CleanTenancy.Application.Platform;

/// <summary>What a sweep did.</summary>
/// <param name="Count">Rows, or what else it is about.</param>
public sealed record Swept(long Count);
