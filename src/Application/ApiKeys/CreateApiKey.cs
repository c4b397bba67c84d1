using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.ApiKeys;

/// <summary>Makes a key for a program, with some of the caller's own permissions; it is shown this once.</summary>
public sealed record CreateApiKey : ICommand<NewApiKey>
{
    [Required]
    public string Name { get; init; } = "";

    /// <summary>From the catalogue, each of them one that the caller has.</summary>
    [Required]
    public IReadOnlyList<string> Permissions { get; init; } = [];

    /// <summary>Absent: until it is revoked.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    // Not idempotent: the answer that would be kept holds the key itself (ADR 0031).
    public static Policy Policy { get; } = new()
    {
        Permission = Domain.Members.Permissions.ApiKeysWrite,
        Feature = Feature.ApiAccess,
        Audit = "api_key.created",
        StepUp = true,
        PersonOnly = true,
    };
}

internal sealed class CreateApiKeyValidator : AbstractValidator<CreateApiKey>
{
    public CreateApiKeyValidator()
    {
        RuleFor(c => c.Name).NotEmpty().MaximumLength(ApiKey.NameMaxLength).IsWellFormed();
        RuleFor(c => c.Permissions).NotEmpty();
        RuleForEach(c => c.Permissions)
            .Must(permission => permission is not null && Permissions.Catalogue.Contains(permission))
            .Saying("unknown_permission", "Not in the catalogue of permissions.", "권한 목록에 없는 권한입니다.");
    }
}

/// <summary>A key that was just made.</summary>
/// <param name="Id">To revoke it.</param>
/// <param name="Name">What it is for.</param>
/// <param name="Prefix">By which it is recognised in lists.</param>
/// <param name="Permissions">What it may, as long as its maker may.</param>
/// <param name="ExpiresAt">Null: until it is revoked.</param>
/// <param name="Secret">Send it as Authorization: Bearer. Shown now and never again.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record NewApiKey(
    [property: Required] ApiKeyId Id,
    [property: Required] string Name,
    [property: Required] string Prefix,
    [property: Required] IReadOnlyList<string> Permissions,
    DateTimeOffset? ExpiresAt,
    [property: Required] string Secret,
    [property: Required] DateTimeOffset CreatedAt) : ISubject
{
    Guid ISubject.SubjectId => Id.Value;
}

internal sealed class CreateApiKeyHandler(IAppDbContext db, ICaller caller, IApiKeySecrets secrets, TimeProvider clock)
    : IRequestHandler<CreateApiKey, Result<NewApiKey>>
{
    public Task<Result<NewApiKey>> Handle(CreateApiKey command, CancellationToken cancellationToken) =>
        Task.FromResult(Make(command));

    private Result<NewApiKey> Make(CreateApiKey command)
    {
        var (me, now) = (caller.RequiredMember(), clock.Now());
        if (command.Permissions.FirstOrDefault(permission => !me.May(permission)) is { } lacking)
            return PolicyErrors.PermissionDenied(lacking);
        if (command.ExpiresAt <= now)
            return Error.Validation(new Failure(
                "/expiresAt", "in_the_past", TextRules.Say("It lies in the past.", "이미 지난 시각입니다.")));

        var secret = secrets.New();
        var key = ApiKey.Issue(
            me.OrgId, command.Name, secret.Prefix, secret.Hash, command.Permissions.Distinct(), me.Id,
            command.ExpiresAt?.ToUniversalTime(), now);
        db.ApiKeys.Add(key);
        return new NewApiKey(key.Id, key.Name, key.Prefix, key.Permissions, key.ExpiresAt, secret.Key, key.CreatedAt);
    }
}
