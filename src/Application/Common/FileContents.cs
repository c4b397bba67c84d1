using System.Linq.Expressions;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Files;

namespace CleanTenancy.Application.Common;

/// <summary>How a file's row becomes its bytes.</summary>
internal static class FileContents
{
    public static readonly Expression<Func<StoredFile, FileContent>> Projection = f => new FileContent
    {
        Id = f.Id,
        Name = f.Name,
        ContentType = f.ContentType,
        Size = f.Size,
        Sha256 = f.Sha256,
    };

    public static FileContent In(this FileContent content, IFileStore store, TenantId org) =>
        content with { OpenAsync = (from, stop) => store.OpenAsync(new FileKey(org, content.Id), from, stop) };
}
