using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Plans;
using MediatR;
using ISender = CleanTenancy.Application.Common.ISender;

#pragma warning disable MA0053, CA1852, CS9113 // Broken on purpose: open classes, parameters that nobody reads.

namespace CleanTenancy.ArchitectureTests.Broken.Slices
{
    internal sealed record Neither : IGuarded
    {
        public static Policy Policy { get; } = Deeds.Of("neither.done");
    }

    internal sealed record Ambiguous : ICommand<Nothing>, IQuery, IOwnTransactions
    {
        public static Policy Policy { get; } = new()
        {
            Permission = "events:destroy",
            Feature = Feature.None,
            Audit = "Event-Created",
            Quota = Quota.Events,
        };
    }

    internal sealed record Doubled : ICommand<Nothing>
    {
        public static Policy Policy { get; } = Deeds.Of(Deed.None) with { OwnIdempotency = true };
    }

    internal sealed record Distant : IQuery<Nothing>
    {
        public static Policy Policy { get; } = Deeds.Of("distant.read") with { KeyRequired = true };
    }

    internal sealed class ChattyHandler(ISender sender, ITenantTransaction transaction) : IRequestHandler<Doubled, Result<Nothing>>
    {
        public Task<Result<Nothing>> Handle(Doubled request, CancellationToken cancellationToken) =>
            sender.Send(request, cancellationToken);
    }

    internal class OpenHandler(IServiceProvider services) : IRequestHandler<Doubled, Result<Nothing>>
    {
        public Task<Result<Nothing>> Handle(Doubled request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    internal static class Deeds
    {
        public static Policy Of(string deed) => new() { Permission = "", Feature = Feature.None, Audit = deed };
    }
}

namespace CleanTenancy.ArchitectureTests.Broken.Slices.Elsewhere
{
    internal sealed class DistantHandler : IRequestHandler<Distant, Result<Nothing>>
    {
        public Task<Result<Nothing>> Handle(Distant request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }
}
