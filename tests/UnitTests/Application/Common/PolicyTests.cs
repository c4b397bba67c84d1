using System.Text.RegularExpressions;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;

namespace CleanTenancy.UnitTests.Application.Common;

/// <summary>Every request's policy, found by reflection.</summary>
public sealed partial class PolicyTests
{
    private static readonly (Type Request, Policy Policy)[] All =
    [
        .. typeof(CreateEvent).Assembly.GetTypes()
            .Where(type => type.IsAssignableTo(typeof(IGuarded)) && !type.IsInterface)
            .Select(type => (type, (Policy)type.GetProperty(nameof(IGuarded.Policy))!.GetValue(null)!)),
    ];

    [Fact]
    public void The_requests_were_found()
    {
        All.Length.ShouldBeGreaterThanOrEqualTo(21);
        Of<ICommand>().Count().ShouldBeGreaterThanOrEqualTo(14);
        Of<IQuery>().Count().ShouldBeGreaterThanOrEqualTo(7);
    }

    [Fact]
    public void Every_permission_is_in_the_catalogue_or_none() =>
        Names(All.Where(x => !Permissions.Catalogue.Append(Permissions.None).Contains(x.Policy.Permission)))
            .ShouldBeEmpty();

    [Fact]
    public void Commands_leave_a_deed_that_is_a_noun_and_a_past_tense() =>
        Names(Of<ICommand>().Where(x => !NounAndPastTense().IsMatch(x.Policy.Audit))).ShouldBeEmpty();

    [Fact]
    public void Queries_leave_none() => Names(Of<IQuery>().Where(x => x.Policy.Audit != Deed.None)).ShouldBeEmpty();

    [Fact]
    public void A_deed_names_one_command_of_members_and_one_of_operators() =>
        Of<ICommand>().GroupBy(x => (x.Policy.Audit, x.Request.IsAssignableTo(typeof(IPlatform))))
            .Where(deed => deed.Count() > 1).Select(deed => deed.Key.Audit)
            .ShouldBeEmpty();

    [Fact]
    public void A_command_writes_and_a_query_reads()
    {
        Names(Of<ICommand>().Where(x => x.Policy.Permission.EndsWith(":read", StringComparison.Ordinal)))
            .ShouldBeEmpty();
        // The contract has one permission for keys: who may not make any does not see any. And it shows invitations, with
        // addresses of people who may never join, to who may invite. The words of mails are read by who may write them.
        Names(Of<IQuery>().Where(x => x.Policy.Permission.EndsWith(":write", StringComparison.Ordinal)))
            .ShouldBe(
            [
                "GetEmailTemplate", "GetFile", "GetFileContent", "ListApiKeys", "ListEmailTemplates", "ListFiles", "ListInvitations",
                "PreviewEmailTemplate", "PreviewPlanChange",
            ],
            ignoreOrder: true);
    }

    [Fact]
    public void Queries_cost_nothing_and_carry_no_key() =>
        Names(Of<IQuery>().Where(x =>
                x.Policy.Quota is not Quota.None || x.Policy.Releases.Count > 0 || x.Policy.Idempotent))
            .ShouldBeEmpty();

    [Fact]
    public void Whoever_needs_no_permission_is_the_public_or_looks_after_their_own() =>
        Names(All.Where(x => x.Policy.Permission == Permissions.None
                && !x.Request.IsAssignableTo(typeof(IPublic)) && !x.Request.IsAssignableTo(typeof(IPlatform))))
            .ShouldBe(
            [
                "ChangePassword", "ConfirmTotp", "DisableTotp", "EndSession", "EnrollTotp", "GetMe", "GetOperation",
                "ListSessions", "MakeRecoveryCodes", "SignOut", "StepUp",
            ], ignoreOrder: true);

    [Fact]
    public void The_public_needs_no_permission() =>
        Names(Of<IPublic>().Where(x => x.Policy.Permission != Permissions.None)).ShouldBeEmpty();

    /// <summary>Counters are held in the order of their names, then one is reserved: both could deadlock.</summary>
    [Fact]
    public void No_request_reserves_one_quota_and_gives_back_another() =>
        Names(All.Where(x => x.Policy.Quota is not Quota.None && x.Policy.Releases.Count > 0)).ShouldBeEmpty();

    [Fact]
    public void Releases_name_quotas_and_each_once() =>
        Names(All.Where(x => x.Policy.Releases.Contains(Quota.None)
                || x.Policy.Releases.Distinct().Count() != x.Policy.Releases.Count))
            .ShouldBeEmpty();

    private static IEnumerable<(Type Request, Policy Policy)> Of<TKind>() =>
        All.Where(x => x.Request.IsAssignableTo(typeof(TKind)));

    private static IEnumerable<string> Names(IEnumerable<(Type Request, Policy Policy)> requests) =>
        requests.Select(x => x.Request.Name);

    [GeneratedRegex(@"^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*ed\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NounAndPastTense();
}
