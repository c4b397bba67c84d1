using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.UnitTests.Application.Common.Behaviors;

public sealed class QuotaBehaviorTests
{
    private readonly Fakes.Handler _handler = new();

    private readonly Counters _counters = new();

    [Fact]
    public async Task One_is_reserved_before_the_handler_runs()
    {
        (await SendAsync(new Create())).Value.ShouldBe("done");

        _counters.Log.ShouldBe(["reserve 1 events"]);
        _handler.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_full_quota_refuses_and_no_handler_runs()
    {
        _counters.Full = Error.Conflict("quota_exceeded").With("limit", 1);

        (await SendAsync(new Create())).Error.ShouldBe(_counters.Full);

        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Counters_that_may_sink_are_held_in_the_order_of_their_names_whatever_the_policy_says()
    {
        await SendAsync(new Purge());

        _counters.Log.ShouldBe(["hold events", "hold members", "hold participants", "hold storage"]);
        _handler.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Counters_are_held_before_one_is_reserved()
    {
        await SendAsync(new Swap());

        _counters.Log.ShouldBe(["hold events", "hold members", "reserve 1 participants"]);
    }

    [Fact]
    public async Task A_command_that_may_need_none_finds_its_counter_held()
    {
        await SendAsync(new Invite());

        _counters.Log.ShouldBe(["hold members"]);
        _handler.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_command_that_counts_nothing_touches_no_counter()
    {
        await SendAsync(new Free());

        _counters.Log.ShouldBeEmpty();
        _handler.Calls.ShouldBe(1);
    }

    private Task<Result<string>> SendAsync<TRequest>(TRequest request)
        where TRequest : ICommand<string> =>
        new QuotaBehavior<TRequest, Result<string>>(_counters)
            .Handle(request, TestContext.Current.CancellationToken, _handler.Next);

    private sealed class Counters : IQuotas
    {
        public List<string> Log { get; } = [];

        public Error? Full { get; set; }

        public Task<Error?> ReserveAsync(Quota quota, long n, CancellationToken cancellationToken)
        {
            Log.Add($"reserve {n} {Wire.Text(quota)}");
            return Task.FromResult(Full);
        }

        public Task<Error?> ReserveUnsettledAsync(Quota quota, long n, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("What is not known yet is the handler's.");

        public Task<Error?> SettleAsync(Quota quota, long reserved, long real, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("What is not known yet is the handler's.");

        public Task HoldAsync(Quota quota, CancellationToken cancellationToken)
        {
            Log.Add($"hold {Wire.Text(quota)}");
            return Task.CompletedTask;
        }

        public Task ReleaseAsync(Quota quota, long n, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("The handler gives back, not the behavior.");
    }

    private static readonly Policy Plain =
        new() { Permission = Permissions.None, Feature = Feature.None, Audit = Deed.None };

    private sealed record Free : ICommand<string>
    {
        public static Policy Policy => Plain;
    }

    private sealed record Create : ICommand<string>
    {
        public static Policy Policy => Plain with { Quota = Quota.Events };
    }

    private sealed record Invite : ICommand<string>
    {
        public static Policy Policy => Plain with { Quota = Quota.Members, ReservesLater = true };
    }

    private sealed record Purge : ICommand<string>
    {
        public static Policy Policy =>
            Plain with { Releases = [Quota.Storage, Quota.Participants, Quota.Events, Quota.Members] };
    }

    private sealed record Swap : ICommand<string>
    {
        public static Policy Policy =>
            Plain with { Releases = [Quota.Members, Quota.Events], Quota = Quota.Participants };
    }
}
