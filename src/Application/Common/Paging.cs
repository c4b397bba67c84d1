using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using CleanTenancy.Domain.Common;
using FluentValidation;

namespace CleanTenancy.Application.Common;

/// <summary>One page of a list.</summary>
/// <param name="Data">In the list's order.</param>
/// <param name="NextCursor">Opaque; null on the last page.</param>
public sealed record Page<T>(IReadOnlyList<T> Data, string? NextCursor);

/// <summary>A list request: limit and cursor.</summary>
public interface IPaged
{
    int? Limit { get; }

    string? Cursor { get; }
}

/// <summary>Keyset paging on UUIDv7 ids (ADR 0013): newest first, or, for delta lists, by last change.</summary>
public static class Paging
{
    public const int DefaultLimit = 20, MaxLimit = 100;

    private static readonly Guid Last = new("ffffffff-ffff-ffff-ffff-ffffffffffff");

    public static int Take(this IPaged list) => list.Limit ?? DefaultLimit;

    /// <summary>Ids below this are on the page.</summary>
    public static TId Before<TId>(this IPaged list)
        where TId : struct, IId<TId> =>
        TId.From(list.Cursor is null ? Last : Decode(list.Cursor)!.Value.Id);

    /// <summary>Changes after this (instant, id) are on the page.</summary>
    public static (DateTimeOffset At, Guid Id) After(this IPaged list, DateTimeOffset since) =>
        list.Cursor is null ? (since, Guid.Empty) : Decode(list.Cursor)!.Value;

    /// <summary>Of one item more than the page holds, makes the page.</summary>
    public static Page<T> ToPage<T>(this IPaged list, IReadOnlyList<T> items, Func<T, (DateTimeOffset At, Guid Id)> key)
    {
        var take = list.Take();
        if (items.Count <= take) return new(items, NextCursor: null);

        var page = items.Take(take).ToList();
        return new(page, Encode(key(page[^1])));
    }

    private static string Encode((DateTimeOffset At, Guid Id) key)
    {
        Span<byte> bytes = stackalloc byte[24];
        BinaryPrimitives.WriteInt64BigEndian(bytes, key.At.UtcTicks);
        key.Id.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    private static (DateTimeOffset At, Guid Id)? Decode(string cursor)
    {
        Span<byte> bytes = stackalloc byte[24];
        // Not TryDecodeFromChars: it throws on a character that is not base64url.
        if (cursor.Length != 32
            || Base64Url.DecodeFromChars(cursor, bytes, out _, out var written) is not OperationStatus.Done
            || written != 24)
            return null;

        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < 0 || ticks > DateTimeOffset.MaxValue.UtcTicks) return null;

        return (new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(bytes[8..], bigEndian: true));
    }

    /// <summary>limit 1 to 100; a cursor that we made.</summary>
    public static void AddPagingRules<T>(this AbstractValidator<T> validator)
        where T : IPaged
    {
        validator.RuleFor(list => list.Limit).InclusiveBetween(1, MaxLimit)
            .WithName("limit").OverridePropertyName("?limit");
        validator.RuleFor(list => list.Cursor).Must(cursor => cursor is null || Decode(cursor) is not null)
            .Saying("invalid_cursor", "Not a cursor of this list.", "이 목록의 커서가 아닙니다.").OverridePropertyName("?cursor");
    }
}
