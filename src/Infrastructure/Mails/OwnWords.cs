using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using Fluid;

namespace CleanTenancy.Infrastructure.Mails;

/// <summary>A tenant's own words of a mail, parsed.</summary>
internal sealed record OwnWords(IFluidTemplate Subject, IFluidTemplate Body)
{
    /// <returns>Null, and why, when they are not Liquid that a tenant may write.</returns>
    public static OwnWords? Parse(string key, MailSource source, out IReadOnlyList<Failure> failures)
    {
        var variables = MailTemplates.VariablesOf(key);
        var subject = TenantLiquid.Parse("/subject", source.Subject, variables);
        var body = TenantLiquid.Parse("/body", source.Body, variables);
        failures = [.. new[] { subject.Failure, body.Failure }.OfType<Failure>()];
        return failures.Count == 0 ? new(subject.Template!, body.Template!) : null;
    }

    /// <returns>Null when one of them went beyond a limit.</returns>
    public (string Subject, string Body)? Render(IReadOnlyDictionary<string, string> values) =>
        TenantLiquid.Render(Subject, values) is { } subject && TenantLiquid.Render(Body, values) is { } body
            ? (subject, body)
            : null;

    /// <summary>What the mail had to show, as it is, and does not: behind a condition, or changed by a filter.</summary>
    public static IEnumerable<string> MissingFrom(string key, string body, IReadOnlyDictionary<string, string> values) =>
        MailTemplates.Changeable[key].Where(name => !body.Contains(values[name], StringComparison.Ordinal));
}
