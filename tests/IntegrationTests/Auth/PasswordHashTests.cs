using System.Net;
using System.Text;
using CleanTenancy.Domain.Members;
using CleanTenancy.IntegrationTests.Fixtures;
using Konscious.Security.Cryptography;

namespace CleanTenancy.IntegrationTests.Auth;

public sealed class PasswordHashTests(TestHost host)
{
    private const string Today = "$argon2id$v=19$m=19456,t=2,p=1$";

    [Fact]
    public async Task A_hash_is_a_PHC_string_with_todays_parameters()
    {
        var tenant = await host.NewTenantAsync();

        (await HashAsync(tenant)).ShouldMatch(@"^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$");
    }

    [Fact]
    public async Task A_hash_of_today_stays_as_it_is()
    {
        var tenant = await host.NewTenantAsync();
        var before = await HashAsync(tenant);

        await tenant.SignedInAsync(BuiltInRoles.Viewer);

        (await HashAsync(tenant)).ShouldBe(before);
    }

    [Fact]
    public async Task A_hash_of_older_parameters_is_renewed_by_a_right_password_only()
    {
        var tenant = await host.NewTenantAsync();
        var older = Older(TestHost.Password);
        await host.Api.ExecuteAsync(
            "update users set password_hash = $1 where org_id = $2 and id = $3",
            older, tenant.Id.Value, tenant.User(BuiltInRoles.Viewer).Id.Value);

        (await tenant.SignInAsync(BuiltInRoles.Viewer, "wrong-horse-battery")).ShouldBe(HttpStatusCode.Unauthorized);
        (await HashAsync(tenant)).ShouldBe(older);

        await tenant.SignedInAsync(BuiltInRoles.Viewer);
        (await HashAsync(tenant)).ShouldStartWith(Today);
        await tenant.SignedInAsync(BuiltInRoles.Viewer);
        (await tenant.SignInAsync(BuiltInRoles.Viewer, "wrong-horse-battery")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    private Task<string> HashAsync(TestTenant tenant) => host.Api.QueryAsync<string>(
        "select password_hash from users where org_id = $1 and id = $2",
        tenant.Id.Value, tenant.User(BuiltInRoles.Viewer).Id.Value);

    private static string Older(string password)
    {
        var salt = "sixteen bytes !!"u8.ToArray();
        using var argon = new Argon2id(Encoding.UTF8.GetBytes(password))
        {
            Salt = salt,
            MemorySize = 1024,
            Iterations = 1,
            DegreeOfParallelism = 1,
        };
        return $"$argon2id$v=19$m=1024,t=1,p=1${Encode(salt)}${Encode(argon.GetBytes(32))}";
    }

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');
}
