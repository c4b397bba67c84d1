using System.Diagnostics.CodeAnalysis;

namespace CleanTenancy.Domain.Common;

/// <summary>A typed id over a UUIDv7 (RFC 9562) made by the server: two kinds of id cannot be mixed up.</summary>
public interface IId<TSelf>
    where TSelf : struct, IId<TSelf>
{
    Guid Value { get; }

    static abstract TSelf From(Guid value);

    /// <summary>A new id for something created at this instant; ids order by creation time.</summary>
    static virtual TSelf New(DateTimeOffset at) => TSelf.From(Guid.CreateVersion7(at));
}

/// <summary>A UUID has one spelling here: 36 characters, nothing around them. One row has one address.</summary>
internal static class UuidText
{
    /// <summary>The framework's own exact form still takes blanks around it.</summary>
    public static bool TryParse(string? text, out Guid value)
    {
        value = default;
        return text?.Length == 36 && Guid.TryParseExact(text, "D", out value);
    }
}

/// <summary>An organization that rents the platform.</summary>
public readonly record struct TenantId(Guid Value) : IId<TenantId>, IComparable<TenantId>
{
    public static TenantId From(Guid value) => new(value);

    public static TenantId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out TenantId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(TenantId other) => Value.CompareTo(other.Value);

    public static bool operator <(TenantId left, TenantId right) => left.CompareTo(right) < 0;

    public static bool operator >(TenantId left, TenantId right) => left.CompareTo(right) > 0;

    public static bool operator <=(TenantId left, TenantId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(TenantId left, TenantId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>A person of one tenant.</summary>
public readonly record struct UserId(Guid Value) : IId<UserId>, IComparable<UserId>
{
    public static UserId From(Guid value) => new(value);

    public static UserId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out UserId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(UserId other) => Value.CompareTo(other.Value);

    public static bool operator <(UserId left, UserId right) => left.CompareTo(right) < 0;

    public static bool operator >(UserId left, UserId right) => left.CompareTo(right) > 0;

    public static bool operator <=(UserId left, UserId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(UserId left, UserId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>A set of permissions of one tenant.</summary>
public readonly record struct RoleId(Guid Value) : IId<RoleId>, IComparable<RoleId>
{
    public static RoleId From(Guid value) => new(value);

    public static RoleId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out RoleId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(RoleId other) => Value.CompareTo(other.Value);

    public static bool operator <(RoleId left, RoleId right) => left.CompareTo(right) < 0;

    public static bool operator >(RoleId left, RoleId right) => left.CompareTo(right) > 0;

    public static bool operator <=(RoleId left, RoleId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RoleId left, RoleId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>One sign-in of one person on one device.</summary>
public readonly record struct SessionId(Guid Value) : IId<SessionId>, IComparable<SessionId>
{
    public static SessionId From(Guid value) => new(value);

    public static SessionId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out SessionId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(SessionId other) => Value.CompareTo(other.Value);

    public static bool operator <(SessionId left, SessionId right) => left.CompareTo(right) < 0;

    public static bool operator >(SessionId left, SessionId right) => left.CompareTo(right) > 0;

    public static bool operator <=(SessionId left, SessionId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SessionId left, SessionId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>An event of a tenant.</summary>
public readonly record struct EventId(Guid Value) : IId<EventId>, IComparable<EventId>
{
    public static EventId From(Guid value) => new(value);

    public static EventId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out EventId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(EventId other) => Value.CompareTo(other.Value);

    public static bool operator <(EventId left, EventId right) => left.CompareTo(right) < 0;

    public static bool operator >(EventId left, EventId right) => left.CompareTo(right) > 0;

    public static bool operator <=(EventId left, EventId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(EventId left, EventId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>A part of an event.</summary>
public readonly record struct ProgramId(Guid Value) : IId<ProgramId>, IComparable<ProgramId>
{
    public static ProgramId From(Guid value) => new(value);

    public static ProgramId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out ProgramId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(ProgramId other) => Value.CompareTo(other.Value);

    public static bool operator <(ProgramId left, ProgramId right) => left.CompareTo(right) < 0;

    public static bool operator >(ProgramId left, ProgramId right) => left.CompareTo(right) > 0;

    public static bool operator <=(ProgramId left, ProgramId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ProgramId left, ProgramId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>What a tenant sorts its events by.</summary>
public readonly record struct CategoryId(Guid Value) : IId<CategoryId>, IComparable<CategoryId>
{
    public static CategoryId From(Guid value) => new(value);

    public static CategoryId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out CategoryId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(CategoryId other) => Value.CompareTo(other.Value);

    public static bool operator <(CategoryId left, CategoryId right) => left.CompareTo(right) < 0;

    public static bool operator >(CategoryId left, CategoryId right) => left.CompareTo(right) > 0;

    public static bool operator <=(CategoryId left, CategoryId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(CategoryId left, CategoryId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>A person's place at an event.</summary>
public readonly record struct RegistrationId(Guid Value) : IId<RegistrationId>, IComparable<RegistrationId>
{
    public static RegistrationId From(Guid value) => new(value);

    public static RegistrationId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out RegistrationId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(RegistrationId other) => Value.CompareTo(other.Value);

    public static bool operator <(RegistrationId left, RegistrationId right) => left.CompareTo(right) < 0;

    public static bool operator >(RegistrationId left, RegistrationId right) => left.CompareTo(right) > 0;

    public static bool operator <=(RegistrationId left, RegistrationId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RegistrationId left, RegistrationId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>One line of a tenant's log.</summary>
public readonly record struct AuditEntryId(Guid Value) : IId<AuditEntryId>, IComparable<AuditEntryId>
{
    public static AuditEntryId From(Guid value) => new(value);

    public static AuditEntryId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out AuditEntryId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(AuditEntryId other) => Value.CompareTo(other.Value);

    public static bool operator <(AuditEntryId left, AuditEntryId right) => left.CompareTo(right) < 0;

    public static bool operator >(AuditEntryId left, AuditEntryId right) => left.CompareTo(right) > 0;

    public static bool operator <=(AuditEntryId left, AuditEntryId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(AuditEntryId left, AuditEntryId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>A person of the platform.</summary>
public readonly record struct OperatorId(Guid Value) : IId<OperatorId>, IComparable<OperatorId>
{
    public static OperatorId From(Guid value) => new(value);

    public static OperatorId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out OperatorId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(OperatorId other) => Value.CompareTo(other.Value);

    public static bool operator <(OperatorId left, OperatorId right) => left.CompareTo(right) < 0;

    public static bool operator >(OperatorId left, OperatorId right) => left.CompareTo(right) > 0;

    public static bool operator <=(OperatorId left, OperatorId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(OperatorId left, OperatorId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>One sign-in of one operator.</summary>
public readonly record struct OperatorSessionId(Guid Value) : IId<OperatorSessionId>, IComparable<OperatorSessionId>
{
    public static OperatorSessionId From(Guid value) => new(value);

    public static OperatorSessionId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out OperatorSessionId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(OperatorSessionId other) => Value.CompareTo(other.Value);

    public static bool operator <(OperatorSessionId left, OperatorSessionId right) => left.CompareTo(right) < 0;

    public static bool operator >(OperatorSessionId left, OperatorSessionId right) => left.CompareTo(right) > 0;

    public static bool operator <=(OperatorSessionId left, OperatorSessionId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(OperatorSessionId left, OperatorSessionId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>An invitation to become a member.</summary>
public readonly record struct InvitationId(Guid Value) : IId<InvitationId>, IComparable<InvitationId>
{
    public static InvitationId From(Guid value) => new(value);

    public static InvitationId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out InvitationId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(InvitationId other) => Value.CompareTo(other.Value);

    public static bool operator <(InvitationId left, InvitationId right) => left.CompareTo(right) < 0;

    public static bool operator >(InvitationId left, InvitationId right) => left.CompareTo(right) > 0;

    public static bool operator <=(InvitationId left, InvitationId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(InvitationId left, InvitationId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>A key that a program of a tenant signs its requests with.</summary>
public readonly record struct ApiKeyId(Guid Value) : IId<ApiKeyId>, IComparable<ApiKeyId>
{
    public static ApiKeyId From(Guid value) => new(value);

    public static ApiKeyId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out ApiKeyId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(ApiKeyId other) => Value.CompareTo(other.Value);

    public static bool operator <(ApiKeyId left, ApiKeyId right) => left.CompareTo(right) < 0;

    public static bool operator >(ApiKeyId left, ApiKeyId right) => left.CompareTo(right) > 0;

    public static bool operator <=(ApiKeyId left, ApiKeyId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ApiKeyId left, ApiKeyId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>Something that is to happen after the commit.</summary>
public readonly record struct MessageId(Guid Value) : IId<MessageId>, IComparable<MessageId>
{
    public static MessageId From(Guid value) => new(value);

    public static MessageId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out MessageId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(MessageId other) => Value.CompareTo(other.Value);

    public static bool operator <(MessageId left, MessageId right) => left.CompareTo(right) < 0;

    public static bool operator >(MessageId left, MessageId right) => left.CompareTo(right) > 0;

    public static bool operator <=(MessageId left, MessageId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(MessageId left, MessageId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>A stored file, and the upload that it comes from.</summary>
public readonly record struct FileId(Guid Value) : IId<FileId>, IComparable<FileId>
{
    public static FileId From(Guid value) => new(value);

    public static FileId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out FileId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(FileId other) => Value.CompareTo(other.Value);

    public static bool operator <(FileId left, FileId right) => left.CompareTo(right) < 0;

    public static bool operator >(FileId left, FileId right) => left.CompareTo(right) > 0;

    public static bool operator <=(FileId left, FileId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(FileId left, FileId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>Long work that somebody started: an export or an import, and its archive in the store.</summary>
public readonly record struct OperationId(Guid Value) : IId<OperationId>, IComparable<OperationId>
{
    public static OperationId From(Guid value) => new(value);

    public static OperationId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out OperationId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(OperationId other) => Value.CompareTo(other.Value);

    public static bool operator <(OperationId left, OperationId right) => left.CompareTo(right) < 0;

    public static bool operator >(OperationId left, OperationId right) => left.CompareTo(right) > 0;

    public static bool operator <=(OperationId left, OperationId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(OperationId left, OperationId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>A pattern that new events are made from.</summary>
public readonly record struct EventTemplateId(Guid Value) : IId<EventTemplateId>, IComparable<EventTemplateId>
{
    public static EventTemplateId From(Guid value) => new(value);

    public static EventTemplateId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out EventTemplateId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(EventTemplateId other) => Value.CompareTo(other.Value);

    public static bool operator <(EventTemplateId left, EventTemplateId right) => left.CompareTo(right) < 0;

    public static bool operator >(EventTemplateId left, EventTemplateId right) => left.CompareTo(right) > 0;

    public static bool operator <=(EventTemplateId left, EventTemplateId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(EventTemplateId left, EventTemplateId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}

/// <summary>A tenant's own words of a mail.</summary>
public readonly record struct EmailTemplateId(Guid Value) : IId<EmailTemplateId>, IComparable<EmailTemplateId>
{
    public static EmailTemplateId From(Guid value) => new(value);

    public static EmailTemplateId New(DateTimeOffset at) => new(Guid.CreateVersion7(at));

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out EmailTemplateId id)
    {
        var parsed = UuidText.TryParse(text, out var value);
        id = new(value);
        return parsed;
    }

    public int CompareTo(EmailTemplateId other) => Value.CompareTo(other.Value);

    public static bool operator <(EmailTemplateId left, EmailTemplateId right) => left.CompareTo(right) < 0;

    public static bool operator >(EmailTemplateId left, EmailTemplateId right) => left.CompareTo(right) > 0;

    public static bool operator <=(EmailTemplateId left, EmailTemplateId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(EmailTemplateId left, EmailTemplateId right) => left.CompareTo(right) >= 0;

    public override string ToString() => Value.ToString();
}
