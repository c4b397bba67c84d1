using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using CleanTenancy.Application.Common;
using Microsoft.EntityFrameworkCore;

namespace CleanTenancy.Infrastructure.Persistence;

/// <summary>
/// Compiles a slice's reads once (ADR 0012): speaks of the context where the slice speaks of the port.
/// </summary>
internal static class CompiledReads
{
    private static readonly ConditionalWeakTable<object, Delegate> Compiled = [];

    public static Func<AppDbContext, T1, CancellationToken, Task<TResult>> Of<T1, TResult>(Read<T1, TResult> read) =>
        (Func<AppDbContext, T1, CancellationToken, Task<TResult>>)Compiled.GetValue(read, static key =>
        {
            var query = ((Read<T1, TResult>)key).Query;
            var (context, body) = Rewrite(query);
            var token = Expression.Parameter(typeof(CancellationToken));
            return EF.CompileAsyncQuery(Expression.Lambda<Func<AppDbContext, T1, CancellationToken, TResult>>(
                body, context, query.Parameters[1], token));
        });

    public static Func<AppDbContext, T1, T2, IAsyncEnumerable<TResult>> Of<T1, T2, TResult>(
        ReadList<T1, T2, TResult> read) =>
        (Func<AppDbContext, T1, T2, IAsyncEnumerable<TResult>>)Compiled.GetValue(read, static key =>
        {
            var query = ((ReadList<T1, T2, TResult>)key).Query;
            var (context, body) = Rewrite(query);
            return EF.CompileAsyncQuery(Expression.Lambda<Func<AppDbContext, T1, T2, IQueryable<TResult>>>(
                body, context, query.Parameters[1], query.Parameters[2]));
        });

    private static (ParameterExpression Context, Expression Body) Rewrite(LambdaExpression query)
    {
        var context = Expression.Parameter(typeof(AppDbContext), "db");
        return (context, new PortToContext(query.Parameters[0], context).Visit(query.Body));
    }

    private sealed class PortToContext(ParameterExpression port, ParameterExpression context) : ExpressionVisitor
    {
        protected override Expression VisitMember(MemberExpression node) => node switch
        {
            { Expression: { } on, Member.Name: var name } when on == port => Expression.Property(context, name),
            // A projection kept in a static field is part of the query, not a value in it.
            { Expression: null, Member: FieldInfo field }
                when field.FieldType.IsAssignableTo(typeof(LambdaExpression)) =>
                Expression.Quote((LambdaExpression)field.GetValue(null)!),
            _ => base.VisitMember(node),
        };
    }
}
