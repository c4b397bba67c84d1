using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.ApiKeys;

/// <summary>Revokes a key: it is refused at once.</summary>
public sealed record RevokeApiKey(ApiKeyId Id) : ICommand<Nothing>, ISubject
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.ApiKeysWrite,
        Feature = Feature.ApiAccess,
        Audit = "api_key.revoked",
        StepUp = true,
        PersonOnly = true,
    };

    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class RevokeApiKeyHandler(IAppDbContext db, ISignals signals, TimeProvider clock)
    : IRequestHandler<RevokeApiKey, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(RevokeApiKey command, CancellationToken cancellationToken)
    {
        var now = clock.Now();
        var revoked = await db.ApiKeys.Where(k => k.Id == command.Id && k.RevokedAt == null)
            .ExecuteUpdateAsync(
                set => set.SetProperty(k => k.RevokedAt, now).SetProperty(k => k.Version, k => k.Version + 1),
                cancellationToken);
        if (revoked == 0) return Error.NotFound;

        await signals.PeopleChangedAsync(cancellationToken);
        return Nothing.Value;
    }
}
