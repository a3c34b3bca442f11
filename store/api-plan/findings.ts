import type { Finding } from '../../roster/finding-codes.ts';
import type { Transaction } from '../database.ts';
import { named } from '../named.ts';
import type { Double } from './changes.ts';
import { type PlanScope, seenInstructors } from './scope.ts';

/** What the plan has to say of records it leaves alone or takes away. */
export async function planFindings(tx: Transaction, scope: PlanScope, doubles: readonly Double[]): Promise<Finding[]> {
  const told = await tx.query<Finding>(
    ...named([ofPeople, ofGroups, ofLessons, ofTarget, ofRosters].join('\nunion all\n'), scope),
  );
  const doubled = doubles.map(
    ({ syncKey, targetId }): Finding => ({
      code: 'DOUBLE_REMOVED',
      kind: 'lesson',
      syncKey,
      detail: `A late request also made ${targetId} at the target.`,
    }),
  );
  return [...told, ...doubled];
}

const ofPeople = `
select 'EMAIL_TAKEN' as code, m.kind, m.sync_key as "syncKey",
       'The object ' || o.target_id || ' at the target has this address and is ' ||
         coalesce((select k.sync_key from link k where k.target_object_id = o.target_object_id
                    and k.connection_id = :connectionId limit 1), 'somebody else') || '.' as detail
  from load.person_match m join target_object o using (target_object_id)
 where m.run_id = :runId and m.how = 'taken'
union all
select 'HELD_BY_OTHER', m.kind, m.sync_key, 'The object ' || o.target_id || ' carries a key of "' || o.foreign_system ||
       '"; it is used in lessons and never written.'
  from load.person_match m join target_object o using (target_object_id)
 where m.run_id = :runId and m.how = 'refer'`;

const ofGroups = `
select case m.how when 'ambiguous' then 'ADOPTION_AMBIGUOUS' else 'HELD_BY_OTHER' end, 'group', m.sync_key,
       'A group of this name is at the target as ' || o.target_id || '.'
  from load.group_match m join target_object o using (target_object_id)
 where m.run_id = :runId and m.how in ('ambiguous', 'held-by-other')
union all
select 'GROUP_MEMBERS_ABSENT', 'group', m.sync_key,
       listed.members - jsonb_array_length(m.members) || ' of its ' || listed.members || ' members are not at the target yet.'
  from load.group_match m
  join (select parent_key as sync_key, count(distinct person_key) as members from load.membership
         where run_id = :runId and parent_kind = 'group' and standing <> 'filtered' group by parent_key) listed using (sync_key)
 where m.run_id = :runId and listed.members > jsonb_array_length(m.members)`;

// A person who decides names one of them, so all are listed: as "fitting" in match.ts finds them.
const sheetsThatFit = `coalesce((
  select string_agg(distinct f.target_id, ', ' order by f.target_id)
    from target_object f
    join load.membership t on t.run_id = :runId and (t.parent_kind, t.parent_key, t.role, t.standing) = ('lesson', l.sync_key, 'instructor', 'valid')
    join load.person_match p on p.run_id = :runId and (p.kind, p.sync_key) = ('instructor', t.person_key) and p.how <> 'taken'
    join target_object i on i.target_object_id = p.target_object_id
   where f.account_id = :accountId and f.kind = 'lesson' and f.state = 'active' and f.seen is not null
     and f.seen ->> 'startsAt' = iso(l.starts_at) and f.seen ->> 'endsAt' = iso(l.ends_at)
     and said_alike('room', f.seen -> 'room', to_jsonb(l.room)) and f.seen -> 'instructorIds' ? i.target_id
     and not exists (select from link k where k.target_object_id = f.target_object_id)), 'none is free')`;

const ofLessons = `
select case m.how when 'begun' then 'LESSON_IN_PAST' when 'same-day' then 'LESSON_SAME_DAY'
                  when 'ambiguous' then 'ADOPTION_AMBIGUOUS' else 'HELD_BY_OTHER' end, 'lesson', m.sync_key,
       case m.how when 'begun' then 'It began at ' || iso(l.starts_at) || ', before this run.'
                  when 'same-day' then case when l.created_on is not null
                    then 'It was made on ' || l.created_on || ' for ' || l.local_date || '.'
                    else 'It was first seen on its own day, ' || l.local_date || '.' end
                  when 'ambiguous' then 'More than one sheet, or more than one lesson, has this time, room and instructor: '
                    || ${sheetsThatFit} || '.'
                  else 'The sheet ' || (select o.target_id || ' of "' || o.foreign_system || '"' from target_object o
                         where o.target_object_id = m.target_object_id) || ' has this time, room and instructor.' end
  from load.lesson_match m join load.lesson l on l.run_id = :runId and l.sync_key = m.sync_key
 where m.run_id = :runId and m.how in ('begun', 'same-day', 'ambiguous', 'held-by-other')
union all
select 'LESSON_VANISHED', 'lesson', k.sync_key,
       'The source no longer lists it between ' || :fromDate::text || ' and ' || :toDate::text || '.'
  from link k join target_object o using (target_object_id)
 where k.connection_id = :connectionId and k.kind = 'lesson' and o.state = 'active'
   and (o.content ->> 'startsAt')::timestamptz >= :fromInstant::timestamptz
   and (o.content ->> 'startsAt')::timestamptz < :toInstant::timestamptz
   and (o.content ->> 'startsAt')::timestamptz > :asOf::timestamptz
   and not exists (select from load.lesson s where s.run_id = :runId and s.sync_key = k.sync_key)
   and not exists (select from load.lesson_match x where x.run_id = :runId and x.former_key = k.sync_key)`;

// A lesson that began since it was written, and what somebody did by hand at the target.
const ofTarget = `
select 'CHANGE_STALE', 'lesson', s.sync_key, 'It began at ' || (o.content ->> 'startsAt') || '; the change in the source is not sent.'
  from load.lesson s
  join link k on (k.connection_id, k.kind, k.sync_key) = (:connectionId, 'lesson', s.sync_key) and k.owns
  join target_object o using (target_object_id)
 where s.run_id = :runId and s.standing = 'valid' and o.state = 'active'
   and (o.content ->> 'startsAt')::timestamptz <= :asOf::timestamptz
   and (o.content ->> 'title', o.content ->> 'room', o.content ->> 'startsAt', o.content ->> 'endsAt')
       is distinct from (s.title, s.room, iso(s.starts_at), iso(s.ends_at))
union all
select 'REMOVED_AT_TARGET', k.kind, k.sync_key, 'The object ' || o.target_id || ' is not in use at the target any more.'
  from link k join target_object o using (target_object_id)
 where k.connection_id = :connectionId and o.state = 'removed-by-hand'
   and (o.content ->> 'startsAt' is null or (o.content ->> 'startsAt')::timestamptz >= :fromInstant::timestamptz)
union all
select 'DRIFTED', k.kind, k.sync_key, 'At the target (' || o.target_id || ') somebody changed: ' || d.fields || '.'
  from link k join target_object o using (target_object_id)
  left join (${seenInstructors}) i using (target_object_id)
 cross join lateral (
   select string_agg(field, ', ' order by field) as fields
     from jsonb_object_keys(changed_by_hand(o.content, o.content, case k.kind
       when 'lesson' then o.seen || jsonb_build_object('instructors', coalesce(i.instructors, '[]')) else o.seen end)) field) d
 where k.connection_id = :connectionId and k.owns and o.state = 'active' and o.seen is not null and d.fields is not null
   and (k.kind <> 'lesson' or (o.content ->> 'startsAt')::timestamptz >= :fromInstant::timestamptz)`;

const ofRosters = `
select 'MEMBER_REMOVED_AT_TARGET', 'membership', w.parent_key || '|' || w.person_key,
       'The sheet ' || o.target_id || ' does not list this learner any more.'
  from link k join target_object o using (target_object_id)
  join link_member w on (w.connection_id, w.parent_key) = (:connectionId, k.sync_key)
  join link p on (p.connection_id, p.kind, p.sync_key) = (:connectionId, 'learner', w.person_key)
  join target_object po on po.target_object_id = p.target_object_id
 where k.connection_id = :connectionId and k.kind = 'lesson' and k.owns and o.state = 'active' and o.seen is not null
   and (o.content ->> 'startsAt')::timestamptz > :asOf::timestamptz and not o.seen -> 'learnerIds' ? po.target_id`;
