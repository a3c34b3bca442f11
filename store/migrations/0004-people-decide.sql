-- People decide: limits, holds and approvals, trials, stops, tokens, and what they are told.

-- Limits of the safety filter as the school wants them, kind × operation: {"lesson": {"delete": {"percent": 10, "floor": 5}}}.
-- What it does not name has the house's default. Operators bound them (operator.limit_bound).
alter table connection add column limits jsonb not null default '{}';
-- Over a limit: hold that part and go on with the rest, or stop the whole import.
alter table connection add column over_limit text not null default 'hold-part' check (over_limit in ('hold-part', 'stop-all'));
-- The trial's plan that go-live approved: the first live run may do what it showed. Empty after that run.
alter table connection add column shown_run uuid;
-- A pilot: only lessons attached to these groups (sync keys) are sent, with their whole rosters. Null: everything.
alter table connection add column pilot_groups text[];
-- When the configuration of a connection last changed: refused credentials are tried again by themselves after that.
alter table connection add column changed_at timestamptz not null default clock_timestamp();
alter table account add column changed_at timestamptz not null default clock_timestamp();

-- What carrying a command out came to: counts, or the code it was refused with. Null until then.
alter table command add column outcome jsonb;

-- How people with protected identity are treated: held until the organisation has chosen.
alter table organisation add column protected_identities text not null default 'undecided'
  check (protected_identities in ('undecided', 'sync', 'leave-out'));

alter table run drop constraint run_trigger_check;
alter table run add constraint run_trigger_check
  check (trigger in ('person', 'schedule', 'follow-up', 'retry', 'approval', 'sweep'));
-- One record only, by its sync key; and whether a person let it be made on its own day.
alter table run add column only_key text collate "C";
alter table run add column allow_same_day boolean not null default false;
-- The first changes of a large plan are read back before the rest: 'passed', or 'surprised' and the rest is held.
alter table run add column canary text check (canary in ('passed', 'surprised'));

-- A part of a plan that waits for a person: one cell, exactly the changes that were shown. What it holds never changes;
-- tonight's other changes of the same cell are another hold, which replaces this one.
create table hold (
  hold_id uuid primary key,
  organisation_id uuid not null references organisation,
  connection_id uuid not null references connection,
  -- Counts up by connection: what people call a hold.
  number integer not null,
  kind text collate "C" not null,
  operation text collate "C" not null,
  school text collate "C" not null default '',
  -- Why: a HoldReason of roster/safety-filter.ts.
  reason text collate "C" not null,
  -- How many changes it had when it was opened, and how many records of that kind the target held.
  count integer not null,
  base integer not null,
  -- Of the digests of its changes, in ascending order.
  digest text not null,
  -- Start of the first lesson affected; null where no lesson is.
  first_lesson_at timestamptz,
  first_run uuid not null,
  last_run uuid not null,
  -- 'open'; 'decided' (a person decided all of it); 'replaced' (another plan); 'gone' (nothing of it is planned any more).
  state text not null default 'open' check (state in ('open', 'decided', 'replaced', 'gone')),
  replaced_by uuid references hold,
  -- Whether people were told of it: one that only shrank is not told again.
  told_at timestamptz,
  opened_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz,
  unique (connection_id, number)
);
create unique index one_open_hold on hold (connection_id, kind, operation, school) where state = 'open';

-- A held change, named by its digest, and what a person decided on it.
create table hold_change (
  hold_id uuid not null references hold on delete cascade,
  organisation_id uuid not null,
  connection_id uuid not null,
  digest text collate "C" not null,
  kind text collate "C" not null,
  operation text collate "C" not null,
  sync_key text collate "C" not null,
  -- What people call the record.
  label text not null default '',
  before jsonb not null default '{}',
  after jsonb not null default '{}',
  -- 'open'; 'approved' → 'used', 'void' (the record reappeared or differs) or 'expired'; 'rejected' → 'void'; 'replaced'.
  state text not null default 'open'
    check (state in ('open', 'approved', 'rejected', 'used', 'void', 'expired', 'replaced')),
  command_id uuid references command,
  decided_at timestamptz,
  -- Business time until which an approval holds.
  expires_at timestamptz,
  -- The run that used it, or saw that it was void.
  ended_run uuid,
  primary key (hold_id, digest)
);
create index hold_change_decided on hold_change (connection_id, digest) where state in ('approved', 'rejected');
create index on hold_change (connection_id, kind, sync_key);

-- What people are to be told: counts, codes and names of connections, never of people. Delivery is by channel.
create table message (
  message_id uuid primary key,
  organisation_id uuid not null references organisation,
  connection_id uuid references connection,
  run_id uuid,
  hold_id uuid,
  -- 'held', 'failed', 'decided', …
  kind text collate "C" not null,
  -- The same thing is told once.
  once_key text collate "C" not null,
  detail jsonb not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  unique (organisation_id, once_key)
);
create index on message (organisation_id, created_at desc);

-- What a person said of a record that fits more than one object at the target, or a proposed key change.
create table match_decision (
  connection_id uuid not null references connection,
  organisation_id uuid not null,
  kind text collate "C" not null,
  sync_key text collate "C" not null,
  -- 'adopt' the object target_id; 'new': none of them is it; 'same': it is the known record former_key under a new key.
  decision text not null check (decision in ('adopt', 'new', 'same')),
  target_id text collate "C",
  former_key text collate "C",
  command_id uuid not null references command,
  decided_at timestamptz not null default clock_timestamp(),
  primary key (connection_id, kind, sync_key)
);

call isolate('hold');
call isolate('hold_change');
call isolate('message');
call isolate('match_decision');
grant select, insert, update, delete on hold, hold_change, message, match_decision to rollcall_app;
grant select on hold, hold_change, match_decision to rollcall_loader;
-- A decided key change renames what the mirror knows; a run for one record drops what it planned of others.
grant update (sync_key) on link to rollcall_loader;
grant update (person_key), delete on link_member to rollcall_loader;
grant delete on change to rollcall_loader;

-- Operator-wide: ids, codes and counts only.

-- What ops stopped: everything, whatever touches a system, or only what writes to it; at the next slice.
create table operator.stop (
  stop_id uuid primary key,
  -- 'everything', 'system' (in either role) or 'target'.
  scope text not null check (scope in ('everything', 'system', 'target')),
  -- The connector's code; empty for everything.
  system text collate "C" not null default '',
  reason text not null,
  set_by text not null,
  set_at timestamptz not null default clock_timestamp(),
  lifted_by text,
  lifted_at timestamptz
);
create unique index one_stop on operator.stop (scope, system) where lifted_at is null;

-- The most an organisation may allow itself: a limit beyond it is cut to it.
create table operator.limit_bound (
  operation text collate "C" primary key,
  percent numeric not null check (percent between 0 and 100),
  floor integer not null check (floor >= 0)
);
insert into operator.limit_bound values ('delete', 60, 200), ('archive', 60, 200), ('update', 100, 5000), ('rekey', 60, 200);

-- Who may call from outside local mode. Only the digest is kept.
create table operator.token (
  token_id uuid primary key,
  digest text not null unique,
  name text not null,
  role text collate "C" not null check (role in ('operator', 'support', 'admin', 'viewer')),
  -- Null: of every organisation.
  organisation_id uuid references public.organisation,
  issued_by text not null,
  issued_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  revoked_at timestamptz,
  revoked_by text
);

grant select, insert, update on operator.stop, operator.limit_bound, operator.token to rollcall_app;

-- Holds across organisations, in counts and codes: for the sweep and for screens of operators.
create view operator.hold_index as
  select organisation_id, connection_id, hold_id, number, kind, operation, reason, count, state, opened_at, told_at from hold;
-- Commands that nobody has carried out yet.
create view operator.open_command as
  select organisation_id, connection_id, command_id, action, created_at from command where used_at is null;
grant select on operator.hold_index, operator.open_command to rollcall_app;

-- Search by name, tolerant of accents and typing errors.
create extension if not exists pg_trgm with schema public;
create extension if not exists unaccent with schema public;

-- What a name is searched by: without accents, in lower case. Immutable, so that it can be indexed: the dictionary is named.
create function search_form(words text) returns text language sql immutable parallel safe as
  $$ select lower(public.unaccent('public.unaccent', words)) $$;
