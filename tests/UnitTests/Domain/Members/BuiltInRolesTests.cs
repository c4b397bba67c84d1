using System.Reflection;
using CleanTenancy.Domain.Members;

namespace CleanTenancy.UnitTests.Domain.Members;

public sealed class BuiltInRolesTests
{
    [Fact]
    public void There_are_five() => BuiltInRoles.All.Keys.ShouldBe(
        ["super_admin", "admin", "organizer", "staff", "viewer"], ignoreOrder: true);

    [Fact]
    public void Nobody_but_the_super_admin_may_everything() =>
        BuiltInRoles.All.Where(role => role.Value.Contains("*")).Select(role => role.Key).ShouldBe(["super_admin"]);

    [Fact]
    public void The_super_admin_needs_no_other_permission() => BuiltInRoles.All["super_admin"].ShouldBe(["*"]);

    [Fact]
    public void The_admin_may_all_but_billing_deletion_and_export() =>
        Permissions.Catalogue.Except(BuiltInRoles.All["admin"]).ShouldBe(
            ["billing:write", "tenant:delete", "data:export"], ignoreOrder: true);

    [Fact]
    public void The_organizer_has_exactly_these() => BuiltInRoles.All["organizer"].ShouldBe(
        [
            "events:read", "events:write", "orders:read", "orders:write", "registrations:read", "registrations:write",
            "check-in:write", "analytics:read", "files:write", "tenant:read",
        ],
        ignoreOrder: true);

    [Fact]
    public void The_staff_may_check_in_and_read() => BuiltInRoles.All["staff"].ShouldBe(
        [
            "check-in:write", "events:read", "orders:read", "registrations:read", "tenant:read", "members:read",
            "roles:read", "payments:read",
        ],
        ignoreOrder: true);

    [Fact]
    public void The_viewer_only_reads() =>
        BuiltInRoles.All["viewer"].ShouldAllBe(permission => permission.EndsWith(":read", StringComparison.Ordinal));

    [Fact]
    public void Every_permission_of_a_role_is_published_and_given_once()
    {
        foreach (var (role, permissions) in BuiltInRoles.All.Where(role => role.Key != "super_admin"))
        {
            permissions.Except(Permissions.Catalogue).ShouldBeEmpty(role);
            permissions.ShouldBeUnique(role);
        }
    }

    [Fact]
    public void Every_permission_that_has_a_name_is_published()
    {
        var named = typeof(Permissions).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!)
            .Except([Permissions.None, Permissions.All]).ToList();

        named.Count.ShouldBeGreaterThan(20);
        named.ShouldBe(Permissions.Catalogue, ignoreOrder: true);
        Permissions.Catalogue.ShouldAllBe(permission => permission.Contains(':', StringComparison.Ordinal));
    }
}
