using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.Application.Roles;

/// <summary>Lists the permissions that roles are made of, described in the language of the request.</summary>
public sealed record ListPermissions : IQuery<Page<PermissionDetails>>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.RolesRead,
        Feature = Feature.None,
        Audit = Deed.None,
    };
}

/// <summary>One thing that a member may do.</summary>
/// <param name="Permission">As roles name it.</param>
/// <param name="Description">For people, in the language of Accept-Language (en, ko).</param>
public sealed record PermissionDetails(
    [property: Required] string Permission, [property: Required] string Description);

internal sealed class ListPermissionsHandler : IRequestHandler<ListPermissions, Result<Page<PermissionDetails>>>
{
    public Task<Result<Page<PermissionDetails>>> Handle(ListPermissions query, CancellationToken cancellationToken) =>
        Task.FromResult<Result<Page<PermissionDetails>>>(new Page<PermissionDetails>(
            [.. Permissions.Catalogue.Order(StringComparer.Ordinal)
                .Select(permission => new PermissionDetails(permission, PermissionTexts.Of(permission)))],
            NextCursor: null));
}

internal static class PermissionTexts
{
    /// <exception cref="ArgumentOutOfRangeException">A permission without words: a bug, held by a test.</exception>
    public static string Of(string permission) => permission switch
    {
        Permissions.AnalyticsRead => TextRules.Say("See figures and reports.", "통계와 보고서를 봅니다."),
        Permissions.ApiKeysWrite => TextRules.Say("Make and revoke API keys.", "API 키를 만들고 폐기합니다."),
        Permissions.AuditRead => TextRules.Say("Read the audit log.", "감사 로그를 봅니다."),
        Permissions.BillingWrite => TextRules.Say("Change the plan and how it is paid.", "요금제와 결제 수단을 변경합니다."),
        Permissions.CheckInWrite => TextRules.Say("Check attendees in.", "참석자를 체크인합니다."),
        Permissions.DataExport => TextRules.Say("Export all data.", "모든 데이터를 내보냅니다."),
        Permissions.DataImport => TextRules.Say("Import data.", "데이터를 가져옵니다."),
        Permissions.DomainsWrite => TextRules.Say("Manage custom domains.", "사용자 도메인을 관리합니다."),
        Permissions.EventsRead => TextRules.Say("See events.", "행사를 봅니다."),
        Permissions.EventsWrite => TextRules.Say("Create and change events.", "행사를 만들고 변경합니다."),
        Permissions.FilesWrite => TextRules.Say("Upload and delete files.", "파일을 올리고 삭제합니다."),
        Permissions.MembersRead => TextRules.Say("See members.", "구성원을 봅니다."),
        Permissions.MembersWrite => TextRules.Say(
            "Invite, change, suspend and remove members.", "구성원을 초대, 변경, 정지, 삭제합니다."),
        Permissions.OrdersRead => TextRules.Say("See orders.", "주문을 봅니다."),
        Permissions.OrdersWrite => TextRules.Say("Create and change orders.", "주문을 만들고 변경합니다."),
        Permissions.PaymentsRead => TextRules.Say("See payments.", "결제를 봅니다."),
        Permissions.PaymentsWrite => TextRules.Say("Refund payments.", "결제를 환불합니다."),
        Permissions.RegistrationsRead => TextRules.Say("See registrations.", "등록을 봅니다."),
        Permissions.RegistrationsWrite => TextRules.Say("Enter and cancel registrations.", "등록을 입력하고 취소합니다."),
        Permissions.RolesRead => TextRules.Say("See roles and permissions.", "역할과 권한을 봅니다."),
        Permissions.RolesWrite => TextRules.Say("Create, change and delete roles.", "역할을 만들고 변경하고 삭제합니다."),
        Permissions.TemplatesWrite => TextRules.Say("Change mail templates.", "메일 템플릿을 변경합니다."),
        Permissions.TenantDelete => TextRules.Say("Delete the organization.", "조직을 삭제합니다."),
        Permissions.TenantRead => TextRules.Say("See the organization's settings.", "조직 설정을 봅니다."),
        Permissions.TenantWrite => TextRules.Say("Change the organization's settings.", "조직 설정을 변경합니다."),
        Permissions.WebhooksWrite => TextRules.Say("Manage outgoing webhooks.", "발신 웹훅을 관리합니다."),
        _ => throw new ArgumentOutOfRangeException(nameof(permission), permission, "A permission without words."),
    };
}
