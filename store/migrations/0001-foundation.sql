-- Who is who. Every table but those of schema load and the operator-wide ones has organisation_id and row-level security:
-- a transaction sees the one organisation that its setting rollcall.organisation_id names, or nothing.

create schema load;
create schema directory;
create schema operator;

grant usage on schema public, directory to rollcall_app, rollcall_loader;
grant usage on schema load to rollcall_loader;
grant usage on schema operator to rollcall_app, rollcall_loader;

create function current_organisation() returns uuid language sql stable parallel safe as
  $$ select nullif(current_setting('rollcall.organisation_id', true), '')::uuid $$;

-- Isolates a table: reading and writing only rows of the current organisation, for every role but the owner.
-- The sub-select is evaluated once per statement, not once per row.
create procedure isolate(target regclass) language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format(
    'create policy own_organisation on %s using (organisation_id = (select current_organisation()))
       with check (organisation_id = (select current_organisation()))', target);
end $$;

-- A school or customer.
create table organisation (
  organisation_id uuid primary key,
  code text collate "C" not null unique check (code ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null,
  -- IANA name; business dates of the school are dates in it.
  time_zone text not null,
  -- Days that snapshots, and that ended runs with their changes and closed findings, are kept.
  keep_snapshots_days integer not null default 30 check (keep_snapshots_days between 1 and 400),
  keep_history_days integer not null default 400 check (keep_history_days between 30 and 4000),
  created_at timestamptz not null default clock_timestamp()
);

-- A key of one organisation, wrapped by a master key that is not in the database. Destroying it erases what it sealed.
create table data_key (
  data_key_id uuid primary key,
  organisation_id uuid not null references organisation,
  -- Name of the master key that wrapped it.
  master_key text not null,
  -- AES-256-GCM: nonce, tag, wrapped key; null once destroyed.
  wrapped bytea,
  -- The newest one seals, older ones only open.
  created_at timestamptz not null default clock_timestamp(),
  destroyed_at timestamptz
);
create index on data_key (organisation_id, created_at desc);

-- One set of credentials at an outside system, with the lease and the rate that belong to it.
create table account (
  account_id uuid primary key,
  organisation_id uuid not null references organisation,
  code text collate "C" not null check (code ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  system text collate "C" not null,
  -- As the connector's schema defines them; never a secret.
  settings jsonb not null,
  -- Time-out of one request, in milliseconds. Leases and look-ups are reckoned from it.
  request_timeout_ms integer not null default 20000 check (request_timeout_ms between 500 and 600000),
  -- One writer at a time: who holds the lease, in which epoch, until when by the database's clock.
  lease_epoch bigint not null default 0,
  lease_holder text,
  lease_expires_at timestamptz not null default '-infinity',
  -- A target's account, in business time: when all it holds was last listed and up to which day of lessons, and from when
  -- changes must be listed next.
  inventory_at timestamptz,
  inventory_to date,
  changes_from timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  unique (organisation_id, code)
);

-- The paced bucket of one rate class of an account: the moment from which the next request may go out.
create table account_rate (
  account_id uuid not null references account on delete cascade,
  organisation_id uuid not null,
  rate_class text collate "C" not null,
  per_minute integer not null check (per_minute between 1 and 1000000),
  next_at timestamptz not null default '-infinity',
  primary key (account_id, rate_class)
);

create table account_secret (
  account_id uuid not null references account on delete cascade,
  organisation_id uuid not null,
  name text collate "C" not null,
  data_key_id uuid not null references data_key,
  sealed bytea not null,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (account_id, name)
);

-- One source feeding one target. A code is never used twice: it is part of our names at the target.
create table connection (
  connection_id uuid primary key,
  organisation_id uuid not null references organisation,
  code text collate "C" not null check (code ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null,
  source_account_id uuid not null references account,
  target_account_id uuid not null references account,
  source_options jsonb not null,
  target_options jsonb not null,
  -- A new connection plans and never writes until a person says go-live.
  mode text not null default 'trial' check (mode in ('trial', 'live')),
  live_since timestamptz,
  -- What names the data set behind the source; another one puts the connection back into trial.
  source_identity text not null,
  -- A person's request during a run is remembered here and follows it: workflow id to start, and why.
  follow_up jsonb,
  next_run_number integer not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  removed_at timestamptz,
  unique (organisation_id, code)
);

-- What a person asked for: the audit, and the proof that the role was checked. Used once.
create table command (
  command_id uuid primary key,
  organisation_id uuid not null references organisation,
  connection_id uuid references connection,
  action text collate "C" not null,
  actor text not null,
  role text collate "C" not null check (role in ('operator', 'support', 'admin', 'viewer', 'temporal-operator')),
  reason text not null default '',
  detail jsonb not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  used_at timestamptz
);
create index on command (organisation_id, created_at desc);

call isolate('organisation');
call isolate('data_key');
call isolate('account');
call isolate('account_rate');
call isolate('account_secret');
call isolate('connection');
call isolate('command');

grant select, insert, update on organisation, data_key, account, account_rate, account_secret, connection, command
  to rollcall_app;
grant delete on account_secret, account_rate, command to rollcall_app;
grant select on organisation, account, connection to rollcall_loader;

-- Operator-wide: no personal data. The offset of business time to the database's clock, local mode only.
create table operator.clock (
  only_row boolean primary key default true check (only_row),
  offset_ms bigint not null default 0
);
insert into operator.clock default values;
grant select, update on operator.clock to rollcall_app;
grant select on operator.clock to rollcall_loader;

-- Business time: what every process takes for "now" in windows, dates and rules. Leases and buckets never use it.
create function business_now() returns timestamptz language sql volatile as
  $$ select clock_timestamp() + (select offset_ms from operator.clock) * interval '1 millisecond' $$;

-- Operators see which connections there are, in ids and codes, across organisations.
create view operator.connection_index as
  select o.organisation_id, o.code as organisation_code, c.connection_id, c.code as connection_code, c.mode,
         c.removed_at is not null as removed
    from organisation o join connection c using (organisation_id);
create view operator.organisation_index as
  select organisation_id, code from organisation;
grant select on operator.connection_index, operator.organisation_index to rollcall_app;
