using System.Collections.Frozen;
using System.Globalization;

namespace CleanTenancy.Api.Common;

/// <summary>What each problem code says to people: title in English, detail in English and Korean.</summary>
internal static class ProblemTexts
{
    private static readonly FrozenDictionary<string, (string Title, string English, string Korean)> Texts =
        new Dictionary<string, (string, string, string)>
        {
            ["malformed_json"] = ("Malformed JSON", "The body is not valid JSON.", "본문이 올바른 JSON이 아닙니다."),
            ["validation_failed"] = ("Validation failed", "One or more members do not fit; see errors.", "하나 이상의 항목이 올바르지 않습니다. errors를 확인하세요."),
            ["unauthenticated"] = ("Unauthenticated", "Sign in: the credentials are missing, wrong or no longer valid.", "로그인이 필요합니다. 인증 정보가 없거나 올바르지 않거나 만료되었습니다."),
            ["permission_denied"] = ("Permission denied", "Your roles do not allow this.", "이 작업을 수행할 권한이 없습니다."),
            ["person_required"] = ("Person required", "Only a person who has signed in may do this.", "로그인한 사람만 할 수 있는 작업입니다."),
            ["step_up_required"] = ("Step up required", "Prove again who you are, then repeat the request.", "본인 확인을 다시 한 후 요청을 반복하세요."),
            ["wrong_credentials"] = ("Wrong credentials", "The password or the code is not right.", "비밀번호 또는 인증 코드가 올바르지 않습니다."),
            ["totp_required"] = ("Code required", "Send the code of your authenticator app, or a recovery code.", "인증 앱의 코드 또는 복구 코드를 입력하세요."),
            ["totp_enrollment_required"] = ("Authenticator app required", "This account needs an authenticator app first.", "이 계정은 먼저 인증 앱을 등록해야 합니다."),
            ["totp_already_enabled"] = ("Authenticator app already enabled", "Disable the present app first.", "먼저 현재 인증 앱을 해제하세요."),
            ["totp_not_enabled"] = ("Authenticator app not enabled", "This account has no authenticator app.", "이 계정에는 인증 앱이 없습니다."),
            ["totp_not_enrolled"] = ("Authenticator app not enrolled", "Enroll an authenticator app first.", "먼저 인증 앱을 등록하세요."),
            ["rate_limited"] = ("Too many requests", "Wait for the time in Retry-After, then try again.", "요청이 너무 많습니다. Retry-After의 시간이 지난 후 다시 시도하세요."),
            ["feature_not_in_plan"] = ("Feature not in plan", "Your plan does not have this feature.", "현재 요금제에서 사용할 수 없는 기능입니다."),
            ["tenant_suspended"] = ("Tenant suspended", "This organization is suspended.", "이 조직은 이용이 정지되었습니다."),
            ["tenant_deleted"] = ("Tenant deleted", "This organization has been deleted.", "이 조직은 삭제되었습니다."),
            ["tenant_provisioning"] = ("Tenant provisioning", "This organization is still being set up.", "이 조직은 아직 준비 중입니다."),
            ["tenant_not_found"] = ("Tenant not found", "No organization answers at this host.", "이 주소에 해당하는 조직이 없습니다."),
            ["not_found"] = ("Not found", "There is nothing here, or nothing that you may see.", "찾을 수 없습니다."),
            ["method_not_allowed"] = ("Method not allowed", "This method is not allowed here; see Allow.", "허용되지 않는 메서드입니다."),
            ["not_acceptable"] = ("Not acceptable", "The answer cannot be given in an accepted form.", "요청한 형식으로 응답할 수 없습니다."),
            ["quota_exceeded"] = ("Quota exceeded", "Your plan's limit has been reached.", "요금제의 한도에 도달했습니다."),
            ["sold_out"] = ("Sold out", "No places are left.", "남은 자리가 없습니다."),
            ["invalid_transition"] = ("Invalid transition", "This is not possible in the present state.", "현재 상태에서는 할 수 없는 작업입니다."),
            ["trial_end_not_later"] = ("Trial end not later", "The trial ends no earlier already: name a later end.", "체험 기간이 이미 그때까지입니다. 더 늦은 시각을 지정하세요."),
            ["disposition_required"] = ("Disposition required", "Places at events to come are taken: say whether they are refunded or honoured.", "예정된 행사에 등록자가 있습니다. 환불할지 그대로 진행할지 지정하세요."),
            ["trial_over"] = ("Trial over", "The trial is over: extend it instead.", "체험 기간이 끝났습니다. 대신 체험 기간을 연장하세요."),
            ["purge_not_due"] = ("Purge not due", "It can still be restored; say early to erase it all the same.", "아직 복원할 수 있는 기간입니다. 그래도 삭제하려면 early를 지정하세요."),
            ["event_already_ended"] = ("Event already ended", "An event that has ended cannot be published.", "이미 종료된 행사는 게시할 수 없습니다."),
            ["event_not_live"] = ("Event not live", "People can be registered for a live event only.", "게시된 행사에만 등록할 수 있습니다."),
            ["event_closed"] = ("Event closed", "The event is cancelled or archived.", "취소되었거나 보관된 행사입니다."),
            ["event_has_registrations"] = ("Event has registrations", "Somebody has registered: cancel or archive the event instead.", "등록자가 있는 행사는 삭제할 수 없습니다. 취소하거나 보관하세요."),
            ["programs_outside_event"] = ("Programs outside the event", "A program lies outside the new dates.", "새 일정 밖에 있는 프로그램이 있습니다."),
            ["program_outside_event"] = ("Program outside the event", "A program lies within the dates of its event.", "프로그램은 행사 일정 안에 있어야 합니다."),
            ["category_name_taken"] = ("Category name taken", "Another category has this name.", "같은 이름의 분류가 있습니다."),
            ["category_in_use"] = ("Category in use", "An event has just taken this category: try again.", "방금 이 분류를 사용한 행사가 있습니다. 다시 시도하세요."),
            ["event_template_name_taken"] = ("Event template name taken", "Another event template has this name.", "같은 이름의 행사 서식이 있습니다."),
            ["unknown_category"] = ("Unknown category", "There is no category of this id.", "이 분류를 찾을 수 없습니다."),
            ["capacity_below_registered"] = ("Capacity below registered", "More people are registered than would fit.", "이미 등록된 인원이 더 많습니다."),
            ["invalid_token"] = ("Invalid token", "The link is wrong, used, withdrawn or too old: ask for a new one.", "링크가 올바르지 않거나 이미 사용되었거나 만료되었습니다. 새 링크를 요청하세요."),
            ["already_member"] = ("Already a member", "Somebody with this address is a member.", "이미 이 주소의 구성원이 있습니다."),
            ["already_invited"] = ("Already invited", "An invitation to this address is open: resend or revoke it.", "이 주소로 보낸 초대가 있습니다. 다시 보내거나 취소하세요."),
            ["last_super_admin"] = ("Last super_admin", "Somebody else has to be an active super_admin first.", "먼저 다른 사람이 활성 super_admin이어야 합니다."),
            ["no_role_left"] = ("No role left", "None of the roles is left: invite the address again, with others.", "남은 역할이 없습니다. 다른 역할로 다시 초대하세요."),
            ["unknown_role"] = ("Unknown role", "There is no role of this name.", "이 이름의 역할이 없습니다."),
            ["role_built_in"] = ("Built-in role", "Built-in roles cannot be changed or deleted.", "기본 역할은 변경하거나 삭제할 수 없습니다."),
            ["role_in_use"] = ("Role in use", "Somebody has this role: give them another one first.", "이 역할을 가진 사람이 있습니다. 먼저 다른 역할을 부여하세요."),
            ["role_name_taken"] = ("Role name taken", "Another role has this name.", "같은 이름의 역할이 있습니다."),
            ["slug_taken"] = ("Slug taken", "Somebody has this name, or had it a while ago.", "이미 사용 중이거나 얼마 전까지 사용된 이름입니다."),
            ["sign_up_forgotten"] = ("Sign-up forgotten", "Who asked for it is not known any more: sign up again.", "가입 신청 정보가 남아 있지 않습니다. 다시 가입하세요."),
            ["idempotency_in_flight"] = ("Request in flight", "A request with this Idempotency-Key is still running.", "같은 Idempotency-Key의 요청이 아직 처리 중입니다."),
            ["idempotency_key_reused"] = ("Idempotency-Key reused", "This Idempotency-Key was used with another request.", "이 Idempotency-Key는 다른 요청에 사용되었습니다."),
            ["precondition_failed"] = ("Precondition failed", "The resource has changed since you read it.", "읽은 이후에 변경되었습니다."),
            ["precondition_required"] = ("Precondition required", "Send If-Match with the ETag that you read.", "읽은 ETag를 If-Match로 보내세요."),
            ["payload_too_large"] = ("Payload too large", "The body is larger than allowed.", "본문이 허용된 크기를 초과합니다."),
            ["unsupported_media_type"] = ("Unsupported media type", "The body is of another type than this route takes.", "이 경로에서 지원하지 않는 본문 형식입니다."),
            ["length_required"] = ("Length required", "Send Content-Length: the storage is reserved before the file comes.", "Content-Length를 보내세요. 파일을 받기 전에 저장 공간을 예약합니다."),
            ["malformed_multipart"] = ("Malformed multipart", "The body is not a multipart form (RFC 7578), or ends too early.", "본문이 올바른 multipart 양식이 아니거나 중간에 끊겼습니다."),
            ["upload_timed_out"] = ("Upload timed out", "The upload took too long, and was thrown away.", "업로드 시간이 초과되어 취소되었습니다."),
            ["unknown_file"] = ("Unknown file", "There is no file of this id.", "이 ID의 파일이 없습니다."),
            ["file_not_an_image"] = ("Not an image", "The file is no PNG, JPEG, GIF or WebP image.", "PNG, JPEG, GIF, WebP 이미지가 아닙니다."),
            ["file_in_use"] = ("File in use", "It is the cover of an event: give the event another one first.", "행사의 표지로 사용 중인 파일입니다. 먼저 다른 표지를 지정하세요."),
            ["operation_in_progress"] = ("Operation in progress", "One of this kind is under way: wait until it has ended.", "같은 종류의 작업이 진행 중입니다. 끝날 때까지 기다리세요."),
            ["operation_failed"] = ("Operation failed", "It failed on our side, several times: start it anew.", "서버 오류로 작업이 여러 번 실패했습니다. 다시 시작하세요."),
            ["archive_unreadable"] = ("Archive unreadable", "It is no ZIP archive, or a broken one.", "ZIP 보관 파일이 아니거나 손상되었습니다."),
            ["archive_too_many_entries"] = ("Too many entries", "The archive has more entries than may be.", "보관 파일의 항목이 너무 많습니다."),
            ["archive_too_large"] = ("Archive too large", "Unpacked, the archive is larger than may be.", "압축을 푼 보관 파일이 너무 큽니다."),
            ["archive_ratio"] = ("Packed too tightly", "An entry unpacks to far more than it is.", "항목의 압축률이 지나치게 높습니다."),
            ["archive_unknown_entry"] = ("Unknown entry", "The archive has an entry that is none of its format.", "형식에 없는 항목이 있습니다."),
            ["archive_duplicate_entry"] = ("Duplicate entry", "An entry is there twice.", "같은 항목이 두 번 있습니다."),
            ["archive_encrypted"] = ("Encrypted entry", "An entry is encrypted.", "암호화된 항목이 있습니다."),
            ["archive_not_a_file"] = ("Not a file", "An entry is a link, a folder or a device.", "파일이 아닌 항목이 있습니다."),
            ["archive_compression"] = ("Unknown compression", "An entry is packed in a way that is not read here.", "지원하지 않는 압축 방식입니다."),
            ["archive_overlap"] = ("Overlapping entries", "Two entries share bytes.", "항목이 서로 겹칩니다."),
            ["archive_size_mismatch"] = ("Size mismatch", "An entry is not as long as it says.", "항목의 크기가 표시와 다릅니다."),
            ["archive_checksum_mismatch"] = ("Checksum mismatch", "An entry is not what its checksum says.", "항목의 체크섬이 맞지 않습니다."),
            ["archive_count_mismatch"] = ("Count mismatch", "An entry has not as many rows as it says.", "항목의 행 수가 표시와 다릅니다."),
            ["archive_manifest"] = ("Manifest does not fit", "The manifest is missing, malformed, or lists something else.", "매니페스트가 없거나 올바르지 않습니다."),
            ["archive_version"] = ("Unknown version", "The archive is of a version that is not read here.", "지원하지 않는 버전의 보관 파일입니다."),
            ["archive_line_too_long"] = ("Line too long", "A row is longer than may be.", "행이 너무 깁니다."),
            ["archive_too_many_rows"] = ("Too many rows", "The archive has more rows than may be.", "행이 너무 많습니다."),
            ["archive_order"] = ("Rows out of order", "Rows are not in the order of their key, or one is there twice.", "행의 순서가 올바르지 않거나 중복된 행이 있습니다."),
            ["import_timed_out"] = ("Import timed out", "The import took too long, and nothing came of it.", "가져오기 시간이 초과되어 취소되었습니다."),
            ["import_conflict"] = ("Import conflicts", "Something that the archive needs was changed meanwhile: start it anew.", "그동안 변경된 내용과 충돌합니다. 다시 시작하세요."),
            ["bad_request"] = ("Bad request", "The request cannot be understood.", "요청을 이해할 수 없습니다."),
            ["unavailable"] = ("Service unavailable", "Try again later.", "잠시 후 다시 시도하세요."),
            ["internal_error"] = ("Internal error", "Something went wrong on our side.", "서버에서 오류가 발생했습니다."),
        }.ToFrozenDictionary();

    public static IEnumerable<string> Codes => Texts.Keys;

    /// <exception cref="KeyNotFoundException">The code has no text: a bug, held by a test.</exception>
    public static (string Title, string Detail) Of(string code)
    {
        var (title, english, korean) = Texts[code];
        return (title, CultureInfo.CurrentUICulture.TwoLetterISOLanguageName == "ko" ? korean : english);
    }
}
