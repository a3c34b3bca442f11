import type { Transaction } from '../database.ts';
import { named } from '../named.ts';
import { isFree, type PlanScope, withoutStatistics } from './scope.ts';

/** Finds for every staged record what it is at the target: the plan decides on changes from that. */
export async function matchRecords(tx: Transaction, scope: PlanScope): Promise<void> {
  await tx.execute(withoutStatistics);
  await tx.execute(...named(matchPeople, scope));
  await tx.execute(...named(matchLessons, scope));
  await tx.execute(...named(matchGroups, scope));
}

// People of valid lessons: by link, else by e-mail among those in use at the target. One that another key of ours uses
// is *taken*, one that carries somebody else's key is only referred to.
const matchPeople = `
insert into load.person_match (run_id, kind, sync_key, how, target_object_id)
with named_people as (
  select distinct m.role as kind, m.person_key as sync_key, email_key(p.email) as email
    from load.membership m
    join load.lesson l on l.run_id = :runId and l.sync_key = m.parent_key and l.standing = 'valid'
    join load.person p on p.run_id = :runId and p.sync_key = m.person_key
   where m.run_id = :runId and m.parent_kind = 'lesson' and m.standing = 'valid'
), linked as (
  select n.kind, n.sync_key, k.target_object_id
    from named_people n join link k on (k.connection_id, k.kind, k.sync_key) = (:connectionId, n.kind, n.sync_key)
), by_email as (
  select distinct on (n.kind, n.sync_key) n.kind, n.sync_key, o.target_object_id,
         case when exists (select from link k where k.target_object_id = o.target_object_id and k.connection_id = :connectionId)
                then 'taken'
              when ${isFree('o')} or (o.foreign_system = :ownSystem and starts_with(o.foreign_id, :code || ':')) then 'adopt'
              else 'refer' end as how
    from named_people n
    join target_object o on o.account_id = :accountId and o.kind = n.kind and o.state = 'active'
     and email_key(coalesce(o.seen, o.content) ->> 'email') = n.email
   where not exists (select from linked l where (l.kind, l.sync_key) = (n.kind, n.sync_key))
   order by n.kind, n.sync_key, (o.foreign_system <> ''), o.target_object_id
)
select :runId, n.kind, n.sync_key,
       case when l.target_object_id is not null then 'linked' else coalesce(e.how, 'new') end,
       coalesce(l.target_object_id, e.target_object_id)
  from named_people n
  left join linked l using (kind, sync_key)
  left join by_email e using (kind, sync_key)`;

// A person may have decided which of several objects a record is, or that it is none of them.
const isOpenTo = (kind: string, record: string, object: string) => `not exists (
  select from match_decision d
   where (d.connection_id, d.kind, d.sync_key) = (:connectionId, '${kind}', ${record}.sync_key)
     and (d.decision = 'new' or d.decision = 'adopt' and d.target_id <> ${object}.target_id
          and exists (select from target_object wanted
                       where (wanted.account_id, wanted.kind, wanted.target_id) = (${object}.account_id, '${kind}', d.target_id)
                         and wanted.state = 'active')))`;

// Lessons, in this order: linked; moved (one of its source id gone and one appeared); adopted by time, room and
// instructor; else new, unless it comes too late.
const matchLessons = `
insert into load.lesson_match (run_id, sync_key, how, target_object_id, former_key)
with staged as (
  select * from load.lesson where run_id = :runId
), mirror as (
  select k.sync_key, k.source_id, o.target_object_id, o.state, (o.content ->> 'startsAt')::timestamptz as starts_at
    from link k join target_object o using (target_object_id)
   where k.connection_id = :connectionId and k.kind = 'lesson' and k.owns
), fresh as (
  select s.* from staged s
   where s.standing = 'valid' and not exists (select from mirror m where m.sync_key = s.sync_key)
), moved as (
  select f.sync_key, g.target_object_id, g.sync_key as former_key
    from (select source_id, min(sync_key) as sync_key from fresh
           where starts_at > :asOf::timestamptz group by source_id having count(*) = 1) f
    join (select source_id, min(sync_key) as sync_key, min(target_object_id) as target_object_id from mirror m
           where m.state = 'active' and m.starts_at > :asOf::timestamptz
             and m.starts_at >= :fromInstant::timestamptz and m.starts_at < :toInstant::timestamptz
             and not exists (select from staged s where s.sync_key = m.sync_key)
           group by source_id having count(*) = 1) g using (source_id)
), instructor as (
  select m.parent_key as sync_key, o.target_id
    from load.membership m
    join load.person_match p on p.run_id = :runId and p.kind = 'instructor' and p.sync_key = m.person_key
    join target_object o on o.target_object_id = p.target_object_id and p.how <> 'taken'
   where m.run_id = :runId and m.parent_kind = 'lesson' and m.role = 'instructor' and m.standing = 'valid'
), fitting as (
  select f.sync_key, o.target_object_id, o.foreign_system = '' as by_hand, ${isFree('o')} as free
    from fresh f
    join target_object o on o.account_id = :accountId and o.kind = 'lesson' and o.state = 'active' and o.seen is not null
     and o.seen ->> 'startsAt' = iso(f.starts_at) and o.seen ->> 'endsAt' = iso(f.ends_at)
     and said_alike('room', o.seen -> 'room', to_jsonb(f.room))
   where not exists (select from link k where k.target_object_id = o.target_object_id)
     and not exists (select from moved m where m.sync_key = f.sync_key)
     and ${isOpenTo('lesson', 'f', 'o')}
     and exists (select from instructor i where i.sync_key = f.sync_key and o.seen -> 'instructorIds' ? i.target_id)
), fit as (
  -- Neither two objects for one lesson nor two lessons for one object: a person must decide.
  select sync_key, min(target_object_id) as target_object_id, bool_and(free) as free,
         count(*) > 1 or exists (select from fitting other where other.target_object_id = min(f.target_object_id)
                                    and other.sync_key <> f.sync_key) as ambiguous
    from fitting f group by sync_key
)
select :runId, s.sync_key,
       case when m.sync_key is not null then 'linked'
            when v.sync_key is not null then 'rekey'
            when t.ambiguous then 'ambiguous'
            when t.free then 'adopt'
            when t.sync_key is not null then 'held-by-other'
            when s.starts_at <= :asOf::timestamptz then 'begun'
            when coalesce(s.created_on, n.first_seen_on) >= s.local_date and not :sendsSameDay::boolean
                 and not (:allowSameDay::boolean and s.sync_key = :onlyKey::text) then 'same-day'
            else 'new' end,
       coalesce(m.target_object_id, v.target_object_id, t.target_object_id), v.former_key
  from staged s
  left join mirror m using (sync_key)
  left join moved v using (sync_key)
  left join fit t using (sync_key)
  left join lesson_seen n on (n.connection_id, n.sync_key) = (:connectionId, s.sync_key)
 where s.standing = 'valid'`;

// Groups: by link, else one of the same name that is nobody's. Members are exact over those who exist at the target or
// will after this plan; a known member whose data became invalid keeps the place.
const matchGroups = `
insert into load.group_match (run_id, sync_key, how, target_object_id, title, members)
with staged as (
  select * from load.group where run_id = :runId and standing = 'valid'
), linked as (
  select s.sync_key, k.target_object_id, o.content
    from staged s join link k on (k.connection_id, k.kind, k.sync_key) = (:connectionId, 'group', s.sync_key)
    join target_object o using (target_object_id)
), named_alike as (
  select s.sync_key, min(o.target_object_id) as target_object_id, count(*) as fitting, bool_and(${isFree('o')}) as free
    from staged s
    join target_object o on o.account_id = :accountId and o.kind = 'group' and o.state = 'active'
     and lower(btrim(coalesce(o.seen, o.content) ->> 'title')) = lower(btrim(s.title))
     and ${isOpenTo('group', 's', 'o')}
   where not exists (select from linked l where l.sync_key = s.sync_key)
     and not exists (select from link k where k.target_object_id = o.target_object_id)
   group by s.sync_key
), coming as (
  -- Whoever is made, adopted or referred to because a lesson of theirs is sent.
  select distinct p.sync_key from load.person_match p
    join load.membership m on m.run_id = :runId and m.parent_kind = 'lesson' and m.person_key = p.sync_key
     and m.role = 'learner' and m.standing = 'valid'
    join load.lesson_match l on l.run_id = :runId and l.sync_key = m.parent_key
     and l.how in ('linked', 'rekey', 'adopt', 'new')
   where p.run_id = :runId and p.kind = 'learner' and p.how in ('new', 'adopt', 'refer')
), present as (
  select m.parent_key as sync_key, jsonb_agg(distinct m.person_key) as members
    from load.membership m
    left join link k on (k.connection_id, k.kind, k.sync_key) = (:connectionId, 'learner', m.person_key)
    left join target_object o on o.target_object_id = k.target_object_id and o.state = 'active'
    left join coming c on c.sync_key = m.person_key
   where m.run_id = :runId and m.parent_kind = 'group' and m.standing <> 'filtered'
     -- In a group only a key is named: nobody who is at the target is invalid for want of a lesson this week.
     and (o.target_object_id is not null or c.sync_key is not null and m.standing = 'valid')
   group by m.parent_key
)
select :runId, s.sync_key,
       case when l.sync_key is not null then 'linked'
            when a.fitting > 1 then 'ambiguous'
            when a.free then 'adopt'
            when a.sync_key is not null then 'held-by-other'
            else 'new' end,
       coalesce(l.target_object_id, a.target_object_id), s.title,
       coalesce(p.members, '[]')
  from staged s
  left join present p using (sync_key)
  left join linked l using (sync_key)
  left join named_alike a using (sync_key)`;
