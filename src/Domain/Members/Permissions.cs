using System.Collections.Frozen;

namespace CleanTenancy.Domain.Members;

/// <summary>The published catalogue of permissions, and who has which by default.</summary>
public static class Permissions
{
    /// <summary>Every signed-in member may, and so may the public where the request says so.</summary>
    public const string None = "";

    public const string
        All = "*",
        AnalyticsRead = "analytics:read",
        ApiKeysWrite = "api-keys:write",
        AuditRead = "audit:read",
        BillingWrite = "billing:write",
        CheckInWrite = "check-in:write",
        DataExport = "data:export",
        DataImport = "data:import",
        DomainsWrite = "domains:write",
        EventsRead = "events:read",
        EventsWrite = "events:write",
        FilesWrite = "files:write",
        MembersRead = "members:read",
        MembersWrite = "members:write",
        OrdersRead = "orders:read",
        OrdersWrite = "orders:write",
        PaymentsRead = "payments:read",
        PaymentsWrite = "payments:write",
        RegistrationsRead = "registrations:read",
        RegistrationsWrite = "registrations:write",
        RolesRead = "roles:read",
        RolesWrite = "roles:write",
        TemplatesWrite = "templates:write",
        TenantDelete = "tenant:delete",
        TenantRead = "tenant:read",
        TenantWrite = "tenant:write",
        WebhooksWrite = "webhooks:write";

    public static readonly FrozenSet<string> Catalogue = FrozenSet.ToFrozenSet(
    [
        AnalyticsRead, ApiKeysWrite, AuditRead, BillingWrite, CheckInWrite, DataExport, DataImport, DomainsWrite,
        EventsRead, EventsWrite, FilesWrite, MembersRead, MembersWrite, OrdersRead, OrdersWrite, PaymentsRead,
        PaymentsWrite, RegistrationsRead, RegistrationsWrite, RolesRead, RolesWrite, TemplatesWrite, TenantDelete,
        TenantRead, TenantWrite, WebhooksWrite,
    ]);
}

/// <summary>The five roles every tenant has; they cannot be changed.</summary>
public static class BuiltInRoles
{
    public const string SuperAdmin = "super_admin", Admin = "admin", Organizer = "organizer", Staff = "staff",
        Viewer = "viewer";

    private static readonly string[] Read =
    [
        Permissions.EventsRead, Permissions.OrdersRead, Permissions.RegistrationsRead, Permissions.TenantRead,
        Permissions.MembersRead, Permissions.RolesRead, Permissions.PaymentsRead,
    ];

    public static readonly IReadOnlyDictionary<string, string[]> All = new Dictionary<string, string[]>
    {
        [SuperAdmin] = [Permissions.All],
        [Admin] = [.. Permissions.Catalogue
            .Except([Permissions.BillingWrite, Permissions.TenantDelete, Permissions.DataExport])
            .Order(StringComparer.Ordinal)],
        [Organizer] =
        [
            Permissions.EventsRead, Permissions.EventsWrite, Permissions.OrdersRead, Permissions.OrdersWrite,
            Permissions.RegistrationsRead, Permissions.RegistrationsWrite, Permissions.CheckInWrite,
            Permissions.AnalyticsRead, Permissions.FilesWrite, Permissions.TenantRead,
        ],
        [Staff] = [Permissions.CheckInWrite, .. Read],
        [Viewer] = Read,
    };
}
