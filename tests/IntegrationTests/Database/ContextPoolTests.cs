using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>A context that goes back to the pool twice would serve two requests, of two tenants, at once.</summary>
public sealed class ContextPoolTests(TestHost host)
{
    /// <summary>Disposed between two disposals of the context: rents one as another request would.</summary>
    private sealed class Between(IDbContextFactory<AppDbContext> contexts) : IDisposable
    {
        public AppDbContext? Rented { get; private set; }

        public void Dispose() => Rented = contexts.CreateDbContext();
    }

    [Fact]
    public async Task A_request_gives_its_context_back_once()
    {
        await using var api = await host.StartApiAsync(
            await host.Postgres.NewDatabaseAsync(), options => options.Services = services => services.AddScoped<Between>());
        Between between;
        using (var request = api.Services.CreateScope())
        {
            // Disposed in the reverse order: the port's registration, then the renter, then the context's own.
            request.ServiceProvider.GetRequiredService<AppDbContext>();
            between = request.ServiceProvider.GetRequiredService<Between>();
            request.ServiceProvider.GetRequiredService<IAppDbContext>();
        }

        using var another = api.Services.CreateScope();
        var next = another.ServiceProvider.GetRequiredService<AppDbContext>();

        between.Rented.ShouldNotBeNull();
        ReferenceEquals(next, between.Rented).ShouldBeFalse();
        await between.Rented.DisposeAsync();
    }

    [Fact]
    public void A_request_has_one_context_whatever_it_is_called()
    {
        using var request = host.Api.Services.CreateScope();

        ReferenceEquals(
            request.ServiceProvider.GetRequiredService<AppDbContext>(),
            request.ServiceProvider.GetRequiredService<IAppDbContext>()).ShouldBeTrue();
    }
}
