using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Members;

/// <summary>Signs everybody out everywhere, whoever asks for it too.</summary>
public sealed record EndAllSessions : ICommand<Nothing>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.MembersWrite,
        Feature = Feature.None,
        StepUp = true,
        Audit = "tenant.sessions_ended",
    };
}

internal sealed class EndAllSessionsHandler(IAppDbContext db, ISignals signals, TimeProvider clock)
    : IRequestHandler<EndAllSessions, Result<Nothing>>
{
    public async Task<Result<Nothing>> Handle(EndAllSessions command, CancellationToken cancellationToken)
    {
        await db.Sessions.EndAsync("ended_by_member", clock.Now(), cancellationToken);
        await signals.PeopleChangedAsync(cancellationToken);
        return Nothing.Value;
    }
}
