using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.UnitTests.Application.Common.Behaviors;

public sealed class TransactionBehaviorTests
{
    private readonly Fakes.Handler _handler = new();

    private readonly Transaction _transaction = new();

    [Fact]
    public async Task A_command_runs_inside_a_transaction()
    {
        (await SendAsync(new Act())).Value.ShouldBe("done");

        _transaction.Log.ShouldBe(["run"]);
    }

    [Fact]
    public async Task A_query_only_names_its_tenant()
    {
        (await SendAsync(new Ask())).Value.ShouldBe("done");

        _transaction.Log.ShouldBe(["name"]);
    }

    [Fact]
    public async Task A_command_with_transactions_of_its_own_only_names_its_tenant()
    {
        (await SendAsync(new ActSlowly())).Value.ShouldBe("done");

        _transaction.Log.ShouldBe(["name"]);
    }

    [Fact]
    public async Task Without_a_tenant_there_is_nothing_to_bind()
    {
        (await SendAsync(new AskPlatform(), tenant: null)).Value.ShouldBe("done");

        _transaction.Log.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_constraint_that_has_a_name_is_a_refusal()
    {
        _transaction.Thrown = new ConstraintViolatedException("ck_events_capacity", new InvalidOperationException());

        (await SendAsync(new Act())).Error.ShouldBe(EventErrors.SoldOut);
    }

    [Fact]
    public async Task A_constraint_without_one_is_a_bug()
    {
        _transaction.Thrown = new ConstraintViolatedException("ck_nobody_knows", new InvalidOperationException());

        (await Should.ThrowAsync<ConstraintViolatedException>(() => SendAsync(new Act())))
            .Constraint.ShouldBe("ck_nobody_knows");
    }

    [Fact]
    public async Task A_row_that_was_changed_meanwhile_is_stale()
    {
        _transaction.Thrown = new StaleRowException(new InvalidOperationException());

        (await SendAsync(new Act())).Error.ShouldBe(Error.PreconditionFailed);
    }

    private async Task<Result<string>> SendAsync<TRequest>(TRequest request)
        where TRequest : IGuardedRequest<string> =>
        await SendAsync(request, Fakes.Acme);

    private Task<Result<string>> SendAsync<TRequest>(TRequest request, Tenant? tenant)
        where TRequest : IGuardedRequest<string> =>
        new TransactionBehavior<TRequest, Result<string>>(new Fakes.Caller { Tenant = tenant }, _transaction)
            .Handle(request, TestContext.Current.CancellationToken, _handler.Next);

    private sealed class Transaction : ITenantTransaction
    {
        public List<string> Log { get; } = [];

        public Exception? Thrown { get; set; }

        public void NameTenant() => Log.Add("name");

        public async Task<TResponse> RunAsync<TResponse>(
            Func<Task<TResponse>> work, CancellationToken cancellationToken)
            where TResponse : IRefusable<TResponse>
        {
            Log.Add("run");
            var response = await work();
            return Thrown is null ? response : throw Thrown;
        }

        public Task FlushAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public void AfterCommit(Action action) => throw new NotSupportedException();
    }

    private static readonly Policy Open =
        new() { Permission = Permissions.None, Feature = Feature.None, Audit = Deed.None };

    private sealed record Act : ICommand<string>
    {
        public static Policy Policy => Open;
    }

    private sealed record ActSlowly : ICommand<string>, IOwnTransactions
    {
        public static Policy Policy => Open;
    }

    private sealed record Ask : IQuery<string>
    {
        public static Policy Policy => Open;
    }

    private sealed record AskPlatform : IPublicPlatformQuery<string>
    {
        public static Policy Policy => Open;
    }
}
