using System.Linq.Expressions;

namespace CleanTenancy.Application.Common;

/// <summary>
/// A read declared once, in the slice, and compiled once by Infrastructure (ADR 0012): EF translates it at its first
/// use instead of looking the translation up on each.
/// </summary>
public sealed class Read<T1, TResult>(Expression<Func<Ports.IAppDbContext, T1, TResult>> query)
{
    public Expression<Func<Ports.IAppDbContext, T1, TResult>> Query { get; } = query;
}

/// <summary>A read of several rows: see <see cref="Read{T1,TResult}"/>.</summary>
public sealed class ReadList<T1, T2, TResult>(Expression<Func<Ports.IAppDbContext, T1, T2, IQueryable<TResult>>> query)
{
    public Expression<Func<Ports.IAppDbContext, T1, T2, IQueryable<TResult>>> Query { get; } = query;
}
