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
  title text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  room text not null default '',
  line integer not null default 0
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

create table directory.membership (
  connection_id uuid not null,
  organisation_id uuid not null,
  group_key text collate "C" not null,
  person_key text collate "C" not null,
  role text collate "C" not null,
  local boolean not null default false,
  created_run uuid not null
);
-- Rows of a connection lie together, and those of a group mostly: a block range index finds both and costs next to nothing,
-- where a B-tree took longer than the insert of the rows.
create index on directory.membership using brin (connection_id, group_key) with (pages_per_range = 32, autosummarize = on);

call isolate('directory.person');
call isolate('directory.group');
call isolate('directory.membership');
grant select, insert, update, delete on all tables in schema directory to rollcall_app, rollcall_loader;
