using System.Collections.Frozen;

namespace CleanTenancy.Domain.Tenants;

/// <summary>The one label in front of the base domain that names a tenant.</summary>
public static class Slug
{
    public const int MinLength = 3, MaxLength = 40;

    /// <summary>How the names of tenants that are gone begin; whoever could sign one up would be in their way.</summary>
    public const string Gone = "gone-";

    /// <summary>Names that a tenant may not have: they are ours, a mail system's, or a phisher's.</summary>
    public static readonly FrozenSet<string> Reserved = FrozenSet.ToFrozenSet(
    [
        "about", "abuse", "access", "account", "accounts", "acme-challenge", "activate", "admin", "administrator",
        "ads", "alert", "alerts", "analytics", "api", "apis", "app", "apps", "assets", "atlas", "audit", "auth",
        "authentication", "autoconfig", "autodiscover", "backup", "beta", "billing", "blog", "bot", "broadcasthost",
        "cache", "calendar", "cdn", "certificate", "chat", "checkout", "cleantenancy", "client", "cloud", "cname",
        "community", "config", "connect", "console", "contact", "content", "cookie", "dashboard", "data", "database",
        "debug", "demo", "dev", "developer", "developers", "dns", "docs", "domain", "domains", "download", "edge",
        "email", "error", "event", "events", "example", "faq", "feed", "feedback", "file", "files", "forum", "ftp",
        "git", "grafana", "graphql", "guest", "health", "help", "home", "host", "hostmaster", "http", "https", "imap",
        "img", "info", "internal", "invoice", "invoices", "jobs", "kibana", "legal", "live", "local", "localhost",
        "login", "logout", "logs", "mail", "mailer", "mailer-daemon", "marketing", "me", "media", "metrics", "mobile",
        "monitor", "mta-sts", "mx", "news", "noc", "noreply", "notifications", "ns1", "ns2", "oauth", "official",
        "openapi", "operator", "organization", "owner", "pages", "partner", "partners", "password", "pay", "payment",
        "payments", "platform", "pop", "pop3", "portal", "postmaster", "preview", "pricing", "privacy", "private",
        "prod", "production", "prometheus", "proxy", "public", "purge", "register", "registry", "reset", "root",
        "sales", "sandbox", "search", "secure", "security", "server", "service", "session", "settings", "setup",
        "shop", "sign-in", "sign-up", "signin", "signup", "sitemap", "smtp", "sso", "staging", "static", "status",
        "store", "stripe", "superuser", "support", "swagger", "sysadmin", "system", "team", "teams", "telemetry",
        "tenant", "tenants", "terms", "test", "testing", "ticket", "tickets", "tls", "trust", "update", "upload",
        "uploads", "usenet", "user", "users", "uucp", "verify", "vpn", "webhook", "webhooks", "webmail", "webmaster",
        "well-known", "wiki", "wpad", "www", "www1", "www2", "xmpp",
    ]);

    /// <summary>Whether it is never given away, however it is spelled.</summary>
    public static bool IsReserved(ReadOnlySpan<char> text) =>
        text.StartsWith(Gone, StringComparison.Ordinal)
        || Reserved.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text);

    /// <summary>^[a-z0-9](-?[a-z0-9])*$ of 3 to 40 characters, not reserved.</summary>
    public static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.Length is < MinLength or > MaxLength) return false;

        var afterHyphen = true; // a hyphen may neither lead, nor follow a hyphen, nor end
        foreach (var c in text)
        {
            if (c == '-' && afterHyphen) return false;
            if (c != '-' && !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c)) return false;
            afterHyphen = c == '-';
        }

        return !afterHyphen && !IsReserved(text);
    }
}
