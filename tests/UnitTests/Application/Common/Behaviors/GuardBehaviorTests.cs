using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.UnitTests.Application.Common.Behaviors;

public sealed class GuardBehaviorTests
{
    private readonly Fakes.Handler _handler = new();

    [Fact]
    public async Task A_query_and_a_command_pass()
    {
        (await SendAsync(new Ask())).Value.ShouldBe("done");
        (await SendAsync(new Act())).Value.ShouldBe("done");
    }

    [Fact]
    public async Task A_request_without_a_policy_throws()
    {
        (await Should.ThrowAsync<InvalidOperationException>(() => SendAsync(new Unguarded()))).Message
            .ShouldContain(nameof(Unguarded));
        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task A_request_that_is_neither_command_nor_query_throws() =>
        await Should.ThrowAsync<InvalidOperationException>(() => SendAsync(new Neither()));

    [Fact]
    public async Task A_request_that_is_both_command_and_query_throws() =>
        await Should.ThrowAsync<InvalidOperationException>(() => SendAsync(new Both()));

    [Fact]
    public async Task The_request_that_its_route_declared_passes() =>
        (await SendAsync(new Act(), declared: typeof(Act))).Value.ShouldBe("done");

    [Fact]
    public async Task A_request_other_than_its_route_declared_throws()
    {
        await Should.ThrowAsync<InvalidOperationException>(() => SendAsync(new Act(), declared: typeof(Ask)));
        _handler.Calls.ShouldBe(0);
    }

    private async Task<Result<string>> SendAsync<TRequest>(TRequest request, Type? declared = null)
        where TRequest : IRequest<Result<string>> =>
        await new GuardBehavior<TRequest, Result<string>>(new Fakes.Caller { DeclaredRequest = declared })
            .Handle(request, TestContext.Current.CancellationToken, _handler.Next);

    private static readonly Policy Open =
        new() { Permission = Permissions.None, Feature = Feature.None, Audit = Deed.None };

    private sealed record Ask : IQuery<string>
    {
        public static Policy Policy => Open;
    }

    private sealed record Act : ICommand<string>
    {
        public static Policy Policy => Open;
    }

    private sealed record Both : ICommand<string>, IQuery<string>
    {
        public static Policy Policy => Open;
    }

    private sealed record Neither : IGuardedRequest<string>
    {
        public static Policy Policy => Open;
    }

    private sealed record Unguarded : IRequest<Result<string>>, ICommand;
}
