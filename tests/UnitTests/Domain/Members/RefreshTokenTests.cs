using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;

namespace CleanTenancy.UnitTests.Domain.Members;

public sealed class RefreshTokenTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly Session _session = Session.Start(TenantId.New(Now), UserId.New(Now), "192.0.2.1", Now);

    [Theory]
    [InlineData(0, 7)]
    [InlineData(22, 29)]
    [InlineData(23, 30)]
    [InlineData(29, 30)]
    public void A_token_dies_of_a_week_without_use_or_with_its_session(int issuedOnDay, int expiresOnDay) =>
        RefreshToken.Issue(_session, [1], Now.AddDays(issuedOnDay)).ExpiresAt.ShouldBe(Now.AddDays(expiresOnDay));

    [Fact]
    public void A_token_belongs_to_its_session()
    {
        var token = RefreshToken.Issue(_session, [1], Now);

        (token.OrgId, token.SessionId, token.IssuedAt, token.UsedAt).ShouldBe((_session.OrgId, _session.Id, Now, null));
    }
}
