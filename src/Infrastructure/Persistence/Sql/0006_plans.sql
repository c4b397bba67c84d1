-- The catalogue. Null is unlimited.
insert into plans (tier, max_events, max_participants, max_storage_bytes, max_members, requests_per_minute, features) values
  ('free', 1, 100, 104857600, 3, 60, '{}'),
  ('starter', 5, 500, 5368709120, 10, 300, '{emailTemplates,analytics}'),
  ('pro', null, null, 107374182400, 50, 1000, '{customDomain,emailTemplates,analytics,apiAccess}'),
  ('enterprise', null, null, null, null, null,
   '{customDomain,emailTemplates,analytics,apiAccess,sla,dedicatedSupport}');

insert into plan_prices (tier, interval, amount, currency) values
  ('free', 'month', 0, 'KRW'),
  ('starter', 'month', 29000, 'KRW'), ('starter', 'year', 290000, 'KRW'),
  ('pro', 'month', 99000, 'KRW'), ('pro', 'year', 990000, 'KRW'),
  ('enterprise', 'month', 390000, 'KRW'), ('enterprise', 'year', 3900000, 'KRW');
