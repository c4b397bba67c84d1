using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
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
internal sealed class Tokens(SigningKeys keys, TimeProvider clock) : ITokens, IAccessTokenReader
{
    private const string Issuer = "cleantenancy", TokenType = "at+jwt", SessionClaim = "sid";

    /// <summary>A token of ours has about 400 characters.</summary>
    private const int MaxLength = 2_048;

    private const int RefreshBytes = 32;

    private static readonly JsonDocumentOptions Unique = new() { AllowDuplicateProperties = false };

    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler _handler =
        new() { MapInboundClaims = false, SetDefaultTimesOnTokenCreation = false };

    private readonly ExpiringCache<string, AccessTicket> _valid = new(capacity: 100_000, clock);

    private readonly TokenValidationParameters _rules = new()
    {
        ValidIssuer = Issuer,
        ValidTypes = [TokenType],
        ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
        IssuerSigningKeys = keys.All,
        TryAllIssuerSigningKeys = false,
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

    public string IssueAccess(TenantId orgId, UserId userId, SessionId sessionId, DateTimeOffset now) =>
        _handler.CreateToken(new SecurityTokenDescriptor
        {
            TokenType = TokenType,
            Issuer = Issuer,
            Audience = orgId.ToString(),
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + AccessLifetime).UtcDateTime,
            Claims = new Dictionary<string, object>
            {
                [JwtRegisteredClaimNames.Sub] = userId.ToString(),
                [SessionClaim] = sessionId.ToString(),
            },
            SigningCredentials = keys.Credentials,
        });

    public ValueTask<AccessTicket?> ReadAsync(string token) =>
        _valid.TryGet(token, out var known) ? new(known) : new(ValidateAsync(token));

    public (string Token, byte[] Hash) NewRefresh()
    {
        var bytes = RandomNumberGenerator.GetBytes(RefreshBytes);
        return (Base64Url.EncodeToString(bytes), SHA256.HashData(bytes));
    }

    public byte[]? HashRefresh(string token)
    {
        Span<byte> bytes = stackalloc byte[RefreshBytes];
        // TryDecodeFromChars throws for letters that are none of the alphabet.
        return token.Length == 43
            && Base64Url.DecodeFromChars(token, bytes, out _, out var written) is OperationStatus.Done
            && written == RefreshBytes
            ? SHA256.HashData(bytes)
            : null;
    }

    private async Task<AccessTicket?> ValidateAsync(string token)
    {
        if (token.Length > MaxLength) return null;

        var result = await _handler.ValidateTokenAsync(token, _rules);
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt
            || jwt.TryGetHeaderValue<object>("crit", out _))
            return null;
        if (!IsStrict(jwt)) return null;
        if (!TryOne(jwt, JwtRegisteredClaimNames.Aud, out var org)
            || !TryOne(jwt, JwtRegisteredClaimNames.Sub, out var user)
            || !TryOne(jwt, SessionClaim, out var session))
            return null;

        var ticket = new AccessTicket(
            new(org), new(user), new(session), new DateTimeOffset(jwt.ValidTo, TimeSpan.Zero));
        _valid.Set(token, ticket, ticket.ExpiresAt + Skew);
        return ticket;
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

    /// <summary>A claim that stands there once and is a UUID: neither a list nor given twice.</summary>
    private static bool TryOne(JsonWebToken jwt, string name, out Guid value)
    {
        value = default;
        var claims = jwt.Claims.Where(claim => claim.Type == name).Take(2).ToList();
        return claims.Count == 1 && Guid.TryParseExact(claims[0].Value, "D", out value);
    }
}
