using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Programs;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Programs;

namespace CleanTenancy.UnitTests.Application.Programs;

public sealed class ProgramContentValidatorTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly ProgramContent Talk = new() { Title = "Talk", StartsAt = Noon, EndsAt = Noon.AddHours(1) };

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"title":"개회식","room":"A\t1","track":"Main","capacity":1,"selectable":true}""")]
    [InlineData("""{"room":null,"track":null,"capacity":null}""")]
    [InlineData("""{"capacity":1000000}""")]
    [InlineData("""{"endsAt":"2026-05-01T12:00:00.000001Z"}""")]
    public void A_well_shaped_program_is_accepted(string patch) => FailuresOf(With(patch)).ShouldBeEmpty();

    [Theory]
    [InlineData("""{"title":""}""", "/title not_empty")]
    [InlineData("""{"title":"a\u0007"}""", "/title control_character")]
    [InlineData("""{"endsAt":"2026-05-01T12:00:00Z"}""", "/endsAt greater_than")]
    [InlineData("""{"endsAt":"2026-05-01T20:59:59+09:00"}""", "/endsAt greater_than")]
    [InlineData("""{"room":"a\u0007"}""", "/room control_character")]
    [InlineData("""{"track":"a\u0007"}""", "/track control_character")]
    [InlineData("""{"capacity":0}""", "/capacity inclusive_between")]
    [InlineData("""{"capacity":1000001}""", "/capacity inclusive_between")]
    public void Any_other_is_refused_by_member_and_reason(string patch, string expected) =>
        FailuresOf(With(patch)).ShouldBe([expected]);

    [Fact]
    public void What_is_required_and_missing_is_named() => FailuresOf(new ProgramContent()).ShouldBe(
        ["/title not_empty", "/startsAt not_empty", "/endsAt not_empty"]);

    [Fact]
    public void Every_text_may_be_as_long_as_its_limit_and_no_longer()
    {
        Limit(ProgramContent.TitleMaxLength, text => Talk with { Title = text }, "/title maximum_length");
        Limit(ProgramContent.RoomMaxLength, text => Talk with { Room = text }, "/room maximum_length");
        Limit(ProgramContent.TrackMaxLength, text => Talk with { Track = text }, "/track maximum_length");
    }

    [Fact]
    public void The_commands_pointers_lead_into_its_body() =>
        new AddProgramValidator().Validate(new AddProgram(EventId.New(Noon), Talk with { Title = "" })).ToError()
            .Failures.Select(failure => failure.Pointer).ShouldBe(["/title"]);

    private static void Limit(int most, Func<string, ProgramContent> with, string failure)
    {
        FailuresOf(with(new string('a', most))).ShouldBeEmpty();
        FailuresOf(with(new string('a', most + 1))).ShouldBe([failure]);
    }

    private static List<string> FailuresOf(ProgramContent content) =>
    [
        .. new ProgramContentValidator().Validate(content).ToError().Failures
            .Select(failure => $"{failure.Pointer} {failure.Code}"),
    ];

    private static ProgramContent With(string patch) =>
        JsonSerializer.Deserialize<MergePatch<ProgramContent>>(patch, Wire.Json)!.ApplyTo(Talk).Value;
}
