using CleanTenancy.Application.Common.Ports;

// Namespaces with the names of packages: the rule is seen red before the packages are here.
namespace Stripe
{
    internal sealed class StripeClient;
}

namespace DnsClient
{
    internal sealed class LookupClient;
}

namespace CleanTenancy.ArchitectureTests.Broken.Adapters.Stripe
{
    internal sealed class Gateway
    {
        public static object Make() => new global::Stripe.StripeClient();
    }
}

namespace CleanTenancy.ArchitectureTests.Broken.Adapters.Dns
{
    internal sealed class Resolver
    {
        public static object Make() => new DnsClient.LookupClient();
    }
}

namespace CleanTenancy.ArchitectureTests.Broken.Adapters.StripePayments
{
    /// <summary>Begins like the adapter's namespace and is not in it; knows the library inside an async lambda only.</summary>
    internal sealed class Payments
    {
        public static Func<Task<object>> Make => async () =>
        {
            await Task.Yield();
            return (new global::Stripe.StripeClient(), new DnsClient.LookupClient());
        };
    }
}

namespace CleanTenancy.ArchitectureTests.Broken.Endpoints
{
    internal static class EndpointThatReads
    {
        /// <summary>As the routes are written; the signature says nothing.</summary>
        public static Delegate Handler => async (object found) =>
        {
            await Task.Yield();
            return ((IAppDbContext)found).Events;
        };
    }
}

namespace CleanTenancy.ArchitectureTests.Broken.Features.Common
{
    internal sealed class Shared;
}

namespace CleanTenancy.ArchitectureTests.Broken.Features.Alpha
{
    internal sealed class ReadsBeta
    {
        public Common.Shared Allowed { get; } = new();

        public Beta.OfBeta Forbidden { get; } = new();
    }

    internal sealed class ReadsGammaLater
    {
        public static async Task<object> ReadAsync()
        {
            await Task.Yield();
            return new GammaRays.OfGammaRays();
        }
    }
}

namespace CleanTenancy.ArchitectureTests.Broken.Features.Beta
{
    internal sealed class OfBeta;
}

namespace CleanTenancy.ArchitectureTests.Broken.Features.Gamma
{
    internal sealed class OfGamma;
}

namespace CleanTenancy.ArchitectureTests.Broken.Features.GammaRays
{
    internal sealed class OfGammaRays;
}
