import type { Transaction } from '../database.ts';
import { named } from '../named.ts';
import { insertChange, type PlanScope, personContent, seenInstructors } from './scope.ts';

/** A second object of ours that a late request made at the target. */
export interface Double {
  readonly syncKey: string;
  readonly targetId: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Writes the changes of a run, people before what names them. */
export async function planChanges(tx: Transaction, scope: PlanScope, doubles: readonly Double[]): Promise<void> {
  await tx.execute(...named(peopleChanges, scope));
  await tx.execute(...named(groupChanges, scope));
  await tx.execute(...named(lessonChanges, scope));
  await tx.execute(...named(rosterChanges, scope));
  await tx.execute(...named(doubleChanges, { ...scope, doubles: JSON.stringify(doubles) }));
}

/** Every double of the account: those the target was asked for, and those an inventory showed. */
export async function knownDoubles(tx: Transaction, scope: PlanScope): Promise<Double[]> {
  const rows = await tx.query<{ syncKey: string; targetId: string; content: Double['content'] }>(
    ...named(
      `select k.sync_key as "syncKey", o.target_id as "targetId", l.content
         from target_object o
         join link k on k.connection_id = :connectionId and k.kind = 'lesson'
          and o.foreign_id = :code || ':' || k.sync_key
         join target_object l on l.target_object_id = k.target_object_id
        where o.account_id = :accountId and o.kind = 'lesson' and o.state = 'active' and o.foreign_system = :ownSystem
          and o.target_object_id <> k.target_object_id and (o.seen ->> 'startsAt')::timestamptz > :asOf::timestamptz
          and not exists (select from link other where other.target_object_id = o.target_object_id)`,
      scope,
    ),
  );
  return rows;
}

// People are made when a lesson of theirs is sent, not before; and changed when they are known. What somebody changed by
// hand at the target stays as it is there.
const peopleChanges = `
with people as (
  select distinct m.kind, m.sync_key, m.how, m.target_object_id, p.school, ${personContent} as content
    from load.person_match m
    join load.person p on p.run_id = :runId and p.sync_key = m.sync_key and p.standing = 'valid'
    join load.membership place on place.run_id = :runId and place.parent_kind = 'lesson' and place.person_key = m.sync_key
     and place.role = m.kind and place.standing = 'valid'
    join load.lesson_match l on l.run_id = :runId and l.sync_key = place.parent_key
    join load.lesson s on s.run_id = :runId and s.sync_key = l.sync_key
   where m.run_id = :runId
     and (l.how in ('rekey', 'adopt', 'new') or l.how = 'linked' and s.starts_at > :asOf::timestamptz)
)
${insertChange}
  from (
    select kind, 'insert' as operation, sync_key, school, 10 as rank, '{}'::jsonb as before, content as after,
           null::bigint as target_object_id, null::text as target_id
      from people where how = 'new'
    union all
    select p.kind, 'adopt', p.sync_key, p.school, 10, coalesce(o.seen, o.content),
           case p.how when 'adopt' then p.content else coalesce(o.seen, o.content) || '{"refer": true}' end,
           o.target_object_id, o.target_id
      from people p join target_object o using (target_object_id) where p.how in ('adopt', 'refer')
    union all
    select p.kind, 'update', p.sync_key, p.school, 10, o.content, w.content, o.target_object_id, o.target_id
      from people p
      join target_object o using (target_object_id)
      join link k on (k.connection_id, k.kind, k.sync_key) = (:connectionId, p.kind, p.sync_key) and k.owns
     cross join lateral (select p.content || changed_by_hand(p.content, o.content, o.seen) as content) w
     where p.how = 'linked' and o.state = 'active' and o.content is distinct from w.content
  ) c`;

// A group is made with a first member who exists, changed as a whole, and archived when the source no longer has it; only
// where the source said all its groups.
const groupChanges = `
with said as (
  select exists (select from snapshot s join run r using (snapshot_id)
                  where r.run_id = :runId and s.scopes @> '[{"kind": "group", "coverage": "complete"}]') as all_groups
), wanted as (
  -- A description is there only where the source gives one: it is no field of ours otherwise, and stays what it is.
  select m.sync_key, m.how, m.target_object_id, jsonb_build_object('title', m.title, 'members', m.members)
           || case g.description when '' then '{}' else jsonb_build_object('description', g.description) end as content
    from load.group_match m join load.group g on (g.run_id, g.sync_key) = (m.run_id, m.sync_key)
   where m.run_id = :runId and m.members <> '[]'
), mirror as (
  select k.sync_key, k.owns, o.* from link k join target_object o using (target_object_id)
   where k.connection_id = :connectionId and k.kind = 'group'
)
${insertChange}
  from (
    select 'group' as kind, 'insert' as operation, sync_key, '' as school, 20 as rank, '{}'::jsonb as before,
           content as after, null::bigint as target_object_id, null::text as target_id
      from wanted where how = 'new'
    union all
    select 'group', 'adopt', w.sync_key, '', 20, coalesce(o.seen, o.content) - 'learnerIds', w.content, o.target_object_id, o.target_id
      from wanted w join target_object o using (target_object_id) where w.how = 'adopt'
    union all
    select 'group', case m.state when 'archived' then 'restore' else 'update' end, w.sync_key, '', 20, m.content, f.content,
           m.target_object_id, m.target_id
      from wanted w join mirror m on m.sync_key = w.sync_key and m.owns
     cross join lateral (select w.content || changed_by_hand(w.content, m.content, m.seen) as content) f
     where w.how = 'linked' and (m.state = 'archived' or m.state = 'active' and m.content is distinct from f.content)
    union all
    select 'group', 'archive', m.sync_key, '', 80, m.content, '{}'::jsonb, m.target_object_id, m.target_id
      from mirror m cross join said
     where said.all_groups and m.state = 'active' and m.owns
       and not exists (select from load.group g where g.run_id = :runId and g.sync_key = m.sync_key
                          and g.standing in ('valid', 'invalid'))
  ) c`;

// Instructors of a lesson: one counts while valid or already known, so that one whose data became invalid keeps the place.
// Learners of a new sheet: valid ones.
const lessonPeople = `
  select m.parent_key as sync_key,
         coalesce(jsonb_agg(m.person_key order by m.position) filter (where m.role = 'instructor'), '[]') as instructors,
         coalesce(jsonb_agg(m.person_key order by m.position) filter (where m.role = 'learner' and m.standing = 'valid'), '[]')
           as learners
    from load.membership m
    left join link k on (k.connection_id, k.kind, k.sync_key) = (:connectionId, 'instructor', m.person_key)
   where m.run_id = :runId and m.parent_kind = 'lesson'
     and (m.standing = 'valid' or m.role = 'instructor' and m.standing = 'invalid' and k.link_id is not null)
   group by m.parent_key`;

// Groups to attach to a lesson: those whose every member is one of its learners, and that hold nobody who was put there by
// hand; others would bring strangers.
const lessonGroups = `
  select n.lesson_key as sync_key, jsonb_agg(n.group_key order by n.group_key) as groups
    from (select distinct lesson_key, group_key from load.lesson_group where run_id = :runId) n
    join group_to_attach g on g.sync_key = n.group_key
    join lesson_people p on p.sync_key = n.lesson_key and p.learners @> g.members
   group by n.lesson_key`;

const groupsToAttach = `
  select m.sync_key, m.members || coalesce(o.content -> 'members', '[]') as members
    from load.group_match m left join target_object o using (target_object_id)
   where m.run_id = :runId and m.how in ('linked', 'new') and m.members <> '[]'
     and (o.target_object_id is null or o.state = 'active')
     and not exists (
       select from jsonb_array_elements_text(o.seen -> 'learnerIds') as held(id)
        where held.id not in (
          select lo.target_id from link k join target_object lo using (target_object_id)
           where k.connection_id = :connectionId and k.kind = 'learner'))`;

// A lesson that has begun is never changed: what can no longer be done is told as a finding.
const lessonChanges = `
with lesson_people as materialized (${lessonPeople}), group_to_attach as (${groupsToAttach}),
lesson_groups as (${lessonGroups}), seen_instructors as (${seenInstructors}),
staged as materialized (
  select l.*, x.how, x.target_object_id, x.former_key, p.learners, g.groups, jsonb_build_object(
           'title', l.title, 'room', l.room, 'startsAt', iso(l.starts_at), 'endsAt', iso(l.ends_at),
           'instructors', coalesce(p.instructors, '[]')) as content
    from load.lesson l
    join load.lesson_match x on x.run_id = :runId and x.sync_key = l.sync_key
    left join lesson_people p on p.sync_key = l.sync_key
    left join lesson_groups g on g.sync_key = l.sync_key
   where l.run_id = :runId
), mirror as (
  select k.sync_key, k.owns, o.target_object_id, o.target_id, o.content, o.state,
         o.seen || jsonb_build_object('instructors', coalesce(i.instructors, '[]')) as seen,
         (o.content ->> 'startsAt')::timestamptz as starts_at
    from link k join target_object o using (target_object_id) left join seen_instructors i using (target_object_id)
   where k.connection_id = :connectionId and k.kind = 'lesson'
), adopted as (
  -- Learners of the lesson who are on the sheet already. Whoever else is on it was put there by hand, and stays.
  select s.sync_key, jsonb_agg(distinct p.sync_key) as members
    from staged s join target_object o using (target_object_id)
   cross join lateral jsonb_array_elements_text(o.seen -> 'learnerIds') as held(id)
    join target_object lo on (lo.account_id, lo.kind, lo.target_id) = (:accountId, 'learner', held.id)
    join load.person_match p on p.run_id = :runId and p.kind = 'learner' and p.target_object_id = lo.target_object_id
    join load.membership m on m.run_id = :runId and m.parent_kind = 'lesson' and m.parent_key = s.sync_key
     and m.role = 'learner' and m.person_key = p.sync_key
   where s.how = 'adopt' group by s.sync_key
)
${insertChange}
  from (
    select 'lesson' as kind, 'insert' as operation, s.sync_key, s.school, 30 as rank, '{}'::jsonb as before,
           s.content || jsonb_build_object('sourceId', s.source_id, 'localDate', s.local_date, 'learners', s.learners,
             'groups', coalesce(s.groups, '[]')) as after, null::bigint as target_object_id, null::text as target_id
      from staged s where s.how = 'new'
    union all
    select 'lesson', 'adopt', s.sync_key, s.school, 30,
           o.seen - 'instructorIds' - 'learnerIds' || jsonb_build_object('instructors', coalesce(i.instructors, '[]')),
           s.content || jsonb_build_object('sourceId', s.source_id, 'localDate', s.local_date,
             'members', coalesce(a.members, '[]')),
           o.target_object_id, o.target_id
      from staged s join target_object o using (target_object_id)
      left join seen_instructors i using (target_object_id)
      left join adopted a on a.sync_key = s.sync_key
     where s.how = 'adopt'
    union all
    select 'lesson', 'rekey', s.sync_key, s.school, 30, m.content || jsonb_build_object('key', s.former_key),
           w.content || jsonb_build_object('sourceId', s.source_id, 'localDate', s.local_date), m.target_object_id, m.target_id
      from staged s join mirror m on m.sync_key = s.former_key
     cross join lateral (select s.content || changed_by_hand(s.content, m.content, m.seen) as content) w
     where s.how = 'rekey'
    union all
    select 'lesson', 'update', s.sync_key, s.school, 30, m.content, w.content, m.target_object_id, m.target_id
      from staged s join mirror m on m.sync_key = s.sync_key
     cross join lateral (select s.content || changed_by_hand(s.content, m.content, m.seen) as content) w
     where s.how = 'linked' and m.state = 'active' and m.owns and m.content is distinct from w.content
       and m.starts_at > :asOf::timestamptz
    union all
    select 'lesson', 'delete', m.sync_key, '', 70, m.content, '{}'::jsonb, m.target_object_id, m.target_id
      from mirror m
     where m.state = 'active' and m.owns and m.starts_at > :asOf::timestamptz
       and m.starts_at >= :fromInstant::timestamptz and m.starts_at < :toInstant::timestamptz
       and not exists (select from load.lesson s where s.run_id = :runId and s.sync_key = m.sync_key
                          and s.standing in ('valid', 'invalid'))
       and not exists (select from load.lesson_match x where x.run_id = :runId and x.former_key = m.sync_key)
  ) c`;

// Rosters of lessons that stay: who joined, and who is no longer listed. A listed but invalid learner keeps the place, and
// whoever was put on or taken off by hand stays that way. A changed group of a sheet carries all its members over again by
// itself, and takes its former ones off (assumed): members who are not learners of the lesson, and former members who are,
// are put right.
const rosterChanges = `
with lesson as (
  select s.sync_key, coalesce(x.former_key, s.sync_key) as roster_key, s.school, x.how, o.target_object_id, o.target_id, o.seen
    from load.lesson s
    join load.lesson_match x on x.run_id = :runId and x.sync_key = s.sync_key and x.how in ('linked', 'rekey', 'adopt')
    join target_object o using (target_object_id)
   where s.run_id = :runId and o.state = 'active'
     and (coalesce(o.seen, o.content) ->> 'startsAt')::timestamptz > :asOf::timestamptz
     and s.starts_at > :asOf::timestamptz
     and (x.how = 'adopt' or exists (select from link k where k.target_object_id = o.target_object_id
                                        and k.connection_id = :connectionId and k.owns))
), listed as (
  select m.parent_key, m.person_key, m.standing from load.membership m
   where m.run_id = :runId and m.parent_kind = 'lesson' and m.role = 'learner' and m.standing <> 'filtered'
), at_target as (
  select p.sync_key, o.target_id from load.person_match p join target_object o using (target_object_id)
   where p.run_id = :runId and p.kind = 'learner'
), regrouped as (
  select l.sync_key, member.key as person_key, bool_or(c.after -> 'members' ? member.key) as belongs
    from lesson l
    join link k on k.target_object_id = l.target_object_id and k.connection_id = :connectionId and k.kind = 'lesson'
    join change c on c.run_id = :runId and c.kind = 'group' and c.operation = 'update' and c.sync_key = any(k.group_keys)
   cross join lateral jsonb_array_elements_text((c.after -> 'members') || (c.before -> 'members')) as member(key)
   group by l.sync_key, member.key
)
${insertChange}
  from (
    select 'membership' as kind, 'insert' as operation, l.sync_key || '|' || s.person_key as sync_key, l.school, 40 as rank,
           '{}'::jsonb as before, jsonb_build_object('lesson', l.sync_key, 'person', s.person_key) as after,
           l.target_object_id, l.target_id
      from lesson l join listed s on s.parent_key = l.sync_key and s.standing = 'valid'
      left join link_member w on l.how <> 'adopt'
       and (w.connection_id, w.parent_key, w.person_key) = (:connectionId, l.roster_key, s.person_key)
      left join at_target a on l.how = 'adopt' and a.sync_key = s.person_key
      left join regrouped g on (g.sync_key, g.person_key) = (l.sync_key, s.person_key) and not g.belongs
     where w.person_key is null and not coalesce(l.seen -> 'learnerIds' ? a.target_id, false) or g.person_key is not null
    union all
    select 'membership', 'delete', l.sync_key || '|' || w.person_key, l.school, 60,
           jsonb_build_object('lesson', l.sync_key, 'person', w.person_key), '{}'::jsonb, l.target_object_id, l.target_id
      from lesson l
      join lateral (
        select m.person_key from link_member m where m.connection_id = :connectionId and m.parent_key = l.roster_key
        union
        select g.person_key from regrouped g where g.sync_key = l.sync_key and g.belongs) w on l.how <> 'adopt'
     where not exists (select from listed s where (s.parent_key, s.person_key) = (l.sync_key, w.person_key))
  ) c`;

const doubleChanges = `${insertChange} from (
  select distinct on (d."targetId") 'lesson' as kind, 'delete' as operation, d."syncKey" as sync_key, '' as school, 70 as rank,
         d.content as before, '{}'::jsonb as after, null::bigint as target_object_id, d."targetId" as target_id
    from jsonb_to_recordset(:doubles::jsonb) as d("syncKey" text, "targetId" text, content jsonb)) c`;
