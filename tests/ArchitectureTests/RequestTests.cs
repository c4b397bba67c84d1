using System.Reflection;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using MediatR;

namespace CleanTenancy.ArchitectureTests;

public sealed class RequestTests
{
    private static readonly Dictionary<string, string> Platform = new()
    {
        ["AnnounceDeadlines"] = "Deadlines of all tenants are looked for by a timer; each is told bound to its tenant.",
        ["ChangeTenantTerms"] = "An operator changes one tenant's terms: bound to it, and recorded in its own log.",
        ["DeleteTenant"] = "An operator deletes one tenant: bound to it, and recorded in its own log.",
        ["ExpireTenants"] = "Deadlines of all tenants are looked for by a timer; each is moved bound to its tenant.",
        ["ExtendTrial"] = "An operator extends one tenant's trial: bound to it, and recorded in its own log.",
        ["GetTenantDetails"] = "An operator looks at one tenant's row, counters and outbox, bound to it; at no content.",
        ["ListTenants"] = "Operators look for tenants by their rows; nothing of what a tenant keeps is shown.",
        ["ReinstateTenant"] = "An operator takes one tenant's suspension back: bound to it, and recorded in its own log.",
        ["RestoreTenant"] = "An operator takes one tenant's deletion back: bound to it, and recorded in its own log.",
        ["SuspendTenant"] = "An operator suspends one tenant: bound to it, and recorded in its own log.",
        ["ActivateTenant"] = "The token names the tenant, which nobody can ask on its own host yet: bound to it.",
        ["CheckSlug"] = "Asks whether one name is free, before there is a tenant; answers yes or no.",
        ["ClearOperations"] = "Clears up after each tenant's operations by itself, by a timer; answers how many.",
        ["DispatchOutbox"] = "Claims each tenant's messages by themselves, by a timer; answers nothing but how many.",
        ["ExpireAuditLogs"] = "Retention is judged by each tenant's plan, tenant by tenant, by a timer.",
        ["ExpireSignUps"] = "Undoes each tenant's own dead sign-up, bound to it, by a timer; answers how many.",
        ["ExpireInvitations"] = "Revokes each tenant's expired invitations by itself, bound to it, by a timer; answers how many.",
        ["ExpireLedger"] = "What the law keeps stands beside the tenants, which are gone; a timer deletes what is old.",
        ["ExpireSignUpKeys"] = "Hashes of keys that belong to no tenant yet; by a timer.",
        ["ExpireTenantRows"] = "Deletes of each tenant by itself, bound to it, what its time is over of; by a timer.",
        ["GetErasureCertificate"] = "What is left of a tenant that is gone: numbers, and no row of anybody.",
        ["GetIsolationReport"] = "The report is about the fence around all tenants, and shows no row of any.",
        ["GetPlan"] = "The catalogue of plans belongs to no tenant.",
        ["GetSignUpStatus"] = "The tenant's own host does not answer yet: bound to it, and nobody's name is shown.",
        ["Impersonate"] = "An operator acts as one member of one tenant: bound to it, and recorded in its own log.",
        ["KeepAuditPartitions"] = "Partitions are shared by all tenants' logs.",
        ["ListOutbox"] = "An operator looks for what was not delivered, of all tenants: without payloads, which hold the people.",
        ["ListPlatformAudit"] = "The platform's own log belongs to no tenant.",
        ["ListPlans"] = "The catalogue of plans belongs to no tenant; visitors compare prices before they sign up.",
        ["ListOverrides"] = "An operator reads what was promised to one tenant, which is not the operator's own.",
        ["ProbeIsolation"] = "Binds two synthetic tenants, one after the other, and nobody else.",
        ["PurgeTenant"] = "An operator erases one tenant: bound to it, and recorded in the platform's log.",
        ["PurgeTenants"] = "Erases each tenant whose time is over by itself, bound to it, by a timer; answers how many.",
        ["ReconcileUsage"] = "Compares the counters of each tenant by itself, bound to it; answers only how many are wrong.",
        ["RefreshOperatorSession"] = "An operator's session belongs to no tenant.",
        ["RetryProvisioning"] = "An operator sets one tenant up again: bound to it, and recorded in its own log.",
        ["ReleaseNames"] = "Frees the names of each tenant that is gone by itself, by a timer; answers how many.",
        ["RemoveOverride"] = "An operator changes what one tenant may: bound to it, and recorded in its own log.",
        ["ReplayPurges"] = "Begins again, each bound to its own tenant, purges that a restored backup does not know of.",
        ["ReplacePlan"] = "The catalogue of plans belongs to no tenant; operators change it for all.",
        ["RetryOutboxMessage"] = "An operator has one tenant's message tried again: bound to it, and recorded in its own log.",
        ["SealAuditLogs"] = "Seals each tenant's log by itself; reads and answers no line of it.",
        ["SetOverride"] = "An operator changes what one tenant may: bound to it, and recorded in its own log.",
        ["SignInOperator"] = "Operators are people of the platform, with a table and a token audience of their own.",
        ["StartSignUp"] = "Founds one tenant, bound to the new one: before it there is no tenant.",
        ["TakeUpOperations"] = "Looks for work of every tenant by a timer; it is claimed and done bound to its tenant.",
        ["SweepAbandonedUploads"] = "Clears up after each tenant's dead uploads by itself, by a timer; answers how many.",
        ["SignOutOperator"] = "An operator's session belongs to no tenant.",
    };

    private static readonly Dictionary<string, string> Public = new()
    {
        ["ForgotPassword"] = "Whoever has forgotten the password cannot sign in; what is sent goes to the account's own address.",
        ["GetBootstrap"] = "The sign-in page knows nobody yet, and has to know whose page it is.",
        ["AcceptInvitation"] = "Whoever accepts is no member yet; the token of the mail is the credential.",
        ["ActivateTenant"] = "Whoever activates cannot sign in yet; the token of the mail is the credential.",
        ["CheckSlug"] = "Whoever looks for a name has no account yet; a host that answers tells the same.",
        ["GetSignUpStatus"] = "Whoever waits cannot sign in yet; the id is what the sign-up was answered, and shows no person.",
        ["StartSignUp"] = "Whoever signs up is nobody's member yet; limited by network, and nothing begins without a mail.",
        ["ListPlans"] = "Prices are public, and the answer holds no tenant's data.",
        ["RefreshOperatorSession"] = "The refresh token is the credential; the access token may have ended.",
        ["RefreshSession"] = "The refresh token is the credential; the access token may have ended.",
        ["ResetPassword"] = "The token of the mail is the credential; the password is what was forgotten.",
        ["SignIn"] = "Whoever signs in has no token yet; the password is the credential.",
        ["SignInOperator"] = "Whoever signs in has no token yet; the password is the credential.",
    };

    private static readonly Dictionary<string, string> OwnTransactions = new()
    {
        ["ChangeTenant"] = "No member's role may write the tenant's row: the platform does, bound to it, as the member's deed.",
        ["DeleteOwnTenant"] = "No member's role may move the tenant: the lifecycle does, bound to it, as the member's deed.",
        ["RestoreOwnTenant"] = "No member's role may move the tenant: the lifecycle does, bound to it, as the member's deed.",
        ["ChangePassword"] = "Two hashes take tens of milliseconds of CPU: no connection and no transaction waits for them.",
        ["DisableTotp"] = "A password takes tens of milliseconds of CPU: no connection and no transaction waits for it.",
        ["ForgotPassword"] = "Known and unknown accounts are answered after the same time: no transaction waits for it.",
        ["ResetPassword"] = "A password takes tens of milliseconds of CPU: no connection and no transaction waits for it.",
        ["StepUp"] = "A password takes tens of milliseconds of CPU: no connection and no transaction waits for it.",
        ["AcceptInvitation"] = "A password takes tens of milliseconds of CPU: no connection and no transaction waits for it.",
        ["RefreshSession"] = "Ending a session whose token was used twice must outlive the refusal that it answers with.",
        ["SignIn"] = "A password takes tens of milliseconds of CPU: no connection and no transaction waits for it.",
        ["StartImport"] = "Bytes come for minutes: no connection and no transaction waits for them.",
        ["UploadFile"] = "Bytes come for minutes: no connection and no transaction waits for them.",
    };

    private static IReadOnlyList<Type> Requests => RequestsOf(Source.Written(Source.Application));

    private static IReadOnlyList<Type> Handlers => HandlersOf(Source.Written(Source.Application));

    private static IReadOnlyList<Type> Broken => Source.Broken("Slices");

    [Fact]
    public void Each_request_is_a_command_or_a_query() => Unkind(Requests).ShouldBeEmpty();

    [Fact]
    public void A_request_of_no_kind_or_of_both_is_seen() =>
        Unkind(RequestsOf(Broken)).ShouldBe(["Ambiguous", "Neither"], ignoreOrder: true);

    [Fact]
    public void Each_request_has_one_handler_beside_it() => Mishandled(Requests, Handlers).ShouldBeEmpty();

    [Fact]
    public void Forgotten_second_and_distant_handlers_are_seen() =>
        Mishandled(RequestsOf(Broken), HandlersOf(Broken))
            .ShouldBe(
            [
                "Ambiguous: 0 handlers", "Doubled: 2 handlers", "Neither: 0 handlers",
                "Distant: DistantHandler is elsewhere",
            ],
            ignoreOrder: true);

    [Fact]
    public void Each_request_and_its_handler_live_in_the_file_of_the_request() =>
        Misplaced(Requests, Source.Files()).ShouldBeEmpty();

    [Fact]
    public void A_request_in_another_file_is_seen() =>
        Misplaced([typeof(Broken.Slices.Doubled)], Source.Files()).ShouldBe(["Doubled"]);

    [Fact]
    public void Handlers_are_internal_and_sealed() => Open(Handlers).ShouldBeEmpty();

    [Fact]
    public void An_open_handler_is_seen() => Open(HandlersOf(Broken)).ShouldBe(["OpenHandler"]);

    [Fact]
    public void No_handler_sends_another_request() => Senders(Handlers).ShouldBeEmpty();

    [Fact]
    public void A_handler_that_sends_is_seen() =>
        Senders(HandlersOf(Broken)).ShouldBe(["ChattyHandler takes ISender", "OpenHandler takes IServiceProvider"], ignoreOrder: true);

    [Fact]
    public void Only_the_sender_and_the_pipeline_know_the_mediator()
    {
        string[] senders = [typeof(Application.Common.ISender).FullName!, typeof(IMediator).FullName!];
        Source.Users(Source.Application, senders).Where(type => type.IsClass).Select(type => type.Name)
            .ShouldBe(["DependencyInjection", "MediatorSender"], ignoreOrder: true);
        Source.Users(Source.Tests, senders).ShouldContain(typeof(Broken.Slices.ChattyHandler));
    }

    [Fact]
    public void Platform_requests_have_a_reason() => Unlisted(Requests, typeof(IPlatform), Platform).ShouldBeEmpty();

    [Fact]
    public void Public_requests_have_a_reason() => Unlisted(Requests, typeof(IPublic), Public).ShouldBeEmpty();

    [Fact]
    public void Requests_with_transactions_of_their_own_have_a_reason() =>
        Unlisted(Requests, typeof(IOwnTransactions), OwnTransactions).ShouldBeEmpty();

    [Fact]
    public void Missing_stale_and_empty_reasons_are_seen() =>
        AllowList.Breaches(
            ["New", "Short"],
            new Dictionary<string, string> { ["Old"] = "It was needed once, long ago.", ["Short"] = "because" })
            .ShouldBe(
            [
                "New: no reason is written down", "Old: is in the list, but needs no exception",
                "Short: that is no reason",
            ]);

    [Fact]
    public void Only_requests_with_transactions_of_their_own_open_them() =>
        Openers(Handlers).ShouldBe(OwnTransactions.Keys.Select(name => $"{name}Handler"), ignoreOrder: true);

    [Fact]
    public void A_handler_that_opens_a_transaction_is_seen() =>
        Openers(HandlersOf(Broken)).ShouldBe(["ChattyHandler"]);

    [Fact]
    public void Policies_make_sense() => Senseless(Requests).ShouldBeEmpty();

    [Fact]
    public void Policies_that_make_no_sense_are_seen() =>
        Senseless(RequestsOf(Broken)).ShouldBe(
        [
            "Ambiguous: events:destroy is not in the catalogue",
            "Distant: a query has no deed",
            "Doubled: a command names its deed",
            "Ambiguous: Event-Created is no deed in the past tense",
            "Ambiguous: quota and idempotency need the pipeline's transaction",
            "Doubled: only transactions of its own have a quota or keys of their own",
            "Neither: a query has no deed",
            "Distant: a key that is needed is honoured",
        ],
        ignoreOrder: true);

    private static List<Type> RequestsOf(IEnumerable<Type> types)
    {
        List<Type> found = [.. types.Where(type => type.IsClass && type.IsAssignableTo(typeof(IGuarded)))];
        found.ShouldNotBeEmpty();
        return found;
    }

    private static List<Type> HandlersOf(IEnumerable<Type> types)
    {
        List<Type> found = [.. types.Where(type => !type.IsInterface && RequestsHandledBy(type).Any())];
        found.ShouldNotBeEmpty();
        return found;
    }

    private static IEnumerable<Type> RequestsHandledBy(Type handler) =>
        from contract in handler.GetInterfaces()
        where contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IRequestHandler<,>)
        select contract.GetGenericArguments()[0];

    private static IEnumerable<string> Unkind(IEnumerable<Type> requests) =>
        from request in requests
        where request.IsAssignableTo(typeof(ICommand)) == request.IsAssignableTo(typeof(IQuery))
            || !request.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IGuardedRequest<>))
        select request.Name;

    private static IEnumerable<string> Mishandled(IReadOnlyList<Type> requests, IReadOnlyList<Type> handlers)
    {
        foreach (var request in requests)
        {
            var own = handlers.Where(handler => RequestsHandledBy(handler).Contains(request)).ToList();
            if (own.Count != 1) yield return $"{request.Name}: {own.Count} handlers";
            else if (own[0].Namespace != request.Namespace || own[0].Name != request.Name + "Handler")
                yield return $"{request.Name}: {own[0].Name} is elsewhere";
        }
    }

    private static IEnumerable<string> Misplaced(IEnumerable<Type> requests, IReadOnlyList<SourceFile> files) =>
        from request in requests
        let path = $"src/{request.Namespace!["CleanTenancy.".Length..].Replace('.', '/')}/{request.Name}.cs"
        let code = files.SingleOrDefault(file => file.Path == path)?.Code ?? ""
        where !code.Contains($"sealed record {request.Name}", StringComparison.Ordinal)
            || !code.Contains($"internal sealed class {request.Name}Handler", StringComparison.Ordinal)
        select request.Name;

    private static IEnumerable<string> Open(IEnumerable<Type> handlers) =>
        from handler in handlers where handler.IsVisible || !handler.IsSealed select handler.Name;

    private static IEnumerable<string> Senders(IEnumerable<Type> handlers) =>
        from handler in handlers
        from taken in Taken(handler)
        where taken == typeof(Application.Common.ISender) || taken == typeof(IMediator) || taken == typeof(IServiceProvider)
        select $"{handler.Name} takes {taken.Name}";

    private static IEnumerable<string> Openers(IEnumerable<Type> handlers) =>
        from handler in handlers
        let taken = Taken(handler).ToList()
        where taken.Contains(typeof(ITenantTransaction))
            // The platform's own, about one tenant: a member's deed that no role of theirs may do.
            || (taken.Any(PlatformsOwn.Contains)
                && !RequestsHandledBy(handler).Any(request => request.IsAssignableTo(typeof(IPlatform))))
        select handler.Name;

    private static readonly Type[] PlatformsOwn = [typeof(ITenantLifecycle), typeof(ITenantRecords)];

    private static IEnumerable<Type> Taken(Type handler) =>
        handler.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .SelectMany(constructor => constructor.GetParameters()).Select(parameter => parameter.ParameterType).Distinct();

    private static IReadOnlyList<string> Unlisted(
        IEnumerable<Type> requests, Type marker, IReadOnlyDictionary<string, string> reasons) =>
        AllowList.Breaches(requests.Where(request => request.IsAssignableTo(marker)).Select(request => request.Name), reasons);

    private static IEnumerable<string> Senseless(IEnumerable<Type> requests)
    {
        foreach (var request in requests)
        {
            var policy = (Policy)request.GetProperty(nameof(IGuarded.Policy))!.GetValue(null)!;
            var isCommand = request.IsAssignableTo(typeof(ICommand));
            if (policy.Permission != Permissions.None && !Permissions.Catalogue.Contains(policy.Permission))
                yield return $"{request.Name}: {policy.Permission} is not in the catalogue";
            if (isCommand && policy.Audit == Deed.None) yield return $"{request.Name}: a command names its deed";
            if (!isCommand && policy.Audit != Deed.None) yield return $"{request.Name}: a query has no deed";
            if (isCommand && policy.Audit != Deed.None && !IsDeed(policy.Audit))
                yield return $"{request.Name}: {policy.Audit} is no deed in the past tense";
            if (policy is { KeyRequired: true, TakesKey: false })
                yield return $"{request.Name}: a key that is needed is honoured";
            if (request.IsAssignableTo(typeof(IOwnTransactions))
                && (policy.Quota is not Quota.None || policy.Releases.Count > 0 || policy.Idempotent))
                yield return $"{request.Name}: quota and idempotency need the pipeline's transaction";
            // A platform command has transactions of its own anyway: the pipeline opens none for it.
            if (!request.IsAssignableTo(typeof(IOwnTransactions)) && !request.IsAssignableTo(typeof(IPlatform))
                && (policy.OwnQuota is not Quota.None || policy.OwnIdempotency))
                yield return $"{request.Name}: only transactions of its own have a quota or keys of their own";
        }
    }

    /// <summary>event.created, session.refresh_token_reused.</summary>
    private static bool IsDeed(string audit) =>
        audit.Split('.') is [var subject, var deed]
        && (subject + deed).All(c => char.IsAsciiLetterLower(c) || c == '_')
        && (deed.EndsWith("ed", StringComparison.Ordinal) || Irregular.Contains(deed));

    /// <summary>Past tenses that do not end in "ed".</summary>
    private static readonly string[] Irregular = ["sent", "paid", "withdrawn", "taken_back", "put"];
}
