using CleanTenancy.Infrastructure.Persistence.Erasure;
using CleanTenancy.Infrastructure.Persistence.Isolation;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.IntegrationTests.Erasure;

/// <summary>A table that somebody adds later is erased too, and in its place.</summary>
public sealed class ErasurePlanTests(TestHost host)
{
    private IReadOnlyList<string> Tables => host.Api.Services.GetRequiredService<ErasurePlan>().Tables;

    [Fact]
    public async Task The_plan_names_every_tenant_table_once_and_no_other()
    {
        Tables.ShouldBeUnique();
        Tables.Append("organizations").ShouldBe(FenceManifest.TenantTables.Keys, ignoreOrder: true);
        // The manifest against the catalogue: what has an org_id is a tenant's.
        Tables.ShouldBe(
            await host.Api.QueryAsync<string[]>(
                """
                select array_agg(c.relname::text) from pg_class c
                join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
                where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                  and c.relname not in ('tenant_slugs', 'tenant_hosts')
                """),
            ignoreOrder: true);
    }

    [Fact]
    public async Task Children_go_before_what_they_refer_to()
    {
        var order = Tables.ToList();
        var keys = await host.Api.QueryAsync<string[]>(
            """
            select array_agg(conrelid::regclass || ' ' || confrelid::regclass) from pg_constraint
            where contype = 'f' and conrelid <> confrelid and conparentid = 0
            """);
        var pairs = keys.Select(key => key.Split(' ')).Where(key => order.Contains(key[0]) && order.Contains(key[1])).ToList();

        pairs.Count.ShouldBeGreaterThan(10);
        pairs.Where(key => order.IndexOf(key[0]) > order.IndexOf(key[1])).ShouldBeEmpty();
    }
}
