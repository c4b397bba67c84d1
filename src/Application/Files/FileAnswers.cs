using System.ComponentModel.DataAnnotations;
using System.Linq.Expressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Files;

namespace CleanTenancy.Application.Files;

/// <summary>A stored file; its bytes are at its content.</summary>
public sealed record FileDetails : ISubject
{
    [Required] public required FileId Id { get; init; }

    /// <summary>As it was sent, without what no name should have: paths, controls, names of devices.</summary>
    [Required] public required string Name { get; init; }

    /// <summary>The media type, by the content.</summary>
    [Required] public required string ContentType { get; init; }

    /// <summary>Bytes: what it takes of the quota.</summary>
    [Required] public required long Size { get; init; }

    /// <summary>Of the content, in hexadecimal digits.</summary>
    [Required] public required string Sha256 { get; init; }

    [Required] public required DateTimeOffset CreatedAt { get; init; }

    Guid ISubject.SubjectId => Id.Value;

    internal static readonly Expression<Func<StoredFile, FileDetails>> Projection = f => new FileDetails
    {
        Id = f.Id,
        Name = f.Name,
        ContentType = f.ContentType,
        Size = f.Size,
        Sha256 = Convert.ToHexStringLower(f.Sha256),
        CreatedAt = f.CreatedAt,
    };

    internal static readonly Func<StoredFile, FileDetails> Of = Projection.Compile();
}
