using CleanTenancy.Api.ApiKeys;
using CleanTenancy.Api.Audit;
using CleanTenancy.Api.Auth;
using CleanTenancy.Api.Billing;
using CleanTenancy.Api.Categories;
using CleanTenancy.Api.Common;
using CleanTenancy.Api.EmailTemplates;
using CleanTenancy.Api.Events;
using CleanTenancy.Api.EventTemplates;
using CleanTenancy.Api.Exports;
using CleanTenancy.Api.Files;
using CleanTenancy.Api.Members;
using CleanTenancy.Api.Operations;
using CleanTenancy.Api.Plans;
using CleanTenancy.Api.Platform;
using CleanTenancy.Api.Programs;
using CleanTenancy.Api.Registrations;
using CleanTenancy.Api.Roles;
using CleanTenancy.Api.SignUps;
using CleanTenancy.Api.Tenants;
using CleanTenancy.Application;
using CleanTenancy.Infrastructure;
using CleanTenancy.Infrastructure.Development;
using CleanTenancy.Infrastructure.Persistence;

var builder = WebApplication.CreateBuilder(args);
if (args is ["operator", .. var rest])
    return await OperatorCommand.RunAsync(builder.Configuration, rest, Console.Out, CancellationToken.None);
if (args is ["migrate"]) return await MigrateCommand.RunAsync(builder.Configuration, CancellationToken.None);
if (args is ["rotate-signing-key"])
    return await RotateSigningKeyCommand.RunAsync(
        builder.Configuration, TimeProvider.System, Console.Out, CancellationToken.None);

await using var development = await DevelopmentServer.StartIfNeededAsync(builder, CancellationToken.None);
builder.ConfigureEdge();
builder.Services.AddApplication();
builder.Services.AddInfrastructure(builder.Configuration);
builder.Services.AddApi(builder.Configuration);

var app = builder.Build();
app.UseEdge();

app.MapAuth();
app.MapSessions();
app.MapKeys();
app.MapApiKeys();
app.MapCredentials();
app.MapEvents();
app.MapPrograms();
app.MapCategories();
app.MapEventTemplates();
app.MapEmailTemplates();
app.MapRegistrations();
app.MapFiles();
app.MapOperations();
app.MapExports();
app.MapImports();
app.MapMembers();
app.MapRoles();
app.MapAudit();
app.MapPlans();
app.MapBilling();
app.MapSignUps();
app.MapTenant();
app.MapPlatform();
app.MapPlatformPlans();
app.MapPlatformOutbox();
app.MapImpersonation();
app.MapErasure();
app.MapPlatformTenants();
app.MapHealth();
app.MapDocumentation();

if (args is ["replay-purges", var file])
    return await ReplayPurgesCommand.RunAsync(app.Services, file, Console.Out, CancellationToken.None);
if (!await app.IsFencedAsync())
{
    await app.DisposeAsync(); // the console logger still has to write why
    return 1;
}

if (development is not null)
    app.Lifetime.ApplicationStarted.Register(() => development.Describe(app.Urls, Console.Out));
await app.RunAsync();
return 0;

/// <summary>Named so that tests can start it.</summary>
public sealed partial class Program
{
    private Program()
    {
    }
}
