using CleanTenancy.Benchmarks;

if (args is ["floor"]) return await Floor.RunAsync();
if (args is ["uniformity"]) return await Uniformity.RunAsync();
if (Arguments.Parse(args) is not { } arguments) return 1;

await using var data = await Data.PrepareAsync(arguments.Tenants);
Console.WriteLine($"{arguments.Tenants} tenants, {Data.EventsEach} events each; 16 connections, {arguments.Rounds} rounds");
var table = new Table();
await data.TidyAsync();
if (arguments.Wants(FenceCost.Name)) await FenceCost.MeasureAsync(data, arguments.Rounds, table);
if (arguments.Wants(TriggerCost.Name)) await TriggerCost.MeasureAsync(data, arguments.Rounds, table);
if (arguments.Wants(QuotaCost.Name)) await QuotaCost.MeasureAsync(data, arguments.Rounds, table);
if (arguments.Wants(SealingCost.Name)) await SealingCost.MeasureAsync(data, arguments.Rounds, table);
if (arguments.Wants(LimiterCost.Name)) await LimiterCost.MeasureAsync(arguments.Rounds, table);

var requests = Goal.Requests.Where(r => arguments.Wants(r.Goal.Name)).ToList();
var trips = Goal.Trips.Where(t => arguments.Wants(t.Goal.Name)).ToList();
foreach (var api in arguments.Apis.Where(_ => requests.Count + trips.Count > 0))
{
    await data.TidyAsync();
    await using var floor = await Server.StartFloorAsync(data);
    // The targets hold access tokens, which are good for ten minutes: longer than one API takes.
    await using var ours = await Server.StartApiAsync(api, data, data.App);
    var targets = await data.SignInAsync(ours);
    foreach (var (goal, ask) in trips) table.Add(goal, await RoundTrips.CountAsync(ask, api, data, targets));
    foreach (var (goal, ask) in requests)
        table.Add(goal, await Duel.RunAsync(ask, floor, ours, targets, arguments.Rounds));
}

if (arguments.Wants(NoisyNeighbour.Name))
{
    await data.TidyAsync();
    await NoisyNeighbour.MeasureAsync(arguments.Apis[0], data, arguments.Rounds, table);
}

if (arguments.Wants(ExportCost.Name))
{
    await data.TidyAsync();
    await ExportCost.MeasureAsync(arguments.Apis[0], data, arguments.Rows, arguments.Rounds, table);
}

if (arguments.Wants(ImportCost.Name))
{
    await data.TidyAsync();
    await ImportCost.MeasureAsync(data, arguments.Apis[0], arguments.Rows, table);
}

table.Print(Console.Out);
return 0;
