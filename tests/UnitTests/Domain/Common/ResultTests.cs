using CleanTenancy.Domain.Common;

namespace CleanTenancy.UnitTests.Domain.Common;

public sealed class ResultTests
{
    [Fact]
    public void A_refused_result_has_no_value()
    {
        Result<string> refused = Error.NotFound;

        refused.Error.ShouldBe(Error.NotFound);
        ((IAnswered)refused).Answer.ShouldBeNull();
        Should.Throw<InvalidOperationException>(() => refused.Value).Message.ShouldContain("not_found");
    }

    [Fact]
    public void A_succeeded_result_has_no_error()
    {
        Result<string> succeeded = "done";

        succeeded.Error.ShouldBeNull();
        succeeded.Value.ShouldBe("done");
        ((IAnswered)succeeded).Answer.ShouldBe("done");
    }

    [Fact]
    public void With_adds_to_a_copy_and_leaves_the_shared_error_as_it_was()
    {
        var more = Error.NotFound.With("limit", 1).With("used", 2);

        more.Extensions.ShouldBe(new Dictionary<string, object?> { ["limit"] = 1, ["used"] = 2 });
        Error.NotFound.Extensions.ShouldBeEmpty();
    }
}
