using System.Globalization;
using CleanTenancy.Infrastructure.Security;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// What a schedule runs, monthly say: a new signing key, published now and signing ten minutes later; those before it
/// are retired when nothing that they signed is good any more. Run twice, it adds one key.
/// </summary>
public static class RotateSigningKeyCommand
{
    /// <exception cref="InvalidOperationException">A setting is missing, or the keys are given by one.</exception>
    public static async Task<int> RunAsync(
        IConfiguration configuration, TimeProvider clock, TextWriter output, CancellationToken cancellationToken)
    {
        if (configuration["Jwt:SigningKey"] is { Length: > 0 })
            throw new InvalidOperationException("Jwt__SigningKey is set: the keys are changed there.");

        var platform = configuration.GetConnectionString("Platform")
            ?? throw new InvalidOperationException("ConnectionStrings__Platform is not set.");
        await using var source = NpgsqlDataSource.Create(platform);
        var rotation = await SigningKeyStore.RotateAsync(
            source, SigningKeys.Make, clock.GetUtcNow(), cancellationToken);
        var what = rotation.IsNew ? "signs" : "was there already and signs";
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{rotation.Id} {what} from {rotation.SignsFrom:u}; {rotation.Retired} retired."));
        return 0;
    }
}
