using System.Diagnostics;

namespace CleanTenancy.Benchmarks;

/// <summary>
/// Whether time tells a known account from an unknown one: by the distribution of many answers (Mann-Whitney), not by
/// their mean. Prints, and fails nothing: this machine is busy with other things too.
/// </summary>
internal static class Uniformity
{
    private const int Samples = 500;

    public static async Task<int> RunAsync()
    {
        await using var data = await Data.PrepareAsync(tenants: 1);
        await using var server = await Server.StartApiAsync(
            Path.Combine(AppContext.BaseDirectory, "CleanTenancy.Api.dll"), data, data.App,
            ("Throttle__Factor", "1000"), ("RateLimits__Factor", "1000"));
        using var client = new HttpClient();
        var (slug, email) = Data.First;
        Console.WriteLine($"{Samples} answers each, in turns; p is the chance of a difference like this if there is none");
        Console.WriteLine($"{"what",-24} {"known",10} {"unknown",10} {"p",8}");
        foreach (var (what, path) in new[] { ("sign-in, wrong password", "/v1/auth/login"), ("forgotten password", "/v1/auth/password/forgot") })
        {
            var (known, unknown) = (new List<double>(), new List<double>());
            for (var i = -20; i < Samples; i++) // the first ones are not counted: the code is compiled meanwhile
            {
                // Who is first changes, so that neither always follows the other.
                foreach (var isKnown in i % 2 == 0 ? new[] { true, false } : [false, true])
                {
                    var time = await AskAsync(isKnown ? email : "somebody@else.test");
                    if (i >= 0) (isKnown ? known : unknown).Add(time);
                }
            }

            Console.WriteLine($"{what,-24} {Median(known),7:0.00} ms {Median(unknown),7:0.00} ms {MannWhitney(known, unknown),8:0.000}");

            async Task<double> AskAsync(string account)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, server.Url(path));
                request.Headers.Host = server.HostOf(slug);
                request.Content = path.EndsWith("login", StringComparison.Ordinal)
                    ? JsonContent.Create(new { email = account, password = "wrong-horse-battery" })
                    : JsonContent.Create(new { email = account });
                var started = Stopwatch.GetTimestamp();
                using var response = await client.SendAsync(request);
                var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                if ((int)response.StatusCode is not (401 or 204)) throw new InvalidOperationException($"{response.StatusCode}");
                return elapsed;
            }
        }

        return 0;
    }

    /// <summary>Two-sided, by the normal approximation: the times have no ties to speak of.</summary>
    internal static double MannWhitney(IReadOnlyCollection<double> a, IReadOnlyCollection<double> b)
    {
        var ranks = a.Select(time => (time, isA: true)).Concat(b.Select(time => (time, isA: false)))
            .OrderBy(sample => sample.time).Select((sample, index) => (sample.isA, Rank: index + 1.0)).ToList();
        var u = ranks.Where(sample => sample.isA).Sum(sample => sample.Rank) - a.Count * (a.Count + 1) / 2.0;
        var (mean, deviation) = (a.Count * b.Count / 2.0, Math.Sqrt(a.Count * b.Count * (a.Count + b.Count + 1) / 12.0));
        return Erfc(Math.Abs(u - mean) / deviation / Math.Sqrt(2));
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    /// <summary>Abramowitz and Stegun, 7.1.26: good to 1.5e-7.</summary>
    private static double Erfc(double x)
    {
        var t = 1 / (1 + 0.3275911 * x);
        return t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
            * Math.Exp(-x * x);
    }
}
