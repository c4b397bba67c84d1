using CleanTenancy.Application.Common;
using CleanTenancy.Domain.Common;

namespace CleanTenancy.Application.Files;

/// <summary>What can be wrong with a form that carries a file.</summary>
public static class UploadErrors
{
    public static Error NoFile => Unfit("not_empty", TextRules.Say("A file is expected.", "파일이 필요합니다."));

    /// <summary>What a form sends where nobody has chosen a file.</summary>
    public static Error NoName =>
        Unfit("not_empty", TextRules.Say("A file with a name is expected.", "이름이 있는 파일이 필요합니다."));

    public static Error TooMany => Unfit(
        "too_many", TextRules.Say("One file is expected, and nothing beside it.", "파일 하나만 보내야 합니다."));

    public static Error UnknownPart(string name) => Error.Validation(Malformed.UnknownMember(Malformed.Pointer(name)));

    private static Error Unfit(string code, string message) => Error.Validation(new Failure("/file", code, message));
}
