using System.ComponentModel.DataAnnotations;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Ports;
using CleanTenancy.Domain.Common;
using CleanTenancy.Domain.Events;
using CleanTenancy.Domain.Members;
using CleanTenancy.Domain.Plans;
using CleanTenancy.Domain.Registrations;
using FluentValidation;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Application.Registrations;

/// <summary>The person who gets the place.</summary>
public sealed record RegistrationContent
{
    [Required]
    public string Name { get; init; } = "";

    [Required]
    public string Email { get; init; } = "";
}

/// <summary>Registers one attendee for a live event, without an order.</summary>
public sealed record EnterRegistration(EventId EventId, RegistrationContent Content) : ICommand<RegistrationDetails>
{
    public static Policy Policy { get; } = new()
    {
        Permission = Permissions.RegistrationsWrite,
        Feature = Feature.None,
        Quota = Quota.Participants,
        Audit = "registration.entered",
        Idempotent = true,
    };
}

internal sealed class EnterRegistrationValidator : AbstractValidator<EnterRegistration>
{
    public EnterRegistrationValidator()
    {
        RuleFor(c => c.Content.Name).NotEmpty().MaximumLength(Registration.NameMaxLength).IsWellFormed();
        RuleFor(c => c.Content.Email).Cascade(CascadeMode.Stop).NotEmpty()
            .Must(email => EmailAddress.TryNormalize(email, out _))
            .Saying("not_an_email", "An e-mail address is expected.", "이메일 주소여야 합니다.");
    }
}

internal sealed class EnterRegistrationHandler(IAppDbContext db, ICaller caller, TimeProvider clock)
    : IRequestHandler<EnterRegistration, Result<RegistrationDetails>>
{
    public async Task<Result<RegistrationDetails>> Handle(
        EnterRegistration command, CancellationToken cancellationToken)
    {
        if (!await ReserveAsync(command.EventId, cancellationToken))
            return await WhyNotAsync(command.EventId, cancellationToken);

        var entered = Registration.Enter(
            caller.RequiredTenant().Id, command.EventId, command.Content.Name, command.Content.Email, clock.Now());
        db.Registrations.Add(entered);
        return RegistrationDetails.Of(entered);
    }

    /// <summary>One conditional UPDATE: the last place is given once.</summary>
    private async Task<bool> ReserveAsync(EventId id, CancellationToken cancellationToken) =>
        await db.Events
            .Where(e => e.Id == id && e.Status == EventStatus.Live && (e.Capacity == null || e.Registered < e.Capacity))
            .ExecuteUpdateAsync(
                set => set.SetProperty(e => e.Registered, e => e.Registered + 1), cancellationToken) == 1;

    private async Task<Error> WhyNotAsync(EventId id, CancellationToken cancellationToken) =>
        await db.Events.Where(e => e.Id == id).Select(e => (EventStatus?)e.Status)
            .SingleOrDefaultAsync(cancellationToken)
        switch
        {
            null => Error.NotFound,
            EventStatus.Live => EventErrors.SoldOut,
            _ => EventErrors.NotLive,
        };
}
