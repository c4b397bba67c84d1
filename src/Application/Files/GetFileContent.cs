using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Files;

/// <summary>Downloads a file.</summary>
public sealed record GetFileContent(FileId Id) : IQuery<FileContent>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.FilesWrite,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class GetFileContentHandler(IAppDbContext db, ICaller caller, IFileStore store)
    : IRequestHandler<GetFileContent, Result<FileContent>>
{
    private static readonly Read<FileId, FileContent?> ById = new((db, id) =>
        db.Files.Where(f => f.Id == id).Select(FileContents.Projection).SingleOrDefault());

    public async Task<Result<FileContent>> Handle(GetFileContent query, CancellationToken cancellationToken) =>
        await db.RunAsync(ById, query.Id, cancellationToken) is { } found
            ? found.In(store, caller.RequiredTenant().Id)
            : Error.NotFound;
}
