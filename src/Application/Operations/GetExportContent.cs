using System.Globalization;
using System.Text.Json;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Operations;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Tenants;
using FluentValidation;
using MediatR;

namespace CleanTenancy.Application.Operations;

/// <summary>Downloads an export, until it expires.</summary>
/// <param name="Id">Of the operation.</param>
/// <param name="Format">zip, the archive; or json, one document made of it. zip when absent.</param>
public sealed record GetExportContent(OperationId Id, string? Format) : IQuery<FileContent>
{
    public const string Zip = "zip", Json = "json";

    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.DataExport,
        Feature = Feature.None,
        PersonOnly = true,
        StepUp = true,
        Capability = Capability.Export,
        Audit = Deed.None,
    };
}

internal sealed class GetExportContentValidator : AbstractValidator<GetExportContent>
{
    public GetExportContentValidator() =>
        RuleFor(query => query.Format).Must(format => format is null or GetExportContent.Zip or GetExportContent.Json)
            .OverridePropertyName("?format").Saying("invalid_value", "zip or json is expected.", "zip 또는 json이어야 합니다.");
}

internal sealed class GetExportContentHandler(
    IAppDbContext db, ICaller caller, IFileStore store, IExportDocuments documents, TimeProvider clock)
    : IRequestHandler<GetExportContent, Result<FileContent>>
{
    private static readonly Read<OperationId, Operation?> Finished = new((db, id) =>
        db.Operations.SingleOrDefault(o =>
            o.Id == id && o.Kind == OperationKind.Export && o.Status == OperationStatus.Succeeded));

    public async Task<Result<FileContent>> Handle(GetExportContent query, CancellationToken cancellationToken) =>
        await db.RunAsync(Finished, query.Id, cancellationToken) is { } export && export.ExpiresAt > clock.GetUtcNow()
            ? ContentOf(export, isJson: query.Format == GetExportContent.Json)
            : Error.NotFound;

    private FileContent ContentOf(Operation export, bool isJson)
    {
        var result = JsonSerializer.Deserialize<OperationResult>(export.Result!, Wire.Json)!;
        var key = OperationFiles.KeyOf(export.OrgId, export.Id, export.Fence);
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{caller.RequiredTenant().Slug}-{export.CreatedAt:yyyy-MM-dd}");
        var archive = new FileContent
        {
            Id = key.FileId,
            Name = $"{name}.zip",
            ContentType = "application/zip",
            Size = result.Bytes!.Value,
            Sha256 = Convert.FromHexString(result.Sha256!),
            OpenAsync = (from, ct) => store.OpenAsync(key, from, ct),
        };
        return isJson
            ? archive with
            {
                Name = $"{name}.json",
                ContentType = "application/json",
                WriteAsync = (output, ct) => documents.WriteAsync(key, archive.Size, output, ct),
            }
            : archive;
    }
}
