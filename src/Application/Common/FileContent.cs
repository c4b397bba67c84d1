using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common;

/// <summary>The bytes of a file, to be streamed: the one answer that is not JSON.</summary>
public sealed record FileContent
{
    public required FileId Id { get; init; }

    public required string Name { get; init; }

    public required string ContentType { get; init; }

    /// <summary>Bytes; 0 where they are made while they are sent.</summary>
    public required long Size { get; init; }

    public required byte[] Sha256 { get; init; }

    /// <summary>A picture of a page; everything else is saved, not shown.</summary>
    public bool IsInline { get; init; }

    /// <summary>Opens the store at a byte; not before somebody wants it.</summary>
    public Func<long, CancellationToken, Task<Stream>> OpenAsync { get; init; } =
        (_, _) => throw new InvalidOperationException("Nobody has said where the content is.");

    /// <summary>Makes the content while it is sent: then it has no length, no ranges and no tag.</summary>
    public Func<Stream, CancellationToken, Task>? WriteAsync { get; init; }
}
