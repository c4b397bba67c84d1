namespace CleanTenancy.IntegrationTests.Fixtures;

/// <summary>Valid bodies, and the usual first steps.</summary>
public static class Sample
{
    public static object Event(string title = "Spring Meetup", int? capacity = null) => new
    {
        title,
        startsAt = new DateTimeOffset(2035, 4, 1, 9, 0, 0, TimeSpan.Zero),
        endsAt = new DateTimeOffset(2035, 4, 1, 17, 0, 0, TimeSpan.Zero),
        capacity,
    };

    public static object Program(string title = "Opening keynote") => new
    {
        title,
        startsAt = new DateTimeOffset(2035, 4, 1, 9, 0, 0, TimeSpan.Zero),
        endsAt = new DateTimeOffset(2035, 4, 1, 10, 0, 0, TimeSpan.Zero),
    };

    public static object Attendee(string name = "Kim Minji", string email = "minji@example.test") => new { name, email };

    public static object EventTemplate(string name = "Monthly meetup") => new { name, title = "Meetup", durationMinutes = 180 };

    public static object EmailTemplate(string subject = "Come to {{ tenant }}", string body = "Here:\n\n{{ link }}") =>
        new { subject, body };

    /// <summary>What admins have, too.</summary>
    public static object ApiKey(string name = "Check-in kiosk") =>
        new { name, permissions = new[] { "events:read", "events:write" } };

    public static object Invitation(string email = "jisoo@example.test", params string[] roles) =>
        new { email, roles = roles.Length == 0 ? ["staff"] : roles };

    public static object Role(string name = "door", params string[] permissions) =>
        new { name, permissions = permissions.Length == 0 ? ["check-in:write", "events:read"] : permissions };

    public static async Task<Answer> DraftEventAsync(this ApiClient client, int? capacity = null) =>
        (await client.PostAsync("/v1/events", Event(capacity: capacity))).ShouldBe(System.Net.HttpStatusCode.Created);

    public static async Task<Guid> LiveEventAsync(this ApiClient client, int? capacity = null)
    {
        var id = (await client.DraftEventAsync(capacity)).Id;
        (await client.PostAsync($"/v1/events/{id}/publish")).ShouldBe(System.Net.HttpStatusCode.OK);
        return id;
    }
}
