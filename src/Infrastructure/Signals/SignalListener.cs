using CleanTenancy.Domain.Common;
using CleanTenancy.Infrastructure.Tenancy;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CleanTenancy.Infrastructure.Signals;

/// <summary>
/// Hears what other instances changed. While it does not hear, the caches' own lifetimes hold; when it hears again,
/// everything cached is dropped, for it cannot know what was said meanwhile.
/// </summary>
internal sealed partial class SignalListener(
    [FromKeyedServices(DependencyInjection.Listen)] NpgsqlDataSource source,
    TenantDirectory tenants,
    SessionDirectory sessions,
    ApiKeyDirectory keys,
    ILogger<SignalListener> log)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when it has heard for the first time, and has dropped what was cached before.</summary>
    public Task Listening => _listening.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stoppingToken);
            }
            catch (Exception failure) when (failure is NpgsqlException or IOException or TimeoutException)
            {
                Deaf(failure.Message);
                await Task.Delay(Pause, stoppingToken);
            }
        }
    }

    private async Task ListenAsync(CancellationToken stoppingToken)
    {
        await using var connection = await source.OpenConnectionAsync(stoppingToken);
        connection.Notification += (_, heard) => Hear(heard.Payload);
        await using (var listen = new NpgsqlCommand($"listen {SignalChannel.Name}", connection))
            await listen.ExecuteNonQueryAsync(stoppingToken);
        tenants.ForgetAll();
        sessions.ForgetAll();
        keys.ForgetAll();
        _listening.TrySetResult();
        try
        {
            while (true) await connection.WaitAsync(stoppingToken);
        }
        finally
        {
            // LISTEN belongs to the connection: it must not go back to the pool with it.
            NpgsqlConnection.ClearPool(connection);
        }
    }

    private void Hear(string message)
    {
        if (!SignalChannel.TryRead(message, out var kind, out var id)) return;

        switch (kind)
        {
            case SignalChannel.Session: sessions.Forget(new SessionId(id)); break;
            case SignalChannel.People:
                sessions.Forget(new TenantId(id));
                keys.Forget(new TenantId(id));
                break;
            case SignalChannel.Plans: tenants.ForgetAll(); break;
            case SignalChannel.Tenant: tenants.Forget(new TenantId(id)); break;
            default: break; // a newer instance's kind, during a rolling upgrade
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not listening for changes of other instances: {Reason}")]
    private partial void Deaf(string reason);
}
