-- Time: when connections run by themselves, what an organisation says of its days, and pauses.

-- Gives every connection of the installation a place of its own in windows of the day.
create sequence connection_slot minvalue 0 start 0;
grant usage on sequence connection_slot to rollcall_app;

alter table connection add column slot integer not null default nextval('connection_slot');
-- When it runs, as Schedule of roster/schedule.ts; null: only when somebody or something asks.
alter table connection add column schedule jsonb;
alter table connection add column runs_on_school_free_days boolean not null default false;
-- What its Schedule in Temporal was last told, as text; null: it has none. What differs from it was changed by hand.
alter table connection add column schedule_told text;
-- Limits of the first run after a planned pause, as `limits`; what it does not name has the house's default for a return.
alter table connection add column limits_on_return jsonb not null default '{}';
-- A planned pause ended and no run has brought down since what changed meanwhile: the next one has the limits for a return.
alter table connection add column returns boolean not null default false;

-- As Calendar of roster/calendar.ts: names of days, no people.
alter table organisation add column calendar jsonb not null default '{}';

alter table run drop constraint run_trigger_check;
alter table run add constraint run_trigger_check
  check (trigger in ('person', 'schedule', 'follow-up', 'retry', 'approval', 'sweep', 'pause-end'));

-- No runs, or only what is new, until a moment or until somebody lifts it. The row is the truth; a workflow waits beside it.
create table pause (
  pause_id uuid primary key,
  organisation_id uuid not null references organisation,
  -- Counts up by organisation: what people call a pause.
  number integer not null,
  -- What it covers: one connection, every connection that writes to an account, or (both null) the whole organisation.
  connection_id uuid references connection,
  target_account_id uuid references account,
  -- Of what it covers only the changes of this school.
  school text collate "C",
  -- 'summer': planned, attendance still goes up. 'incident': nothing moves.
  cause text not null check (cause in ('summer', 'incident')),
  effect text not null check (effect in ('no-runs', 'add-only', 'add-and-update')),
  -- A run at work when it begins: stopped at its next slice, or let finish.
  stop_now boolean not null default false,
  -- Business time; an open end lasts until somebody lifts it.
  starts_at timestamptz not null,
  ends_at timestamptz check (ends_at > starts_at),
  reason text not null,
  command_id uuid not null references command,
  -- Set once it is over: by itself at its end, or lifted. Business time.
  ended_at timestamptz,
  -- Set once its end was told and what it covered was asked to catch up.
  closed_at timestamptz,
  unique (organisation_id, number),
  check (connection_id is null or target_account_id is null)
);
create index on pause (organisation_id) where ended_at is null;
create index on pause (organisation_id) where closed_at is null;
call isolate('pause');
grant select, insert, update, delete on pause to rollcall_app;

-- Pauses that somebody still has to care for, across organisations: for the sweep.
create view operator.open_pause as
  select organisation_id, pause_id, number from pause where closed_at is null and may_see(organisation_id);

-- What the Schedules in Temporal must say, across organisations.
create view operator.schedule_index as
  select o.organisation_id, o.code as organisation_code, c.connection_id, c.code as connection_code, c.slot, c.schedule, c.schedule_told
    from organisation o join connection c using (organisation_id)
   where c.schedule is not null and c.mode = 'live' and c.removed_at is null and may_see(o.organisation_id);

grant select on operator.open_pause, operator.schedule_index to rollcall_app;
