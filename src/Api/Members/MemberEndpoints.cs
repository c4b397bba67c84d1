using CleanTenancy.Api.Common;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Members;
using CleanTenancy.Domain.Common;
using Microsoft.AspNetCore.Mvc;

namespace CleanTenancy.Api.Members;

internal static class MemberEndpoints
{
    public static void MapMembers(this IEndpointRouteBuilder app)
    {
        var members = app.MapGroup("/v1/members").WithTags("Members");
        var invitations = app.MapGroup("/v1/invitations").WithTags("Members");

        members.MapGet("/", async ([AsParameters] ListMembers query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListMembers>();
        members.MapGet("/{id:guid}", async (UserId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new GetMember(id), ct)).ToOk()).Sends<GetMember>();
        members.MapPatch("/{id:guid}", async (
            UserId id, [FromHeader(Name = "If-Match")] string? ifMatch, MergePatch<MemberContent> patch, ISender sender,
            CancellationToken ct) =>
            (await sender.Send(new ChangeMember(id, VersionCondition.Parse(ifMatch), patch), ct)).ToOk())
            .Sends<ChangeMember>();
        members.MapDelete("/{id:guid}", async (
            UserId id, [FromHeader(Name = "If-Match")] string? ifMatch, ISender sender, CancellationToken ct) =>
            (await sender.Send(new RemoveMember(id, VersionCondition.Parse(ifMatch)), ct)).ToNoContent())
            .Sends<RemoveMember>(StatusCodes.Status204NoContent);
        members.MapPost("/{id:guid}/restore", async (UserId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new RestoreMember(id), ct)).ToOk()).Sends<RestoreMember>();
        members.MapDelete("/{id:guid}/sessions", async (UserId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new EndMemberSessions(id), ct)).ToNoContent())
            .Sends<EndMemberSessions>(StatusCodes.Status204NoContent);
        app.MapDelete("/v1/sessions", async (ISender sender, CancellationToken ct) =>
            (await sender.Send(new EndAllSessions(), ct)).ToNoContent())
            .Sends<EndAllSessions>(StatusCodes.Status204NoContent).WithTags("Members");

        invitations.MapGet("/", async ([AsParameters] ListInvitations query, ISender sender, CancellationToken ct) =>
            (await sender.Send(query, ct)).ToOk()).Sends<ListInvitations>();
        invitations.MapPost("/", async (InvitationContent content, ISender sender, CancellationToken ct) =>
            (await sender.Send(new InviteMember(content), ct)).ToCreated(i => $"/v1/invitations/{i.Id}"))
            .Sends<InviteMember>(StatusCodes.Status201Created);
        invitations.MapPost("/{id:guid}/resend", async (InvitationId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new ResendInvitation(id), ct)).ToOk()).Sends<ResendInvitation>();
        invitations.MapDelete("/{id:guid}", async (InvitationId id, ISender sender, CancellationToken ct) =>
            (await sender.Send(new RevokeInvitation(id), ct)).ToNoContent())
            .Sends<RevokeInvitation>(StatusCodes.Status204NoContent);
        invitations.MapPost("/accept", async (AcceptInvitation command, ISender sender, CancellationToken ct) =>
            (await sender.Send(command, ct)).ToCreated(m => $"/v1/members/{m.Id}"))
            .Sends<AcceptInvitation>(StatusCodes.Status201Created);
    }
}
