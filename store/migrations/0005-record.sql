-- What a source said last of each record, sent or not: what people find records by, and what "why" begins with.

create extension if not exists btree_gin with schema public;

create table record (
  connection_id uuid not null references connection,
  organisation_id uuid not null,
  -- 'person', 'group' or 'lesson'.
  kind text collate "C" not null,
  sync_key text collate "C" not null,
  -- What people call it: a name, a title.
  label text not null default '',
  email text not null default '',
  -- Lessons: the source's number, start, and the keys of everybody the source lists.
  source_id text collate "C" not null default '',
  starts_at timestamptz,
  people text[] not null default '{}',
  standing text collate "C" not null,
  first_run uuid not null,
  first_seen_at timestamptz not null,
  changed_run uuid not null,
  -- The first run whose complete read no longer named it; null while the source names it.
  absent_run uuid,
  absent_since timestamptz,
  search text generated always as (search_form(label || ' ' || email)) stored,
  primary key (connection_id, kind, sync_key)
);
create index on record (organisation_id, sync_key);
create index on record (organisation_id, source_id) where source_id <> '';
create index on record (organisation_id, email_key(email)) where email <> '';
create index record_search on record using gin (organisation_id, search gin_trgm_ops);
create index record_people on record using gin (connection_id, people) where kind = 'lesson';

-- By person: the coming lessons somebody is in, and attendance on its way back.
create index on link_member (connection_id, person_key);
create index on attendance_line (connection_id, person_key);
create index on target_object (organisation_id, target_id);
create index on finding (connection_id, kind, sync_key);

call isolate('record');
grant select, insert, update, delete on record to rollcall_loader;
grant select, delete on record to rollcall_app;

-- Records by what people write, best first: an exact key, number, e-mail address or target id, then names that contain the
-- words, then names that resemble them. At most so many candidates are looked at, however large the table is.
-- Policies keep trigram operators from their index; this runs as the owner and names the organisation itself.
create function find_records(words text, of_connection uuid, most integer)
  returns table (connection_id uuid, kind text, sync_key text, label text, email text, standing text,
                 starts_at timestamptz, absent_since timestamptz, fit real)
  language sql stable security definer
  set search_path = public, pg_temp
  set pg_trgm.word_similarity_threshold = 0.5
  -- A limit makes the planner think that reading everything finds enough soon.
  set enable_seqscan = off
as $$
  with asked as (
    select btrim(words) as exact, search_form(regexp_replace(btrim(words), '\s+', ' ', 'g')) as form
  ), exact as (
    select r.*, 4::real as fit from record r, asked
     where r.organisation_id = current_organisation() and r.sync_key = asked.exact
    union all
    select r.*, 3.5::real from record r, asked
     where r.organisation_id = current_organisation() and r.source_id = asked.exact and r.source_id <> ''
    union all
    select r.*, 3.5::real from record r, asked
     where r.organisation_id = current_organisation() and r.email <> '' and email_key(r.email) = email_key(asked.exact)
    union all
    select r.*, 3::real from asked
      join target_object o on o.organisation_id = current_organisation() and o.target_id = asked.exact
      join link k using (target_object_id)
      join record r on (r.connection_id, r.kind, r.sync_key)
           = (k.connection_id, case k.kind when 'instructor' then 'person' when 'learner' then 'person' else k.kind end, k.sync_key)
  ), containing as (
    select r.*, (2 + word_similarity(asked.form, r.search))::real from asked
      cross join lateral (
        select r.* from public.record r
         where r.organisation_id = current_organisation() and length(asked.form) >= 3
           and r.search like '%' || replace(replace(replace(asked.form, '\', '\\'), '%', '\%'), '_', '\_') || '%'
           and (of_connection is null or r.connection_id = of_connection) and not exists (select from exact) limit 200) r
  ), resembling as (
    select r.*, word_similarity(asked.form, r.search)::real from asked
      cross join lateral (
        select r.* from public.record r
         where r.organisation_id = current_organisation() and length(asked.form) >= 3 and asked.form <% r.search
           and (of_connection is null or r.connection_id = of_connection)
           and not exists (select from exact) and not exists (select from containing) limit 500) r
  ), found as (
    select * from exact union all select * from containing union all select * from resembling
  )
  select f.connection_id, f.kind, f.sync_key, f.label, f.email, f.standing, f.starts_at, f.absent_since, max(f.fit) as fit
    from found f
   where of_connection is null or f.connection_id = of_connection
   group by 1, 2, 3, 4, 5, 6, 7, 8
   order by max(f.fit) desc, f.absent_since is not null, f.starts_at desc nulls first, f.label, f.sync_key
   limit most
$$;

-- The lessons of a connection that name a person and are still to come. As the owner, for the same reason.
create function lessons_naming(of_connection uuid, person text)
  returns setof public.record
  language sql stable security definer
  set search_path = public, pg_temp
as $$
  select r.* from public.record r
   where r.organisation_id = current_organisation() and r.connection_id = of_connection and r.kind = 'lesson'
     and r.people @> array[person] and r.absent_run is null and r.starts_at > business_now()
$$;

-- What an object at a target is called there, as it was last read.
create function object_label(seen jsonb) returns text language sql immutable parallel safe as
  $$ select coalesce(nullif(seen ->> 'title', ''), btrim(coalesce(seen ->> 'givenName', '') || ' ' || coalesce(seen ->> 'familyName', ''))) $$;

-- Objects that no connection has a link to: made by hand or by another connector.
create index target_object_unlinked on target_object
  using gin (organisation_id, search_form(object_label(seen) || ' ' || coalesce(seen ->> 'email', '')) gin_trgm_ops)
  where content = '{}' and seen is not null;

-- What only the target's account holds, by what people write, best first: an exact target id, then names without a link that
-- contain the words or resemble them. Linked objects are found by their records; those without one, by their target id.
-- An unlinked object is told for each connection that writes to its account.
create function find_at_target(words text, of_connection uuid, most integer)
  returns table (connection_id uuid, kind text, sync_key text, label text, email text, starts_at timestamptz, fit real,
                 target_kind text, target_id text, state text)
  language sql stable security definer
  set search_path = public, pg_temp
  set pg_trgm.word_similarity_threshold = 0.5
  set enable_seqscan = off
as $$
  with asked as (
    select btrim(words) as exact, search_form(regexp_replace(btrim(words), '\s+', ' ', 'g')) as form
  ), unlinked as (
    select o.*, (case when o.form like '%' || replace(replace(replace(asked.form, '\', '\\'), '%', '\%'), '_', '\_') || '%'
                      then 2 else 0 end + word_similarity(asked.form, o.form))::real as fit
      from asked cross join lateral (
        select t.*, search_form(object_label(t.seen) || ' ' || coalesce(t.seen ->> 'email', '')) as form from public.target_object t
         where t.organisation_id = current_organisation() and t.content = '{}' and t.seen is not null and length(asked.form) >= 3
           and asked.form <% search_form(object_label(t.seen) || ' ' || coalesce(t.seen ->> 'email', '')) limit 200) o
  ), fitting as (
    select target_object_id, max(fit) as fit from (
      select o.target_object_id, 3::real as fit from asked
        join target_object o on o.organisation_id = current_organisation() and o.target_id = asked.exact
      union all
      select target_object_id, unlinked.fit from unlinked) each
     group by target_object_id
  ), told as (
    select coalesce(k.connection_id, c.connection_id) as connection_id,
           case when o.kind in ('instructor', 'learner') then 'person' else o.kind end as kind, coalesce(k.sync_key, '') as sync_key,
           o.content || coalesce(o.seen, '{}') as said, f.fit, o.kind as target_kind, o.target_id, o.state
      from fitting f join target_object o using (target_object_id)
      left join link k using (target_object_id)
      left join connection c on k.link_id is null and c.target_account_id = o.account_id and c.removed_at is null
  )
  select t.connection_id, t.kind, t.sync_key, object_label(t.said), coalesce(t.said ->> 'email', ''),
         (t.said ->> 'startsAt')::timestamptz, t.fit, t.target_kind, t.target_id, t.state
    from told t
   where t.connection_id is not null and (of_connection is null or t.connection_id = of_connection)
     and not exists (select from record r where (r.connection_id, r.kind, r.sync_key) = (t.connection_id, t.kind, t.sync_key))
   order by t.fit desc, object_label(t.said), t.target_id
   limit most
$$;
