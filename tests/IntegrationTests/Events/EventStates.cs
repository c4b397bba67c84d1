using System.Net;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Events;

internal static class EventStates
{
    /// <summary>An event without registrations, brought to a status as a client would; "deleted" leaves a tombstone.</summary>
    public static async Task<Guid> EventInAsync(this ApiClient organizer, string status)
    {
        var draft = await organizer.DraftEventAsync();
        string[] steps = status switch
        {
            "draft" or "deleted" => [],
            "live" => ["publish"],
            "cancelled" => ["cancel"],
            "archived" => ["publish", "archive"],
            _ => throw new ArgumentOutOfRangeException(nameof(status), status, "No such status."),
        };
        foreach (var step in steps) (await organizer.PostAsync($"/v1/events/{draft.Id}/{step}")).ShouldBe(HttpStatusCode.OK);
        if (status == "deleted") (await organizer.DeleteAsync($"/v1/events/{draft.Id}", draft.ETag)).ShouldBe(HttpStatusCode.NoContent);
        return draft.Id;
    }

    /// <summary>Registers people, one after the other.</summary>
    public static async Task<IReadOnlyList<Guid>> RegisterAsync(this ApiClient organizer, Guid eventId, int people)
    {
        var ids = new List<Guid>();
        for (var n = 0; n < people; n++)
            ids.Add((await organizer.PostAsync($"/v1/events/{eventId}/registrations", Sample.Attendee($"Guest {n}")))
                .ShouldBe(HttpStatusCode.Created).Id);
        return ids;
    }
}
