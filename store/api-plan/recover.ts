import type { Transaction } from '../database.ts';
import { named } from '../named.ts';
import { type PlanScope, seenInstructors } from './scope.ts';

/**
 * Ties objects at the target that carry our own key to the mirror again, as after the loss of a database: they are ours
 * whatever we remember. Writes nothing outside. Gives the number of objects.
 */
export async function recoverLinks(tx: Transaction, scope: PlanScope): Promise<number> {
  const people = await tx.execute(...named(recover(`'instructor', 'learner'`, 'o.seen', `''`, 'null::date'), scope));
  const groups = await tx.execute(...named(recover(`'group'`, groupContent, `''`, 'null::date'), scope));
  const lessons = await tx.execute(...named(recover(`'lesson'`, lessonContent, lessonSource, lessonDate), scope));
  if (lessons > 0) await tx.execute(...named(recoverRosters, scope));
  return people + groups + lessons;
}

// Our key without the connection's code; of a lesson it is the source's id and the local date.
const key = `substr(o.foreign_id, length(:code) + 2)`;
const lessonSource = `coalesce(substring(${key} from '^(.+)@\\d{4}-\\d{2}-\\d{2}'), '')`;
const lessonDate = `substring(${key} from '@(\\d{4}-\\d{2}-\\d{2})')::date`;

const groupContent = `jsonb_strip_nulls(jsonb_build_object('title', o.seen -> 'title',
  'description', nullif(o.seen -> 'description', '""'), 'members', coalesce((
  select jsonb_agg(k.sync_key order by k.sync_key) from jsonb_array_elements_text(o.seen -> 'learnerIds') as l(id)
    join target_object lo on (lo.account_id, lo.kind, lo.target_id) = (:accountId, 'learner', l.id)
    join link k on k.target_object_id = lo.target_object_id and k.connection_id = :connectionId and k.kind = 'learner'), '[]')))`;

const lessonContent = `o.seen - 'instructorIds' - 'learnerIds' || jsonb_build_object('instructors', coalesce(si.instructors, '[]'))`;

const recover = (kinds: string, content: string, source: string, date: string) => `
with seen_instructors as (${seenInstructors}), ours as (
  select distinct on (o.kind, ${key}) o.target_object_id, o.kind, ${key} as sync_key, ${content} as content,
         ${source} as source_id, ${date} as local_date
    from target_object o
    left join seen_instructors si using (target_object_id)
   where o.account_id = :accountId and o.kind in (${kinds}) and o.state = 'active' and o.seen is not null
     and o.foreign_system = :ownSystem and starts_with(o.foreign_id, :code || ':')
     and not exists (select from link k where k.target_object_id = o.target_object_id)
     and not exists (select from link k where (k.connection_id, k.kind, k.sync_key) = (:connectionId, o.kind, ${key}))
   order by o.kind, ${key}, o.target_object_id
), known as (
  update target_object o set content = ours.content from ours where o.target_object_id = ours.target_object_id
)
insert into link (organisation_id, connection_id, kind, sync_key, target_object_id, source_id, local_date)
select :organisationId, :connectionId, kind, sync_key, target_object_id, source_id, local_date from ours`;

// Of a lesson that has no roster in the mirror: who is on the sheet and one of ours.
const recoverRosters = `
insert into link_member (connection_id, organisation_id, parent_key, person_key)
select :connectionId, :organisationId, k.sync_key, p.sync_key
  from link k join target_object o using (target_object_id)
  cross join jsonb_array_elements_text(o.seen -> 'learnerIds') as l(id)
  join target_object lo on (lo.account_id, lo.kind, lo.target_id) = (:accountId, 'learner', l.id)
  join link p on p.target_object_id = lo.target_object_id and p.connection_id = :connectionId and p.kind = 'learner'
 where k.connection_id = :connectionId and k.kind = 'lesson' and o.seen is not null
   and not exists (select from link_member m where (m.connection_id, m.parent_key) = (:connectionId, k.sync_key))
on conflict do nothing`;

/**
 * Takes what the target says now of our own objects as what we wrote last, rosters included: after our database was restored
 * to an older day, what was written since would be mistaken for somebody's hand. Writes nothing outside. Gives the number
 * of objects that differed.
 */
export async function takeOverSeen(tx: Transaction, scope: PlanScope): Promise<number> {
  const people = await tx.execute(...named(takeOver(`'instructor', 'learner'`, 'o.seen'), scope));
  const groups = await tx.execute(...named(takeOver(`'group'`, groupContent), scope));
  const lessons = await tx.execute(...named(takeOver(`'lesson'`, lessonContent), scope));
  await tx.execute(...named(forgetRosters, scope));
  await tx.execute(...named(recoverRosters, scope));
  return people + groups + lessons;
}

const takeOver = (kinds: string, content: string) => `
with seen_instructors as (${seenInstructors}), taken as (
  select o.target_object_id, ${content} as content
    from target_object o join link own on own.target_object_id = o.target_object_id and own.connection_id = :connectionId and own.owns
    left join seen_instructors si on si.target_object_id = o.target_object_id
   where o.account_id = :accountId and o.kind in (${kinds}) and o.state = 'active' and o.seen is not null
)
update target_object o set content = o.content || taken.content
  from taken where o.target_object_id = taken.target_object_id and not o.content @> taken.content`;

// Rosters are read anew as well.
const forgetRosters = `
delete from link_member m using link k, target_object o
 where (k.connection_id, k.kind, k.sync_key) = (m.connection_id, 'lesson', m.parent_key) and k.connection_id = :connectionId
   and o.target_object_id = k.target_object_id and o.state = 'active' and o.seen is not null`;
