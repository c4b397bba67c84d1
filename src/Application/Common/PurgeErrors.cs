using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Common;

public static class PurgeErrors
{
    /// <summary>What was typed is not the tenant's slug: perhaps it is another tenant that was meant.</summary>
    public static Error NotConfirmed => Error.Validation(new Failure(
        "/confirm", "slug_expected", TextRules.Say("The tenant's slug is expected.", "조직의 슬러그를 입력하세요.")));

    /// <summary>It can still be restored; early says that this does not matter.</summary>
    public static Error NotDue(DateTimeOffset dueAt) => Error.Conflict("purge_not_due").With("dueAt", dueAt);
}
