using System.Data.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Archives;
using CleanTenancy.Infrastructure.Files;
using CleanTenancy.Infrastructure.Mails;
using CleanTenancy.Infrastructure.Operations;
using CleanTenancy.Infrastructure.Outbox;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.Infrastructure.Persistence.Erasure;
using CleanTenancy.Infrastructure.Persistence.Isolation;
using CleanTenancy.Infrastructure.Provisioning;
using CleanTenancy.Infrastructure.RateLimiting;
using CleanTenancy.Infrastructure.Security;
using CleanTenancy.Infrastructure.Signals;
using CleanTenancy.Infrastructure.Sweeps;
using CleanTenancy.Infrastructure.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace CleanTenancy.Infrastructure;

public static class DependencyInjection
{
    internal const string Listen = "listen";

    internal const string Platform = "platform";

    internal const string Isolation = "isolation";

    /// <exception cref="InvalidOperationException">A connection string is missing.</exception>
    public static IServiceCollection AddInfrastructure(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(_ => NpgsqlDataSource.Create(ForRequests(Required(configuration, "App"))));
        // LISTEN through a transaction pooler is accepted and hears nothing: it needs a way around one.
        services.AddKeyedSingleton(Listen, (_, _) =>
            NpgsqlDataSource.Create(
                ForRequests(configuration.GetConnectionString("Listen") ?? Required(configuration, "App"))));
        services.AddKeyedSingleton(Isolation, (_, _) => NpgsqlDataSource.Create(
            ForIsolation(ForRequests(Required(configuration, "App")))));
        services.AddKeyedSingleton(Platform, (_, _) => NpgsqlDataSource.Create(Required(configuration, "Platform")));

        // The pool's own scoped lease: the container disposes what it resolves once for each service it is known by,
        // and a context returned twice would serve two requests, of two tenants, at once. The factory shares pool and
        // options.
        services.AddDbContextPool<AppDbContext>((provider, options) =>
            options.UseTenants(provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddPooledDbContextFactory<AppDbContext>((_, _) => { });
        services.AddScoped<IAppDbContext>(provider => provider.GetRequiredService<AppDbContext>());
        services.AddPooledDbContextFactory<PlatformDbContext>((provider, options) => options
            .UseNpgsql(provider.GetRequiredKeyedService<NpgsqlDataSource>(Platform)).UseSnakeCaseNamingConvention());
        services.AddScoped<PlatformLog>();
        services.AddScoped<PlatformTenancy>();
        services.AddSingleton<CachedTenants>();
        services.AddSingleton(LifecycleSettings.Read(configuration));
        services.AddScoped<TenantLifecycles>();
        services.AddScoped<ITenantLifecycle>(provider => provider.GetRequiredService<TenantLifecycles>());
        services.AddSingleton(PurgeRules.Read(configuration));
        services.AddSingleton<ErasurePlan>();
        services.AddScoped<TenantEraser>();
        services.AddScoped<IErasure, TenantErasure>();
        services.AddSingleton(SignUpTimes.Read(configuration));
        services.AddScoped<ISignUps, SignUps>();
        services.AddScoped<ISignUpKeeping, SignUpKeeping>();
        services.AddScoped<ProvisioningRows>();
        services.AddScoped<ProvisioningSteps>();
        services.AddSingleton<IOutboxHandler, Provisioner>();
        services.AddScoped<ITenantExpiry, TenantExpiry>();
        services.AddScoped<ITenantRecords, TenantRecords>();
        services.AddScoped<IPlanCatalogue, PlanCatalogue>();
        services.AddScoped<IPlanOverrides, PlanOverrides>();
        services.AddScoped<IOutboxDesk, OutboxDesk>();
        services.AddSingleton<IPlatformAudit, PlatformAudit>();
        services.AddScoped<IRowKeeping, RowKeeping>();
        services.AddSingleton<IUsageAudit, UsageAudit>();

        services.AddScoped<ITenantTransaction, TenantTransaction>();
        services.AddScoped<QuotaNotices>();
        services.AddScoped<IQuotas, Quotas>();
        services.AddScoped<IAuditTrail, AuditTrail>();
        services.AddScoped<IAuditChain, AuditChain>();
        services.AddScoped<IDenials, Denials>();
        services.AddSingleton<DenialLimit>();
        services.AddSingleton<IAuditKeeping, AuditKeeping>();
        services.AddScoped<IOutbox, OutboxWriter>();
        services.AddSingleton<OutboxQueue>();
        services.AddSingleton(OutboxRules.Read(configuration));
        services.AddSingleton(provider => FailPoints.Of(
            provider.GetRequiredService<IHostEnvironment>(), configuration));
        services.AddSingleton<IOutboxDispatcher, OutboxDispatcher>();
        services.AddSingleton<OutboxBell>();
        services.AddHostedService(provider => provider.GetRequiredService<OutboxBell>());
        services.AddSingleton<IMailWords, MailWords>();
        services.AddSingleton<TenantWords>();
        services.AddSingleton<IOutboxHandler, MailHandler>();
        services.AddSingleton<IOutboxHandler, LifecycleNoticeHandler>();
        services.AddSingleton<IOutboxHandler, SubscriptionEndHandler>();
        services.AddSingleton(provider => MailSettings.Read(
            configuration, provider.GetRequiredService<IHostEnvironment>().IsDevelopment()));
        services.AddSingleton<IMailer>(provider => provider.GetRequiredService<MailSettings>().Host is null
            ? ActivatorUtilities.CreateInstance<FileMailer>(provider)
            : ActivatorUtilities.CreateInstance<SmtpMailer>(provider));
        services.AddSingleton<IOutboxHandler, FileEraser>();
        services.AddScoped<IOperations, OperationWriter>();
        services.AddSingleton<OperationQueue>();
        services.AddSingleton(OperationRules.Read(configuration));
        services.AddSingleton<OperationDispatcher>();
        services.AddSingleton<OperationBell>();
        services.AddHostedService(provider => provider.GetRequiredService<OperationBell>());
        services.AddSingleton<IOperationKeeping, OperationKeeping>();
        services.AddSingleton(provider => ArchiveModelOf(
            provider.GetRequiredService<IDbContextFactory<AppDbContext>>()));
        services.AddSingleton(ExportSettings.Read(configuration));
        services.AddSingleton<ArchiveWriter>();
        services.AddSingleton<IOperationRunner, Exporter>();
        services.AddSingleton<IExportDocuments, ExportDocuments>();
        services.AddSingleton(provider => ImportSettings.Read(configuration, provider.GetRequiredService<FileLimits>()));
        services.AddSingleton(provider => provider.GetRequiredService<ImportSettings>().Upload);
        services.AddSingleton<ContentRules>();
        services.AddSingleton<IOperationRunner, ImportRunner>();
        services.AddSingleton(provider => FileSettings.Read(
            configuration, provider.GetRequiredService<IHostEnvironment>().IsDevelopment()));
        services.AddSingleton(provider => provider.GetRequiredService<FileSettings>().Limits);
        services.AddSingleton<IFileStore>(provider => provider.GetRequiredService<FileSettings>().S3 is null
            ? ActivatorUtilities.CreateInstance<FolderFileStore>(provider)
            : ActivatorUtilities.CreateInstance<S3FileStore>(provider));
        services.AddSingleton<IUploadKeeping, UploadKeeping>();
        services.AddSingleton<ILinks, Links>();
        services.AddScoped<IOperators, Operators>();
        services.AddScoped<IIdempotencyStore, IdempotencyStore>();
        services.AddScoped<ISignals, Signals.Signals>();

        services.AddSingleton<TenantRoutes>();
        services.AddSingleton<TenantDirectory>();
        services.AddSingleton<ITenantDirectory>(provider => provider.GetRequiredService<TenantDirectory>());
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<ISessionDirectory>(provider => provider.GetRequiredService<SessionDirectory>());
        services.AddSingleton<ApiKeyUses>();
        services.AddHostedService<ApiKeyUseWriter>();
        services.AddSingleton<ApiKeyDirectory>();
        services.AddSingleton<IApiKeyDirectory>(provider => provider.GetRequiredService<ApiKeyDirectory>());
        services.AddHostedService<SignalListener>();

        services.AddRateLimiting(configuration);
        services.AddSingleton<IPasswords, Passwords>();
        services.AddSingleton<IThrottle, Throttle>();
        services.AddSingleton<ISecretBox>(provider => new SecretBox(
            provider.GetRequiredKeyedService<NpgsqlDataSource>(Platform), configuration));
        services.AddSingleton(provider => Keys(provider, configuration));
        services.AddSingleton<Tokens>();
        services.AddSingleton<ITokens>(provider => provider.GetRequiredService<Tokens>());
        services.AddSingleton<IAccessTokenReader>(provider => provider.GetRequiredService<Tokens>());
        services.AddSingleton<IOperatorTokens>(provider => provider.GetRequiredService<Tokens>());
        services.AddSingleton<IImpersonationTokens>(provider => provider.GetRequiredService<Tokens>());
        services.AddSingleton<IPublicKeys>(provider => provider.GetRequiredService<SigningKeys>());
        services.AddHostedService<SigningKeyReader>();
        services.AddSingleton<ISuccessors, Successors>();
        services.AddSingleton<IApiKeySecrets, ApiKeySecrets>();
        services.AddScoped<IImpersonations, Impersonations>();

        services.AddSingleton<IsolationCheck>();
        services.AddSingleton<IReadiness>(provider => provider.GetRequiredService<IsolationCheck>());
        services.AddSingleton<IIsolation>(provider => provider.GetRequiredService<IsolationCheck>());
        foreach (var sweep in SweepSchedule.All) services.AddSingleton(sweep);
        services.AddHostedService<Sweeper>();
        return services;
    }

    /// <summary>
    /// Nothing lives at session level, so a reset on close would only cost a round trip (ADR 0002). Statements are
    /// prepared by themselves, unless the connection string says otherwise: PgBouncer before 1.21 cannot keep them.
    /// </summary>
    private static string ForRequests(string connectionString)
    {
        var saysSo = new DbConnectionStringBuilder { ConnectionString = connectionString }
            .ContainsKey("Max Auto Prepare");
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            NoResetOnClose = true,
            IncludeErrorDetail = false,
            PersistSecurityInfo = false,
            ApplicationName = "cleantenancy-api",
        };
        if (!saysSo) (builder.MaxAutoPrepare, builder.AutoPrepareMinUsages) = (64, 2);
        return builder.ConnectionString;
    }

    /// <summary>The catalogue is asked seldom: its statements must not push the requests' out of the prepared.</summary>
    private static string ForIsolation(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString)
        {
            MaxPoolSize = 2,
            MaxAutoPrepare = 0,
            ApplicationName = "cleantenancy-isolation",
        }.ConnectionString;

    /// <summary>When the host starts; the database is there by then, for the start-up check asked it.</summary>
    private static SigningKeys Keys(IServiceProvider provider, IConfiguration configuration) =>
        configuration["Jwt:SigningKey"] is { Length: > 0 } pem
            ? SigningKeys.FromPem(pem, provider.GetRequiredService<TimeProvider>())
            : Task.Run(() => SigningKeys.LoadAsync(
                provider.GetRequiredKeyedService<NpgsqlDataSource>(Platform),
                provider.GetRequiredService<TimeProvider>(),
                CancellationToken.None)).GetAwaiter().GetResult();

    private static ArchiveModel ArchiveModelOf(IDbContextFactory<AppDbContext> contexts)
    {
        using var db = contexts.CreateDbContext();
        return ArchiveModel.Of(db.Model);
    }

    private static string Required(IConfiguration configuration, string name) =>
        configuration.GetConnectionString(name)
        ?? throw new InvalidOperationException($"ConnectionStrings__{name} is not set.");
}
