using CleanTenancy.Benchmarks;

if (args is ["floor"]) return await Floor.RunAsync();
if (args is ["uniformity"]) return await Uniformity.RunAsync();
if (Arguments.Parse(args) is not { } arguments) return 1;

await using var data = await Data.PrepareAsync(arguments.Tenants);
await using var floor = await Server.StartFloorAsync(data);
Console.WriteLine($"{arguments.Tenants} tenants, {Data.EventsEach} events each; 16 connections, {arguments.Rounds} rounds");
var table = new Table();
foreach (var api in arguments.Apis)
{
    // The targets hold access tokens, which are good for ten minutes: longer than one API takes.
    await using var ours = await Server.StartApiAsync(api, data, data.App);
    var targets = await data.SignInAsync(ours);
    foreach (var goal in Goal.Reads) table.Add(goal, await Duel.RunAsync(goal, floor, ours, targets, arguments.Rounds));
    foreach (var goal in Goal.Trips) table.Add(goal, await RoundTrips.CountAsync(goal, api, data, targets));
}

table.Print(Console.Out);
return 0;
