using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common.Ports;

namespace CleanTenancy.Api.Auth;

internal static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder app) =>
        app.MapGet("/.well-known/jwks.json", (IPublicKeys keys, HttpResponse response) =>
        {
            // Shorter than a new key waits before it signs.
            response.Headers.CacheControl = "public, max-age=300";
            return Results.Json(
                new { keys = keys.Current.Select(ToJwk) }, contentType: "application/jwk-set+json");
        })
            .ExcludeFromDescription()
            .IsOpen("Public keys are public: whoever is given a token may check who signed it.");

    /// <summary>RFC 7517, 4 and RFC 7518, 6.2.1.</summary>
    private static object ToJwk(PublicKey key) =>
        new { kty = "EC", crv = "P-256", x = key.X, y = key.Y, use = "sig", alg = "ES256", kid = key.Id };
}
