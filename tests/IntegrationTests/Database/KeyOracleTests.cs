using CleanTenancy.IntegrationTests.Battery;

namespace CleanTenancy.IntegrationTests.Database;

/// <summary>No key tells or touches what another tenant has: every one of the catalogue.</summary>
public sealed class KeyOracleTests(OwnDatabase database) : IClassFixture<OwnDatabase>
{
    [Fact]
    public async Task A_foreign_parent_and_no_parent_get_the_same_answer()
    {
        using var block = Tally.Start("SQL, foreign keys");
        (await FindAsync(oracles => oracles.ParentsAsync(), block)).ShouldBeEmpty();
        block.Cases.ShouldBeGreaterThanOrEqualTo(4 * 6);
    }

    [Fact]
    public async Task The_values_of_another_tenant_are_as_free_as_any()
    {
        using var block = Tally.Start("SQL, unique indexes");
        (await FindAsync(oracles => oracles.UniquesAsync(), block)).ShouldBeEmpty();
        block.Cases.ShouldBeGreaterThanOrEqualTo(6 * 13);
    }

    [Fact]
    public async Task Deleting_a_parent_reaches_no_row_of_another_tenant()
    {
        using var block = Tally.Start("SQL, cascades");
        (await FindAsync(oracles => oracles.CascadesAsync(), block)).ShouldBeEmpty();
        block.Cases.ShouldBeGreaterThanOrEqualTo(6);
    }

    /// <summary>The six that everything hangs on: the catalogue is read at all.</summary>
    [Fact]
    public async Task The_keys_between_tenants_tables_are_attacked()
    {
        await using var superuser = await database.SuperuserAsync();

        var keys = await Catalogue.ForeignKeysAsync(superuser, await Catalogue.TablesAsync(superuser));

        string[] known =
        [
            "programs -> events", "refresh_tokens -> sessions", "registrations -> events", "sessions -> users",
            "user_roles -> roles", "user_roles -> users",
        ];
        known.Except(keys.Where(k => k.Columns.Length > 0).Select(k => $"{k.Table} -> {k.Parent}")).ShouldBeEmpty();
        keys.ShouldContain(k => k.ReachesChildren);
    }

    [Fact]
    public async Task A_key_that_tells_of_a_foreign_parent_is_seen() =>
        (await FindAsync(
            oracles => oracles.ParentsAsync(),
            hole: "alter table events add constraint planted unique (id); "
                + "alter table programs drop constraint fk_programs_events_org_id_event_id; "
                + "alter table programs add constraint planted foreign key (event_id) references events (id)"))
        .ShouldNotBeEmpty();

    [Theory]
    [InlineData("alter table roles add constraint planted unique (name)")]
    [InlineData("create unique index planted on users (normalized_email)")]
    [InlineData("create unique index planted on events (id)")]
    public async Task An_index_that_tells_of_a_foreign_value_is_seen(string hole)
    {
        // The seeded names are the same in both tenants.
        var apart = "update roles set name = name || org_id; "
            + "update users set normalized_email = org_id || normalized_email;";
        (await FindAsync(oracles => oracles.UniquesAsync(), hole: apart + hole)).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_cascade_that_reaches_another_tenant_is_seen() =>
        (await FindAsync(
            oracles => oracles.CascadesAsync(),
            hole: "alter table events add constraint planted unique (id); "
                + "alter table programs drop constraint fk_programs_events_org_id_event_id; "
                + "alter table programs add constraint planted foreign key (event_id) "
                + "references events (id) on delete cascade; "
                + $"update programs set event_id = (select id from events where org_id = '{OwnDatabase.B}' limit 1)"))
        .ShouldNotBeEmpty();

    private async Task<List<string>> FindAsync(Func<KeyOracles, Task> attack, Tally.Run? block = null, string hole = "")
    {
        await using var superuser = await database.SuperuserAsync();
        await using var transaction = await superuser.BeginTransactionAsync(TestContext.Current.CancellationToken);
        if (hole.Length > 0) await superuser.ExecuteAsync(hole);
        var oracles = new KeyOracles(superuser, block);
        await attack(oracles);
        return oracles.Findings;
    }
}
