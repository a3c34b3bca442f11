-- What operators watch: gauges of ids, codes and counts, and what vendors' answers look like.

-- When something that keeps the house in order was last done, such as the sweep. One row each.
create table operator.last_done (
  what text collate "C" primary key,
  done_at timestamptz not null default clock_timestamp()
);
grant select, insert, update on operator.last_done to rollcall_app;

-- A process says that it is not ready while the database is of another version.
grant select on public.schema_migration to rollcall_app;

-- Asked for at every scrape, over all organisations.
create index on run (started_at);
create index run_completed on run (connection_id, ended_at desc) where state = 'completed';
create index finding_open_code on finding (code) where closed_run is null;

-- Whom metrics name: organisation and connection by their codes.
create view operator.gauge_connection as
  select o.organisation_id, o.code as organisation, c.connection_id, c.code as connection, c.mode, c.created_at, c.live_since
    from organisation o join connection c using (organisation_id) where c.removed_at is null and may_see(o.organisation_id);

create view operator.gauge_finding as
  select code, count(*) as findings from finding where closed_run is null and may_see(organisation_id) group by code;

-- What waits to be told. Everything told so far waits: nothing in this version delivers. Replace this view when something does.
create view operator.undelivered_message as
  select organisation_id, kind, created_at from message where may_see(organisation_id);

-- How much of the next second of an account's rate is taken: 1 means that requests stand in line.
create view operator.gauge_rate as
  select o.code as organisation, a.code as account, a.system, r.rate_class,
         greatest(0, least(1, extract(epoch from r.next_at - clock_timestamp())))::float8 as used
    from account_rate r join account a using (account_id) join organisation o on o.organisation_id = a.organisation_id
   where r.next_at > '-infinity' and may_see(o.organisation_id);

create view operator.gauge_snapshot as
  select o.code as organisation, sum(s.bytes)::float8 as bytes
    from snapshot s join organisation o using (organisation_id) where may_see(o.organisation_id) group by o.code;

grant select on operator.gauge_connection, operator.gauge_finding, operator.undelivered_message, operator.gauge_rate,
  operator.gauge_snapshot to rollcall_app;
