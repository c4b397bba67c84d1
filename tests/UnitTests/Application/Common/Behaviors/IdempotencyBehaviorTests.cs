using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Application.Events;
using CleanTenancy.Application.Registrations;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Registrations;

namespace CleanTenancy.UnitTests.Application.Common.Behaviors;

public sealed class IdempotencyBehaviorTests
{
    private readonly Fakes.Handler _handler = new();

    private readonly Store _store = new();

    [Fact]
    public async Task The_same_key_and_request_get_the_stored_answer()
    {
        var first = await SendAsync(new Pay(100));
        _handler.Answer = "another";
        var second = await SendAsync(new Pay(100));

        (first.Value, first.Replayed).ShouldBe(("done", false));
        (second.Value, second.Replayed).ShouldBe(("done", true));
        _handler.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_key_with_another_content_is_refused()
    {
        await SendAsync(new Pay(100));

        (await SendAsync(new Pay(101))).Error.ShouldBe(IdempotencyErrors.KeyReused);
        _handler.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_key_with_another_request_of_the_same_content_is_refused()
    {
        await SendAsync(new Pay(100));

        (await SendAsync(new Refund(100))).Error.ShouldBe(IdempotencyErrors.KeyReused);
        _handler.Calls.ShouldBe(1);
    }

    [Fact]
    public async Task Another_key_does_it_again()
    {
        await SendAsync(new Pay(100));
        (await SendAsync(new Pay(100), key: "other")).Replayed.ShouldBeFalse();

        _handler.Calls.ShouldBe(2);
    }

    [Fact]
    public async Task While_one_is_inside_the_next_is_told_to_wait()
    {
        _store.Inside = true;

        var error = (await SendAsync(new Pay(100))).Error.ShouldNotBeNull();

        (error.Kind, error.Code).ShouldBe((ErrorKind.Conflict, "idempotency_in_flight"));
        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        _handler.Calls.ShouldBe(0);
    }

    [Fact]
    public async Task Refusals_are_not_stored()
    {
        _handler.Answer = Error.Conflict("sold_out");
        (await SendAsync(new Pay(100))).Error.ShouldNotBeNull().Code.ShouldBe("sold_out");
        _store.Answers.ShouldBeEmpty();

        _handler.Answer = "done";
        var again = await SendAsync(new Pay(100));

        (again.Value, again.Replayed).ShouldBe(("done", false));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(255, true)]
    [InlineData(256, false)]
    public async Task A_key_has_1_to_255_letters(int length, bool accepted)
    {
        var response = await SendAsync(new Pay(100), new string('k', length));

        response.Error?.Failures.ShouldHaveSingleItem().Code.ShouldBe("invalid_length");
        (response.Error is null, _handler.Calls, _store.Entered).ShouldBe(accepted ? (true, 1, 1) : (false, 0, 0));
    }

    [Fact]
    public async Task Without_a_key_nothing_is_stored()
    {
        await SendAsync(new Pay(100), key: null);
        await SendAsync(new Pay(100), key: null);

        (_handler.Calls, _store.Entered).ShouldBe((2, 0));
    }

    [Fact]
    public async Task A_command_that_does_not_promise_it_ignores_the_key()
    {
        await SendAsync(new Poke());
        await SendAsync(new Poke());

        (_handler.Calls, _store.Entered).ShouldBe((2, 0));
    }

    [Fact]
    public void An_event_comes_back_from_the_store_as_it_was()
    {
        var fair = Event.Draft(
            Fakes.Acme.Id,
            new EventContent
            {
                Title = "봄 \"Fair\" 💩",
                StartsAt = Fakes.Noon.AddTicks(10),
                EndsAt = Fakes.Noon.AddDays(1),
                AttendanceMode = AttendanceMode.Hybrid,
                Venue = new Venue { Name = "Hall" },
            },
            "Asia/Seoul",
            "KRW",
            Fakes.Noon);

        ComesBack(EventDetails.Of(fair, Fakes.Noon));
    }

    [Fact]
    public void A_registration_comes_back_from_the_store_as_it_was() => ComesBack(RegistrationDetails.Of(
        Registration.Enter(Fakes.Acme.Id, EventId.New(Fakes.Noon), "Ann", "ann@acme.test", Fakes.Noon)));

    private static void ComesBack<T>(T answer)
    {
        var answers = new Answers<T>();

        var replayed = answers.Read(answers.Write(Result<T>.Succeeded(answer)));

        (replayed.Value, replayed.Replayed).ShouldBe((answer, true));
    }

    private Task<Result<string>> SendAsync<TRequest>(TRequest request, string? key = "key")
        where TRequest : ICommand<string> =>
        new IdempotencyBehavior<TRequest, Result<string>>(
                new Fakes.Caller { IdempotencyKey = key }, _store, new Answers<string>())
            .Handle(request, TestContext.Current.CancellationToken, _handler.Next);

    private sealed class Store : IIdempotencyStore
    {
        public Dictionary<string, StoredAnswer> Answers { get; } = [];

        public bool Inside { get; set; }

        public int Entered { get; private set; }

        public Task<bool> TryEnterAsync(string key, CancellationToken cancellationToken)
        {
            Entered++;
            return Task.FromResult(!Inside);
        }

        public Task<StoredAnswer?> FindAsync(string key, CancellationToken cancellationToken) =>
            Task.FromResult(Answers.GetValueOrDefault(key));

        public Task SaveAsync(string key, StoredAnswer answer, CancellationToken cancellationToken)
        {
            Answers.Add(key, answer);
            return Task.CompletedTask;
        }
    }

    private static readonly Policy Plain =
        new() { Permission = Permissions.None, Feature = Feature.None, Audit = Deed.None };

    private sealed record Pay(long Amount) : ICommand<string>
    {
        public static Policy Policy => Plain with { Idempotent = true };
    }

    private sealed record Refund(long Amount) : ICommand<string>
    {
        public static Policy Policy => Plain with { Idempotent = true };
    }

    private sealed record Poke : ICommand<string>
    {
        public static Policy Policy => Plain;
    }
}
