using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Files;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Operations;

namespace CleanTenancy.Application.Common;

/// <summary>
/// What the schema's constraints mean in our words. A name that is not here is a bug, and answers 500.
/// </summary>
public static class ConstraintErrors
{
    private static readonly Dictionary<string, Error> ByName = new()
    {
        ["fk_registrations_events_org_id_event_id"] = EventErrors.HasRegistrations,
        ["ck_events_capacity"] = EventErrors.SoldOut,
        // A file is kept before an event points at it: this is always the deletion.
        ["fk_events_files_org_id_cover_file_id"] = FileErrors.InUse,
        // A category is kept before something points at it, too.
        ["fk_events_event_categories_org_id_category_id"] = CategoryErrors.InUse,
        ["fk_event_templates_event_categories_org_id_category_id"] = CategoryErrors.InUse,
        ["ix_event_categories_org_id_name"] = CategoryErrors.NameTaken,
        ["ix_event_templates_org_id_name"] = EventTemplateErrors.NameTaken,
        // Two put the same mail into words of their own: the second has not seen the first's.
        ["ix_email_templates_org_id_key_locale"] = Error.PreconditionFailed,
        ["fk_user_roles_roles_org_id_role_id"] = MemberErrors.RoleInUse,
        ["ix_invitations_org_id_normalized_email"] = MemberErrors.AlreadyInvited,
        ["ix_operations_org_id_kind"] = OperationErrors.InProgress,
        ["ix_roles_org_id_name"] = MemberErrors.RoleNameTaken,
        ["ix_users_org_id_normalized_email"] = MemberErrors.AlreadyMember,
    };

    public static Error? Find(string constraint) => ByName.GetValueOrDefault(constraint);

    public static IEnumerable<string> Names => ByName.Keys;
}
