using System.Text.Json;
using CleanTenancy.Application.Auth;
using CleanTenancy.Application.Common;
using CleanTenancy.Application.Common.Behaviors;
using CleanTenancy.Application.Platform;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace CleanTenancy.Application;

public static class DependencyInjection
{
    public static IServiceCollection AddApplication(this IServiceCollection services)
    {
        // The order is the security model: the first is the outermost.
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(GuardBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(TenantBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(PolicyBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(ValidationBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(TransactionBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(IdempotencyBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(QuotaBehavior<,>));
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(AuditBehavior<,>));

        services.AddScoped<Proofs>();
        services.AddScoped(typeof(UploadKeys<>));
        services.AddSingleton<IncomingFiles>();
        services.AddScoped<TenantView>();
        services.AddScoped<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddScoped<IMediator, Mediator>();
        services.AddScoped<ISender, MediatorSender>();

        // Messages call a member what the client calls it.
        ValidatorOptions.Global.DisplayNameResolver = (_, member, _) =>
            member is null ? null : JsonNamingPolicy.CamelCase.ConvertName(member.Name);

        foreach (var type in typeof(DependencyInjection).Assembly.GetTypes().Where(type => !type.IsAbstract))
        {
            foreach (var contract in type.GetInterfaces().Where(contract => contract.IsGenericType))
            {
                var definition = contract.GetGenericTypeDefinition();
                if (definition == typeof(IRequestHandler<,>)) AddRequest(services, contract, type);
                if (definition == typeof(IValidator<>)) services.AddSingleton(contract, type);
            }
        }

        return services;
    }

    private static void AddRequest(IServiceCollection services, Type contract, Type handler)
    {
        services.AddScoped(contract, handler);
        var response = contract.GetGenericArguments()[1];
        services.AddSingleton(
            typeof(IAnswers<>).MakeGenericType(response),
            typeof(Answers<>).MakeGenericType(response.GetGenericArguments()));
    }
}
