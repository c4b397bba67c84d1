using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Files;

/// <summary>Deletes a file that is no event's cover, and gives its bytes back to the quota.</summary>
public sealed record DeleteFile(FileId Id) : ICommand<Nothing>, ISubject
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.FilesWrite,
        Feature = Feature.None,
        Releases = [Quota.Storage],
        Audit = "file.deleted",
    };

    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class DeleteFileHandler(IAppDbContext db, IQuotas quotas, IOutbox outbox)
    : IRequestHandler<DeleteFile, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(DeleteFile command, CancellationToken cancellationToken)
    {
        if (await db.LockFileAsync(command.Id, cancellationToken) is not { } found) return Error.NotFound;

        db.Files.Remove(found); // the schema refuses where an event shows it
        await quotas.ReleaseAsync(Quota.Storage, found.Size, cancellationToken);
        await outbox.EraseFileAsync(new(found.OrgId, found.Id), cancellationToken);
        return Nothing.Value;
    }
}
