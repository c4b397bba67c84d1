using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Files;

/// <summary>Reads what is known of one file.</summary>
public sealed record GetFile(FileId Id) : IQuery<FileDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.FilesWrite,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class GetFileHandler(IAppDbContext db) : IRequestHandler<GetFile, Result<FileDetails>>
{
    private static readonly Read<FileId, FileDetails?> ById = new((db, id) =>
        db.Files.Where(f => f.Id == id).Select(FileDetails.Projection).SingleOrDefault());

    public async Task<Result<FileDetails>> Handle(GetFile query, CancellationToken cancellationToken) =>
        await db.RunAsync(ById, query.Id, cancellationToken) is { } found ? found : Error.NotFound;
}
