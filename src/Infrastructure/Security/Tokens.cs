using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Tenancy;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CleanTenancy.Infrastructure.Security;

/// <summary>
/// Access tokens are short JSON Web Tokens whose one audience is the tenant (RFC 9068; checked as RFC 8725 asks);
/// they say who, never what one may. A valid one is remembered until it ends: verifying a signature costs 76 us.
/// </summary>
internal sealed class Tokens(SigningKeys keys, TimeProvider clock)
    : ITokens, IAccessTokenReader, IOperatorTokens, IImpersonationTokens
{
    private const string Issuer = "cleantenancy", TokenType = "at+jwt", SessionClaim = "sid", UserVersion = "sv", OrgVersion = "ov", ActorClaim = "act";

    /// <summary>The audience of operators' tokens: no UUID, so that it can be no tenant's.</summary>
    private const string Platform = "platform";

    /// <summary>A token of ours has about 400 characters.</summary>
    private const int MaxLength = 2_048;

    private static readonly JsonDocumentOptions Unique = new() { AllowDuplicateProperties = false };

    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler _handler =
        new() { MapInboundClaims = false, SetDefaultTimesOnTokenCreation = false };

    /// <summary>With the keys they were verified by: what a retired one signed is good no longer.</summary>
    private readonly ExpiringCache<string, (AccessTicket Ticket, KeySet Keys)> _valid = new(capacity: 100_000, clock);

    private readonly TokenValidationParameters _rules = new()
    {
        ValidIssuer = Issuer,
        ValidTypes = [TokenType],
        ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
        IssuerSigningKeyResolver = (_, _, id, _) => keys.Current.Find(id) is { } known ? [known.Key] : [],
        TryAllIssuerSigningKeys = false,
        IncludeTokenOnFailedValidation = true, // its kid may be a new key's
        ValidateAudience = false, // exactly one, a tenant: checked below, and against the host's by the edge
        RequireExpirationTime = true,
        RequireSignedTokens = true,
        ClockSkew = Skew,
        LifetimeValidator = (notBefore, expires, _, rules) =>
        {
            var now = clock.GetUtcNow().UtcDateTime;
            return expires is not null && now < expires + rules.ClockSkew
                && (notBefore is null || now > notBefore - rules.ClockSkew);
        },
    };

    public TimeSpan AccessLifetime { get; } = TimeSpan.FromMinutes(10);

    public string IssueAccess(
        TenantId orgId, UserId userId, SessionId sessionId, DateTimeOffset now, TokenVersions versions = default) =>
        Issue(orgId.ToString(), userId.Value, sessionId.Value, now, now + AccessLifetime, versions: versions);

    public string IssueAccess(ImpersonationSession session, OperatorId actor, DateTimeOffset now) =>
        Issue(session.OrgId.ToString(), session.UserId.Value, session.Id.Value, now, session.ExpiresAt, actor);

    public string IssueAccess(OperatorTicket ticket, DateTimeOffset now) =>
        Issue(Platform, ticket.OperatorId.Value, ticket.SessionId.Value, now, now + AccessLifetime);

    public ValueTask<AccessTicket?> ReadAsync(string token) =>
        _valid.TryGet(token, out var known) && known.Keys == keys.Current
            ? new(known.Ticket)
            : new(ValidateAsync(token));

    /// <summary>Operators are few: theirs are verified each time.</summary>
    async ValueTask<OperatorTicket?> IOperatorTokens.ReadAsync(string token) =>
        await VerifyAsync(token) is { } jwt
        && TryOne(jwt, JwtRegisteredClaimNames.Aud, out var audience) && audience == Platform
        && TryId(jwt, JwtRegisteredClaimNames.Sub, out var person) && TryId(jwt, SessionClaim, out var session)
            ? new(new(person), new(session))
            : null;

    private string Issue(
        string audience, Guid subject, Guid session, DateTimeOffset now, DateTimeOffset expires,
        OperatorId? actor = null, TokenVersions versions = default)
    {
        var claims = new Dictionary<string, object>
        {
            [JwtRegisteredClaimNames.Sub] = subject.ToString(),
            [SessionClaim] = session.ToString(),
        };
        if (versions.User > 0) claims[UserVersion] = versions.User;
        if (versions.Org > 0) claims[OrgVersion] = versions.Org;
        if (actor is { } person)
            claims[ActorClaim] = new Dictionary<string, object>
            {
                [JwtRegisteredClaimNames.Sub] = person.Value.ToString(),
            };
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = TokenType,
            Issuer = Issuer,
            Audience = audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = expires.UtcDateTime,
            Claims = claims,
            SigningCredentials = keys.Current.CredentialsAt(now),
        });
    }

    private async Task<AccessTicket?> ValidateAsync(string token)
    {
        var verifiedBy = keys.Current;
        if (await VerifyAsync(token) is not { } jwt) return null;
        if (!TryId(jwt, JwtRegisteredClaimNames.Aud, out var org)
            || !TryId(jwt, JwtRegisteredClaimNames.Sub, out var user)
            || !TryId(jwt, SessionClaim, out var session)
            || !TryVersion(jwt, UserVersion, out var userVersion)
            || !TryVersion(jwt, OrgVersion, out var orgVersion))
            return null;

        var ticket = new AccessTicket(
            new(org), new(user), new(session), new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero),
            new(userVersion, orgVersion));
        _valid.Set(token, (ticket, verifiedBy), ticket.ExpiresAt + Skew);
        return ticket;
    }

    private async Task<JsonWebToken?> VerifyAsync(string token)
    {
        if (token.Length > MaxLength) return null;

        var result = await _handler.ValidateTokenAsync(token, _rules);
        if (!result.IsValid && result.TokenOnFailedValidation is JsonWebToken { Kid: { } id }
            && keys.Current.Find(id) is null && await keys.LearnAsync(id))
            result = await _handler.ValidateTokenAsync(token, _rules);
        return result.IsValid && result.SecurityToken is JsonWebToken jwt
            && !jwt.TryGetHeaderValue<object>("crit", out _) && IsStrict(jwt)
            ? jwt
            : null;
    }

    /// <summary>The library takes the last of two equal names, and an exp in quotes (RFC 7519, 2 and 4).</summary>
    private static bool IsStrict(JsonWebToken jwt)
    {
        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(jwt.EncodedHeader), Unique);
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(jwt.EncodedPayload), Unique);
            return claims.RootElement.GetProperty(JwtRegisteredClaimNames.Exp).ValueKind is JsonValueKind.Number;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>A claim that stands there once: neither a list nor given twice.</summary>
    private static bool TryOne(JsonWebToken jwt, string name, out string value)
    {
        var claims = jwt.Claims.Where(claim => claim.Type == name).Take(2).ToList();
        value = claims.Count == 1 ? claims[0].Value : "";
        return claims.Count == 1;
    }

    /// <summary>0 where there is none, as in an impersonation's token.</summary>
    private static bool TryVersion(JsonWebToken jwt, string name, out long value)
    {
        value = 0;
        return !jwt.TryGetPayloadValue<object>(name, out _)
            || (TryOne(jwt, name, out var text)
                && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value));
    }

    private static bool TryId(JsonWebToken jwt, string name, out Guid value)
    {
        value = default;
        return TryOne(jwt, name, out var text) && Guid.TryParseExact(text, "D", out value);
    }
}
