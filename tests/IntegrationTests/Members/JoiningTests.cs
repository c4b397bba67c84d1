using System.Net;
using CleanTenancy.IntegrationTests.Common;
using CleanTenancy.IntegrationTests.Fixtures;

namespace CleanTenancy.IntegrationTests.Members;

/// <summary>A person's whole way in and out, as they see it: by mail and over HTTP, nothing else.</summary>
public sealed class JoiningTests(TestHost host)
{
    private const string Password = "a long enough password";

    [Theory]
    [InlineData("ko", "초대했습니다")]
    [InlineData("en", "invites you to")]
    public async Task Invited_accepted_signed_in_and_revoked(string locale, string subject)
    {
        var tenant = await host.NewTenantAsync();
        await host.Api.Seeder.ChangeAsync(tenant.Id, _ => { }, TestContext.Current.CancellationToken);
        await host.Api.ExecuteAsync("update organizations set locale = $2 where id = $1", tenant.Id.Value, locale);
        await using var api = await host.StartApiAsync(host.Api.Database); // with nothing cached
        var owner = api.Client(tenant.Host, (await tenant.OwnerAsync()).Token);
        var nobody = api.Client(tenant.Host);
        var email = $"jisoo@{tenant.Slug}.test";

        (await owner.PostAsync("/v1/invitations", new { email, roles = new[] { "staff" } })).ShouldBe(HttpStatusCode.Created);
        var mail = (await tenant.MailsAsync(email)).ShouldHaveSingleItem();
        mail.Subject.ShouldContain(subject);
        mail.Link.GetLeftPart(UriPartial.Path).ShouldBe($"https://{tenant.Host}/accept-invitation");

        var member = await nobody.PostAsync("/v1/invitations/accept", new { token = mail.Token, name = "Jisoo", password = Password });
        member.Status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Created);
        (await nobody.PostAsync("/v1/invitations/accept", new { token = mail.Token, name = "Jisoo", password = Password }))
            .ShouldBeProblem(HttpStatusCode.BadRequest, "invalid_token");

        var pair = await nobody.PostAsync("/v1/auth/login", new { email, password = Password });
        var jisoo = nobody.With(pair.ShouldBe(HttpStatusCode.OK).Get<string>("accessToken"));
        (await jisoo.GetAsync("/v1/events")).ShouldBe(HttpStatusCode.OK);
        (await jisoo.PostAsync("/v1/events", Sample.Event())).ShouldBeProblem(HttpStatusCode.Forbidden, "permission_denied");
        (await jisoo.GetAsync("/v1/me/sessions")).Data().ShouldHaveSingleItem();

        (await owner.DeleteAsync($"/v1/members/{member.Id}/sessions", ifMatch: null)).ShouldBe(HttpStatusCode.NoContent);

        (await jisoo.GetAsync("/v1/events")).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        (await nobody.PostAsync("/v1/auth/refresh", new { refreshToken = pair.Get<string>("refreshToken") }))
            .ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthenticated");
    }
}
