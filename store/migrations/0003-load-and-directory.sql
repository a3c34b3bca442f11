-- Staging: UNLOGGED, without row-level security (COPY FROM is refused on tables with it), reachable only by the loader
-- role, through store functions that filter by run. A crash of PostgreSQL empties it; load_manifest tells.

create unlogged table load.person (
  run_id uuid not null,
  sync_key text collate "C" not null,
  school text collate "C" not null default '',
  standing text collate "C" not null,
  given_name text not null,
  family_name text not null,
  email text not null,
  phone text not null default '',
  username text not null default '',
  line integer not null default 0
);

create unlogged table load.group (
  run_id uuid not null,
  sync_key text collate "C" not null,
  school text collate "C" not null default '',
  standing text collate "C" not null,
  title text not null,
  parent_key text collate "C" not null default '',
  type text not null default '',
  line integer not null default 0
);

-- One person's place in a group or a lesson.
create unlogged table load.membership (
  run_id uuid not null,
  parent_kind text collate "C" not null,
  parent_key text collate "C" not null,
  person_key text collate "C" not null,
  role text collate "C" not null,
  standing text collate "C" not null,
  -- Order of the source: the first instructor is the main one.
  position integer not null default 0
);

create unlogged table load.relationship (
  run_id uuid not null,
  person_key text collate "C" not null,
  related_key text collate "C" not null,
  type text collate "C" not null,
  standing text collate "C" not null
);

create unlogged table load.lesson (
  run_id uuid not null,
  sync_key text collate "C" not null,
  school text collate "C" not null default '',
  standing text collate "C" not null,
  source_id text collate "C" not null,
  local_date date not null,
  -- On which date the source says that it was made; null when it does not say.
  created_on date,
  title text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  room text not null default '',
  line integer not null default 0
);

-- Groups that a lesson is taught to.
create unlogged table load.lesson_group (
  run_id uuid not null,
  lesson_key text collate "C" not null,
  group_key text collate "C" not null
);

-- What the plan for an API finds of each record at the target, before it decides on changes.
create unlogged table load.person_match (
  run_id uuid not null,
  kind text collate "C" not null,
  sync_key text collate "C" not null,
  -- 'linked'; 'adopt' (ours to take over); 'refer' (another's, used and never written); 'taken' (used by another key); 'new'.
  how text collate "C" not null,
  target_object_id bigint
);

create unlogged table load.lesson_match (
  run_id uuid not null,
  sync_key text collate "C" not null,
  -- 'linked'; 'rekey' (moved to another date); 'adopt'; 'held-by-other'; 'ambiguous'; 'begun'; 'same-day'; 'new'.
  how text collate "C" not null,
  target_object_id bigint,
  -- The key under which the mirror knows a moved lesson.
  former_key text collate "C"
);

create unlogged table load.group_match (
  run_id uuid not null,
  sync_key text collate "C" not null,
  -- 'linked'; 'adopt'; 'held-by-other'; 'ambiguous'; 'new'.
  how text collate "C" not null,
  target_object_id bigint,
  title text not null,
  -- Members who exist at the target or will after this plan, ascending.
  members jsonb not null
);

-- What the plan notes for its application: groups of which every place is new, and new places beside known ones. Lost with
-- the rest of staging, and found again with it.
create unlogged table load.new_group (
  run_id uuid not null,
  school text collate "C" not null,
  group_key text collate "C" not null
);

create unlogged table load.new_place (
  run_id uuid not null,
  school text collate "C" not null,
  group_key text collate "C" not null,
  person_key text collate "C" not null,
  role text collate "C" not null
);

grant select, insert, update, delete on all tables in schema load to rollcall_loader;

-- The built-in directory: a target inside our own store. Its rows are their own mirror.
create table directory.person (
  connection_id uuid not null,
  organisation_id uuid not null,
  sync_key text collate "C" not null,
  school text collate "C" not null default '',
  given_name text not null,
  family_name text not null,
  email text not null,
  phone text not null default '',
  username text not null default '',
  state text not null default 'active' check (state in ('active', 'trashed')),
  local boolean not null default false,
  created_run uuid not null,
  changed_run uuid not null,
  primary key (connection_id, sync_key)
);

create table directory.group (
  connection_id uuid not null,
  organisation_id uuid not null,
  sync_key text collate "C" not null,
  school text collate "C" not null default '',
  title text not null,
  parent_key text collate "C" not null default '',
  type text not null default '',
  state text not null default 'active' check (state in ('active', 'trashed')),
  local boolean not null default false,
  created_run uuid not null,
  changed_run uuid not null,
  primary key (connection_id, sync_key)
);

-- The places that one run made in one group with one role. A million rows of one place each took longer to insert than all
-- the rest of a first load; fifty places a row carry an index, and a whole roster is one read.
create table directory.places (
  connection_id uuid not null,
  organisation_id uuid not null,
  group_key text collate "C" not null,
  role text collate "C" not null,
  created_run uuid not null,
  local boolean not null default false,
  persons text[] collate "C" not null default '{}',
  -- Sum of the places' hashes: a plan that finds what the source says to be the same reads no place.
  hash numeric not null default 0,
  primary key (connection_id, group_key, role, created_run)
)
-- Up to some four hundred places stay in the row, as they are.
with (toast_tuple_target = 8160);

call isolate('directory.person');
call isolate('directory.group');
call isolate('directory.places');

-- Place by place, as everybody reads them, under the reader's own row-level security.
create view directory.membership with (security_invoker = true) as
  select connection_id, organisation_id, group_key, unnest(persons) as person_key, role, local, created_run
    from directory.places;

grant select, insert, update, delete on directory.person, directory.group, directory.places
  to rollcall_app, rollcall_loader;
grant select on directory.membership to rollcall_app, rollcall_loader;
