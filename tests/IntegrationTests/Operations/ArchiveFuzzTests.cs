using CleanTenancy.Infrastructure.Archives;
using CleanTenancy.IntegrationTests.Fixtures;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Operations;

/// <summary>Archives of which some bytes were changed, cut off or repeated: read, or refused by name, and nothing else.</summary>
public sealed class ArchiveFuzzTests(TestHost host)
{
    private const int Runs = 3_000;

    private static readonly Gen<(int At, byte With)[]> Changes =
        Gen.Select(Gen.Int[0, int.MaxValue], Gen.OneOf(Gen.Byte, Gen.Const((byte)0), Gen.Const((byte)0xFF))).Array[1, 4];

    private static readonly Gen<(bool IsPacked, (int At, byte With)[] Bytes, int Cut)> Damages = Gen.Select(
        Gen.Bool, Changes, Gen.Frequency((9, Gen.Const(0)), (1, Gen.Int[1, 2_000])));

    [Fact]
    public async Task Whatever_bytes_are_changed_it_is_read_or_refused_by_name()
    {
        var (packed, stored) = (Archive().Build(), Stored());
        var (read, refused, codes) = (0, 0, new HashSet<string>());
        await Damages.SampleAsync(
            async damage =>
            {
                var bytes = (damage.IsPacked ? packed : stored)[..];
                foreach (var (at, with) in damage.Bytes) bytes[at % bytes.Length] = with;
                if (await RefusalAsync(bytes[..^damage.Cut]) is { } code)
                {
                    Interlocked.Increment(ref refused);
                    lock (codes) codes.Add(code);
                }
                else Interlocked.Increment(ref read);
            },
            iter: Runs,
            threads: 1);

        (await RefusalAsync(packed)).ShouldBeNull();
        read.ShouldBeGreaterThan(0);
        refused.ShouldBeGreaterThan(Runs / 2);
        codes.Count.ShouldBeGreaterThan(5, string.Join(' ', codes));
    }

    /// <summary>Every byte of the container, each with its highest bit turned.</summary>
    [Fact]
    public async Task Whichever_bit_is_turned_it_is_noticed_or_harmless()
    {
        var whole = Archive().Build();
        for (var at = 0; at < whole.Length; at += 7)
        {
            var bytes = whole[..];
            bytes[at] ^= 0x80;
            await RefusalAsync(bytes); // throws at what has no name
        }
    }

    /// <returns>Null where it was read to its end.</returns>
    private async Task<string?> RefusalAsync(byte[] bytes)
    {
        try
        {
            await using var archive = await ArchiveReader.OpenAsync(
                new MemoryStream(bytes), Path.GetTempPath(), new ArchiveLimits(), TestContext.Current.CancellationToken);
            var problems = new ImportProblems();
            await new ImportCheck(Model(), host.Api.Services.GetRequiredService<ContentRules>(), new ArchiveLimits()).RunAsync(
                archive, problems, SequentialIds.Random(TimeProvider.System.GetUtcNow()), _ => { },
                TestContext.Current.CancellationToken);
            return problems.Found.Count > 0 ? problems.Found[0].Code : null;
        }
        catch (ArchiveRefusedException refused)
        {
            return refused.Problem.Code;
        }
    }

    private static ArchiveModel Model()
    {
        using var db = Infrastructure.Persistence.AppDbContextOptions.ForMigrations("Host=none");
        return ArchiveModel.Of(db.Model);
    }

    private static ForgedArchive Archive()
    {
        var archive = ImportTests.Sample();
        archive.AddUser("minji@example.test", "active", archive.AddRole("door", false, "check-in:write"));
        archive.AddTemplate("Monthly");
        return archive;
    }

    /// <summary>Not packed, and with nothing that would notice a changed row before the rows are looked at.</summary>
    private static byte[] Stored()
    {
        var archive = Archive();
        archive.Entries = entries => [.. entries.Select(entry => entry with { Method = 0 })];
        return archive.Build();
    }
}
