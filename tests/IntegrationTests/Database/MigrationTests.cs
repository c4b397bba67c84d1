using CleanTenancy.Infrastructure.Persistence;
using CleanTenancy.IntegrationTests.Fixtures;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.IntegrationTests.Database;

public sealed class MigrationTests(TestHost host, OwnDatabase database) : IClassFixture<OwnDatabase>
{
    private const string State = """
        select md5(string_agg(fact, '|' order by fact)) from (
          select 'migration ' || migration_id from "__EFMigrationsHistory"
          union all select format('%s %s %s %s', oid, relname, relowner, relacl) from pg_class where relnamespace = 'public'::regnamespace
          union all select format('%s %s %s', oid, polname, polrelid) from pg_policy
          union all select format('%s %s', oid, proacl) from pg_proc where pronamespace = 'public'::regnamespace
          union all select format('%s %s', datname, datacl) from pg_database where datname = current_database()
          union all select format('%s %s', rolname, setconfig) from pg_db_role_setting join pg_roles r on r.oid = setrole
          union all select tier || max_events from plans) facts(fact)
        """;

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        await using var superuser = await database.SuperuserAsync();
        var before = await superuser.ScalarAsync<string>(State);

        await DatabaseSetup.MigrateAsync(database.Migrator, TestContext.Current.CancellationToken);

        (await superuser.ScalarAsync<string>(State)).ShouldBe(before);
    }

    [Fact]
    public async Task Making_the_roles_again_changes_nothing()
    {
        await using var superuser = await database.SuperuserAsync();
        var before = await superuser.ScalarAsync<string>(State);

        await CreateRolesAsync(database.Name);

        (await superuser.ScalarAsync<string>(State)).ShouldBe(before);
    }

    [Fact]
    public async Task Roles_of_databases_set_up_side_by_side_are_made_one_after_the_other()
    {
        var other = await host.Postgres.NewDatabaseAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => CreateRolesAsync(n % 2 == 0 ? database.Name : other)));

        await using var app = await database.OpenAsync(database.App);
        (await app.ScalarAsync<string>("select current_user::text")).ShouldBe("application_role");
    }

    [Fact]
    public void The_model_has_no_changes_without_a_migration()
    {
        using var db = AppDbContextOptions.ForMigrations(database.Migrator);

        db.Database.HasPendingModelChanges().ShouldBeFalse();
    }

    [Fact]
    public async Task A_role_of_the_API_cannot_migrate()
    {
        await using var app = await database.OpenAsync(database.App);

        (await Sql.RefusalAsync(() => app.ExecuteAsync("delete from \"__EFMigrationsHistory\""))).State.ShouldBe("42501");
    }

    /// <summary>With the passwords that the other tests' connections have.</summary>
    private Task CreateRolesAsync(string name)
    {
        var password = new Npgsql.NpgsqlConnectionStringBuilder(database.App).Password!;
        return DatabaseSetup.CreateRolesAsync(
            host.Postgres.Superuser(name) + ";Pooling=false", new RolePasswords(password, password, password), CancellationToken.None);
    }
}
