namespace CleanTenancy.Application.Operations;

/// <summary>What an import was asked to do.</summary>
/// <param name="DryRun">Only tell what would come of it.</param>
public sealed record ImportArguments(bool DryRun);
