-- Who may see what: a token of one organisation sees no other, in any view of operators.

-- Whether the actor of this transaction may see an organisation; an actor of all organisations names none.
create function may_see(organisation_id uuid) returns boolean language sql stable parallel safe as
  $$ select coalesce(nullif(current_setting('rollcall.only_organisation', true), '')::uuid = $1, true) $$;

create or replace view operator.organisation_index as
  select organisation_id, code from organisation where may_see(organisation_id);

-- With the accounts and systems a connection touches: failed runs are retried by account.
create or replace view operator.connection_index as
  select o.organisation_id, o.code as organisation_code, c.connection_id, c.code as connection_code, c.mode,
         c.removed_at is not null as removed, c.source_account_id, c.target_account_id, s.system as source_system,
         t.system as target_system, c.follow_up is not null as follow_up_waits
    from organisation o join connection c using (organisation_id)
    join account s on s.account_id = c.source_account_id
    join account t on t.account_id = c.target_account_id
   where may_see(o.organisation_id);

create or replace view operator.run_index as
  select organisation_id, connection_id, run_id, number, kind, trigger, state, code, failed_step, plan_only, as_of,
         started_at, ended_at, workflow_id, summary
    from run where may_see(organisation_id);

create or replace view operator.hold_index as
  select organisation_id, connection_id, hold_id, number, kind, operation, reason, count, state, opened_at, told_at
    from hold where may_see(organisation_id);

create or replace view operator.open_command as
  select organisation_id, connection_id, command_id, action, created_at
    from command where used_at is null and may_see(organisation_id);

-- A preview of options that were never applied: what it finds is of that run only.
alter table run add column hypothetical boolean not null default false;

-- People with protected identity: masked wherever people read. The source says so.
alter table load.person add column protected boolean not null default false;
alter table record add column protected boolean not null default false;

-- What people read instead of the name of somebody with protected identity.
create function masked(is_protected boolean, name text) returns text language sql immutable parallel safe as
  $$ select case when is_protected then 'Protected person' else name end $$;

-- Whether a key is that of somebody with protected identity.
create function is_protected(of_connection uuid, kind text, key text) returns boolean language sql stable as
  $$ select kind in ('person', 'instructor', 'learner') and exists (
       select from record r where (r.connection_id, r.kind, r.sync_key) = (of_connection, 'person', key) and r.protected) $$;
