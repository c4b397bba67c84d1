using System.Net;
using CleanTenancy.IntegrationTests.Fixtures;
using CleanTenancy.IntegrationTests.Members;

namespace CleanTenancy.IntegrationTests.Common;

/// <summary>Rows of people for commands to act on, at version 1: none of them is one of the tenant's five.</summary>
internal sealed record PeopleStage(Guid Member, Guid Removed, Guid Invitation, Guid Role)
{
    public static PeopleStage Empty =>
        new(Answers.RandomId(), Answers.RandomId(), Answers.RandomId(), Answers.RandomId());

    public static async Task<PeopleStage> SetAsync(TestTenant tenant, ApiClient owner)
    {
        var (member, removed) = ((await tenant.AddMemberAsync("viewer")).Id.Value, (await tenant.AddMemberAsync("viewer")).Id.Value);
        (await owner.DeleteAsync($"/v1/members/{removed}", "*")).ShouldBe(HttpStatusCode.NoContent);
        var invitation = await owner.PostAsync("/v1/invitations", Sample.Invitation($"{Answers.RandomId():N}@example.test"));
        var role = await owner.PostAsync("/v1/roles", Sample.Role($"{Answers.RandomId():N}"));
        return new PeopleStage(
            member, removed, invitation.ShouldBe(HttpStatusCode.Created).Id, role.ShouldBe(HttpStatusCode.Created).Id);
    }

    public string Fill(string path) => path
        .Replace("{member}", $"{Member}", StringComparison.Ordinal)
        .Replace("{removed}", $"{Removed}", StringComparison.Ordinal)
        .Replace("{invitation}", $"{Invitation}", StringComparison.Ordinal)
        .Replace("{role}", $"{Role}", StringComparison.Ordinal);
}
