-- A run: one execution of a connection's sync, its steps, what it read, planned, changed and found.

-- An instant as our records write it: ISO 8601, UTC, milliseconds.
create function iso(instant timestamptz) returns text language sql immutable parallel safe as
  $$ select to_char(instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

-- Names a change by what it would do, without run or time: tonight's identical change has the same digest.
create function change_digest(kind text, operation text, sync_key text, before jsonb, after jsonb) returns text
  language sql immutable parallel safe as
  $$ select encode(sha256(convert_to(concat_ws(E'\x1f', kind, operation, sync_key, before::text, after::text), 'UTF8')), 'hex') $$;

-- What makes two e-mail addresses one: as emailKey in roster/doubles.ts.
create function email_key(email text) returns text language sql immutable parallel safe as
  $$ select lower(btrim(email, E' \t\n\r')) $$;

-- Whether a target says the same as we do: people and vendors differ in blanks, and in the case of e-mail addresses; a phone
-- number that one side does not have says nothing.
create function said_alike(field text, a jsonb, b jsonb) returns boolean language sql immutable parallel safe as
  $$ select coalesce(case
       when field = 'phone' and (a #>> '{}' = '' or b #>> '{}' = '') then true
       when field = 'email' then email_key(a #>> '{}') = email_key(b #>> '{}')
       when jsonb_typeof(a) = 'string' and jsonb_typeof(b) = 'string'
         then btrim(regexp_replace(a #>> '{}', '\s+', ' ', 'g')) = btrim(regexp_replace(b #>> '{}', '\s+', ' ', 'g'))
       else a = b end, a is not distinct from b) $$;

-- The fields of an object that somebody changed by hand at the target, with what we wrote: of what was written those that
-- were seen otherwise, unless what is wanted says the same as was seen.
create function changed_by_hand(wanted jsonb, written jsonb, seen jsonb) returns jsonb language sql immutable as
  $$ select coalesce(jsonb_object_agg(field, written -> field), '{}')
       from jsonb_object_keys(written) field
      where seen ? field and not said_alike(field, seen -> field, written -> field)
        and not said_alike(field, seen -> field, wanted -> field) $$;

create table run (
  run_id uuid primary key,
  organisation_id uuid not null references organisation,
  connection_id uuid not null references connection,
  -- Counts up by connection: what people call a run.
  number integer not null,
  kind text not null check (kind in ('sync', 'attendance')),
  trigger text not null check (trigger in ('person', 'schedule', 'follow-up', 'retry')),
  -- Where the records come from: read now, or a stored snapshot.
  source text not null default 'fetch' check (source in ('fetch', 'snapshot')),
  -- Stops after the safety filter: a preview, or a connection in trial.
  plan_only boolean not null,
  -- The fixed business time of the run: windows and rules are judged by it, in every attempt.
  as_of timestamptz not null,
  state text not null check (state in ('working', 'completed', 'failed', 'cancelled', 'refused', 'lost')),
  -- The coded reason of a run that did not complete, and the step it stopped at.
  code text,
  failed_step text,
  retry_of uuid references run,
  command_id uuid references command,
  workflow_id text not null,
  snapshot_id uuid,
  started_at timestamptz not null,
  ended_at timestamptz,
  -- Counts for people: per kind and operation, findings, held.
  summary jsonb not null default '{}',
  unique (connection_id, number)
);
create unique index one_run_at_work on run (connection_id) where state = 'working';
create index on run (organisation_id, started_at desc);

-- One durable step of a run. Whoever holds the attempt token may commit; a newer attempt takes it away.
create table run_step (
  run_id uuid not null references run on delete cascade,
  organisation_id uuid not null,
  step text not null check (step in
    ('admit', 'fetch', 'validate', 'dedupe', 'plan', 'safety-filter', 'upsert', 'read-attendance', 'push-attendance', 'report')),
  attempt_token uuid not null,
  attempts integer not null default 1,
  state text not null check (state in ('working', 'done', 'failed')),
  counts jsonb not null default '{}',
  code text,
  started_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  primary key (run_id, step)
);

-- Everything a source said in one fetch. Only 'committed' ones are ever read: the others are reads that did not finish.
create table snapshot (
  snapshot_id uuid primary key,
  organisation_id uuid not null references organisation,
  connection_id uuid not null references connection,
  run_id uuid not null,
  state text not null check (state in ('reading', 'committed')),
  -- What it claims to cover: kind and coverage, and the window of lessons.
  scopes jsonb not null,
  lesson_window jsonb not null,
  chunks integer not null default 0,
  bytes bigint not null default 0,
  data_key_id uuid not null references data_key,
  created_at timestamptz not null default clock_timestamp()
);
create index on snapshot (connection_id, created_at desc);

create table snapshot_chunk (
  snapshot_id uuid not null references snapshot on delete cascade,
  organisation_id uuid not null,
  chunk integer not null,
  part text not null,
  media_type text not null,
  -- Compressed, then sealed with the snapshot's key.
  sealed bytea not null,
  primary key (snapshot_id, chunk)
);
alter table snapshot_chunk alter column sealed set storage external;

-- What a step put into staging: a later step that finds it unlike this loads it again from the snapshot.
create table load_manifest (
  run_id uuid not null references run on delete cascade,
  organisation_id uuid not null,
  kind text collate "C" not null,
  rows bigint not null,
  -- SHA-256 of the copied lines: the same snapshot must give the same digest again.
  digest text not null,
  primary key (run_id, kind)
);

-- What an account holds, whoever made it. Shared by all connections of the account.
create table target_object (
  target_object_id bigint generated always as identity primary key,
  organisation_id uuid not null references organisation,
  account_id uuid not null references account,
  kind text collate "C" not null,
  target_id text collate "C" not null,
  -- As last written by us, in our words; empty while no connection has a link to it.
  content jsonb not null default '{}',
  -- As last read at the target, where it was read since we wrote: what differs from content was changed by hand. Names
  -- people by the target's ids.
  seen jsonb,
  -- The foreign id it carries there, and whose.
  foreign_id text collate "C" not null default '',
  foreign_system text collate "C" not null default '',
  state text not null default 'active' check (state in ('active', 'archived', 'deleted', 'removed-by-hand')),
  created_run uuid not null,
  changed_run uuid not null,
  unique (account_id, kind, target_id)
);
create index on target_object (account_id, kind, foreign_id) where foreign_id <> '';

-- Ties a connection's sync key to what the account holds. One link owns an object and writes its fields; others refer.
create table link (
  link_id bigint generated always as identity primary key,
  organisation_id uuid not null references organisation,
  connection_id uuid not null references connection,
  kind text collate "C" not null,
  sync_key text collate "C" not null,
  target_object_id bigint not null references target_object,
  owns boolean not null default true,
  -- Lessons: how the source names the occurrence when attendance goes back.
  source_id text collate "C" not null default '',
  local_date date,
  -- Lessons: groups that were attached when the sheet was made. The target carries changes of their members over.
  group_keys text[] not null default '{}',
  unique (connection_id, kind, sync_key)
);
create index on link (target_object_id);

-- On which date a lesson was first seen, sent or not: one first seen on its own date is not created.
create table lesson_seen (
  connection_id uuid not null references connection,
  organisation_id uuid not null,
  sync_key text collate "C" not null,
  local_date date not null,
  first_seen_on date not null,
  primary key (connection_id, sync_key)
);

-- Rosters as written: the learners of a lesson at the target.
create table link_member (
  connection_id uuid not null references connection,
  organisation_id uuid not null,
  parent_key text collate "C" not null,
  person_key text collate "C" not null,
  primary key (connection_id, parent_key, person_key)
);

-- What a run would change, counted. Immutable: no update is granted to anyone.
create table plan (
  run_id uuid primary key references run on delete cascade,
  organisation_id uuid not null,
  -- Cells: kind, operation, school, count, base.
  cells jsonb not null,
  -- How many lessons the source said, and how many the mirror knows of the same scope.
  source_size jsonb not null,
  digest text not null,
  created_at timestamptz not null default clock_timestamp()
);

-- Plan, journal, change log and undo log in one: a row per change, with what was there before.
create table change (
  change_id bigint generated always as identity primary key,
  organisation_id uuid not null,
  run_id uuid not null references run on delete cascade,
  connection_id uuid not null,
  kind text collate "C" not null,
  operation text collate "C" not null,
  sync_key text collate "C" not null,
  school text collate "C" not null default '',
  rank smallint not null,
  state text collate "C" not null,
  before jsonb not null default '{}',
  after jsonb not null default '{}',
  -- Of kind, operation, sync key and content: the same change tonight has the same digest.
  digest text collate "C" not null,
  -- The object at the target that it concerns; null for an insert.
  target_object_id bigint,
  target_id text collate "C",
  -- By the database's clock: when a request was last sent, and when an unanswered insert was last looked up.
  sent_at timestamptz,
  looked_at timestamptz,
  -- How often a request went out for it; more than one insert may have doubled it.
  sends integer not null default 0,
  -- An insert that went out more than once: the next run looks for a double.
  doubtful boolean not null default false,
  code text,
  explanation text not null default '',
  ended_at timestamptz
);
create unique index on change (run_id, kind, operation, sync_key, (coalesce(target_id, '')));
create index change_at_work on change (run_id, rank, change_id) where state in ('planned', 'sending');
create index on change (connection_id, kind, sync_key);
create index change_doubtful on change (connection_id) where doubtful;

-- A problem of one record: opened by the first run that sees it, closed by the first that does not.
create table finding (
  finding_id bigint generated always as identity primary key,
  organisation_id uuid not null,
  connection_id uuid not null references connection,
  step text not null,
  code text collate "C" not null,
  kind text collate "C" not null,
  sync_key text collate "C" not null,
  -- What people call the record: title and start of a lesson, name of a person or group; empty where it is not known.
  label text not null default '',
  detail text not null,
  first_run uuid not null,
  last_detail_run uuid not null,
  closed_run uuid,
  opened_at timestamptz not null default clock_timestamp(),
  closed_at timestamptz
);
create unique index finding_open on finding (connection_id, step, code, kind, sync_key) where closed_run is null;

-- One learner in one lesson on the way back to the source, kept until it is acknowledged.
create table attendance_line (
  connection_id uuid not null references connection,
  organisation_id uuid not null,
  lesson_key text collate "C" not null,
  person_key text collate "C" not null,
  -- Status, minutes, reason as the target says it now.
  wanted jsonb not null,
  wanted_digest text not null,
  -- What the source last accepted; null before the first time.
  acknowledged_digest text,
  state text not null check (state in ('waiting', 'sent', 'acknowledged', 'rejected')),
  reason text not null default '',
  attempts integer not null default 0,
  -- Business time from which a refused line is offered again: the source may have been corrected.
  next_try_at timestamptz,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (connection_id, lesson_key, person_key)
);
create index on attendance_line (connection_id) where state in ('waiting', 'sent');

call isolate('run');
call isolate('run_step');
call isolate('snapshot');
call isolate('snapshot_chunk');
call isolate('load_manifest');
call isolate('target_object');
call isolate('link');
call isolate('link_member');
call isolate('lesson_seen');
call isolate('plan');
call isolate('change');
call isolate('finding');
call isolate('attendance_line');

grant select, insert, update, delete on run, run_step, snapshot, snapshot_chunk, target_object, link, link_member,
  lesson_seen, change, finding, attendance_line to rollcall_app;
grant select, insert on lesson_seen to rollcall_loader;
-- The plan ties objects that carry our own key to the mirror again.
grant insert on link, link_member to rollcall_loader;
grant update (content) on target_object to rollcall_loader;
grant select, insert, delete on plan, load_manifest to rollcall_app;
grant select on run, run_step, snapshot, target_object, link, link_member, plan, change, load_manifest, finding
  to rollcall_loader;
grant insert on plan, change, load_manifest, finding to rollcall_loader;
grant update on load_manifest to rollcall_loader;
-- Locking the run's row against its end, at the close of a loading transaction.
grant update (state) on run to rollcall_loader;
grant update on run_step, finding to rollcall_loader;
-- The loader applies a plan to the directory as a set, and says what became of its changes.
grant update (state, code, explanation, ended_at) on change to rollcall_loader;

-- Operators see which runs there are across organisations: ids, counts and codes.
create view operator.run_index as
  select organisation_id, connection_id, run_id, number, kind, trigger, state, code, failed_step, plan_only, as_of,
         started_at, ended_at, workflow_id, summary
    from run;
grant select on operator.run_index to rollcall_app;
