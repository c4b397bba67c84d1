using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Files;

/// <summary>Lists files, newest first: what fills the storage.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
public sealed record ListFiles(int? Limit, string? Cursor) : IQuery<Page<FileDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.FilesWrite,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

internal sealed class ListFilesValidator : AbstractValidator<ListFiles>
{
    public ListFilesValidator() => this.AddPagingRules();
}

internal sealed class ListFilesHandler(IAppDbContext db) : IRequestHandler<ListFiles, Result<Page<FileDetails>>>
{
    private static readonly ReadList<FileId, int, FileDetails> Newest = new((db, before, take) =>
        db.Files.Where(f => f.Id < before).OrderByDescending(f => f.Id).Take(take).Select(FileDetails.Projection));

    public async Task<Result<Page<FileDetails>>> Handle(ListFiles query, CancellationToken cancellationToken)
    {
        var rows = await db.RunAsync(Newest, query.Before<FileId>(), query.Take() + 1, cancellationToken);
        return query.ToPage(rows, row => (row.CreatedAt, row.Id.Value));
    }
}
