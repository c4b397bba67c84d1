using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.ApiKeys;

/// <summary>Lists the keys that are not revoked, newest first; never a secret.</summary>
/// <param name="Limit">1 to 100; 20 when absent.</param>
/// <param name="Cursor">The nextCursor of the page before.</param>
public sealed record ListApiKeys(int? Limit, string? Cursor) : IQuery<Page<ApiKeyDetails>>, IPaged
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.ApiKeysWrite,
        Feature = Feature.ApiAccess,
        Audit = Deed.None,
        PersonOnly = true,
    };
}

internal sealed class ListApiKeysValidator : AbstractValidator<ListApiKeys>
{
    public ListApiKeysValidator() => this.AddPagingRules();
}

/// <summary>A key of a program.</summary>
/// <param name="Id">To revoke it.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Prefix">By which it is recognised.</param>
/// <param name="Permissions">What it may, as long as its maker may.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ExpiresAt">Null: until it is revoked.</param>
/// <param name="LastUsedAt">To the minute; null when it never was.</param>
public sealed record ApiKeyDetails(
    [property: Required] ApiKeyId Id,
    [property: Required] string Name,
    [property: Required] string Prefix,
    [property: Required] IReadOnlyList<string> Permissions,
    [property: Required] UserId CreatedBy,
    [property: Required] DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? LastUsedAt);

internal sealed class ListApiKeysHandler(IAppDbContext db)
    : IRequestHandler<ListApiKeys, Result<Page<ApiKeyDetails>>>
{
    public async Task<Result<Page<ApiKeyDetails>>> Handle(ListApiKeys query, CancellationToken cancellationToken)
    {
        var before = query.Before<ApiKeyId>();
        var keys = await db.ApiKeys.Where(k => k.RevokedAt == null && k.Id < before)
            .OrderByDescending(k => k.Id)
            .Take(query.Take() + 1)
            .Select(k => new ApiKeyDetails(
                k.Id, k.Name, k.Prefix, k.Permissions, k.CreatedBy, k.CreatedAt, k.ExpiresAt, k.LastUsedAt))
            .ToListAsync(cancellationToken);
        return query.ToPage(keys, key => (key.CreatedAt, key.Id.Value));
    }
}
