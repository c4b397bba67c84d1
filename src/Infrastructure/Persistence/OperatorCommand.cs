using System.Security.Cryptography;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Infrastructure.Security;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Makes an operator of the platform, or gives one new credentials: whoever holds the owner's connection may, and
/// nobody over HTTP.
/// </summary>
public static class OperatorCommand
{
    private const string Usage =
        "CleanTenancy.Api.dll operator add EMAIL [NAME] | operator reset EMAIL (needs ConnectionStrings__Owner)";

    /// <exception cref="InvalidOperationException">A setting is missing.</exception>
    public static async Task<int> RunAsync(
        IConfiguration configuration, string[] args, TextWriter output, CancellationToken cancellationToken)
    {
        if (args is not (["add", _] or ["add", _, _] or ["reset", _])
            || !EmailAddress.TryNormalize(args[1], out var normalized))
        {
            await output.WriteLineAsync(Usage);
            return 2;
        }

        await using var owner = NpgsqlDataSource.Create(
            configuration.GetConnectionString("Owner")
            ?? throw new InvalidOperationException("ConnectionStrings__Owner is not set."));
        var now = TimeProvider.System.Now();
        await SigningKeys.LoadAsync(owner, TimeProvider.System, cancellationToken); // the first one, if there is none
        return args[0] == "add"
            ? await AddAsync(args[1], args.Length > 2 ? args[2] : args[1])
            : await ResetAsync();

        async Task<int> AddAsync(string email, string name)
        {
            var id = OperatorId.New(now);
            var credentials = await NewAsync(id);
            await using var insert = owner.CreateCommand("""
                insert into platform_operators
                  (id, email, normalized_email, name, password_hash, created_at, totp_secret, totp_confirmed_at)
                values ($1, $2, $3, $4, $5, $6, $7, $6) on conflict (normalized_email) do nothing
                """);
            insert.With(id.Value).With(email).With(normalized).With(name).With(credentials.Hash)
                .With(now.UtcDateTime).With(credentials.Box);
            if (await insert.ExecuteNonQueryAsync(cancellationToken) == 1)
                return await ShowAsync(id, "operator.added", credentials);

            await output.WriteLineAsync($"{normalized} is an operator already: operator reset gives new credentials.");
            return 1;
        }

        async Task<int> ResetAsync()
        {
            await using var find = owner.CreateCommand("select id from platform_operators where normalized_email = $1");
            if (await find.With(normalized).ExecuteScalarAsync(cancellationToken) is not Guid found)
            {
                await output.WriteLineAsync($"{normalized} is no operator.");
                return 1;
            }

            var id = new OperatorId(found);
            var credentials = await NewAsync(id);
            await using var update = owner.CreateCommand("""
                with ended as (
                  update operator_sessions set revoked_at = $4, revoked_reason = 'credentials_reset'
                  where operator_id = $1 and revoked_at is null)
                update platform_operators
                set password_hash = $2, totp_secret = $3, totp_confirmed_at = $4, totp_last_step = null where id = $1
                """);
            update.With(found).With(credentials.Hash).With(credentials.Box).With(now.UtcDateTime);
            await update.ExecuteNonQueryAsync(cancellationToken);
            return await ShowAsync(id, "operator.credentials_replaced", credentials);
        }

        async Task<Made> NewAsync(OperatorId id)
        {
            var password = NewPassword();
            var secret = RandomNumberGenerator.GetBytes(Totp.SecretBytes);
            using var passwords = new Passwords();
            using var box = new SecretBox(owner, configuration);
            return new(
                password, await passwords.HashAsync(password, cancellationToken), secret,
                await box.SealAsync(secret, id.Value, cancellationToken));
        }

        async Task<int> ShowAsync(OperatorId id, string deed, Made made)
        {
            await using var log = owner.CreateCommand("""
                insert into platform_audit_logs (id, created_at, action, actor_kind, operator_id)
                values ($1, $2, $3, 'system', $4)
                """);
            log.With(Guid.CreateVersion7(now)).With(now.UtcDateTime).With(deed).With(id.Value);
            await log.ExecuteNonQueryAsync(cancellationToken);
            await output.WriteLineAsync($"""
                Shown once, and kept nowhere in this form:
                password  {made.Password}
                secret    {Totp.Base32(made.Secret)}
                app       {Totp.Uri("CleanTenancy", normalized, made.Secret)}
                """);
            return 0;
        }
    }

    /// <summary>100 bits in letters that can be typed.</summary>
    private static string NewPassword() => RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 20);

    private sealed record Made(string Password, string Hash, byte[] Secret, byte[] Box);
}
