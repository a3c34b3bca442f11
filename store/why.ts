import { judgeMoment } from '../roster/calendar.ts';
import type { StuckAttendance, WhyFacts } from '../roster/why.ts';
import { readTimeFacts } from './calendar.ts';
import { businessNow } from './clock.ts';
import type { Transaction } from './database.ts';
import { named } from './named.ts';
import { stopOf } from './stops.ts';

/** Which record is asked about. */
export interface RecordRef {
  readonly connectionId: string;
  readonly kind: 'person' | 'group' | 'lesson';
  readonly syncKey: string;
}

/** At most so many rows of each sort are read for one answer. */
const most = 50;

const kindsOf = (kind: RecordRef['kind']) => (kind === 'person' ? ['person', 'instructor', 'learner'] : [kind]);

/** What the verdict on a record rests on, gathered by a handful of queries that each read few rows. */
export async function whyFacts(tx: Transaction, ref: RecordRef): Promise<WhyFacts> {
  const scope = { ...ref, kinds: kindsOf(ref.kind), most };
  const stop = await stopOf(tx, ref.connectionId);
  const { down } = judgeMoment(await readTimeFacts(tx, ref.connectionId), await businessNow(tx));
  const pause = down === null ? null : { reason: down.name, until: down.until };
  const facts = await tx.one<Omit<WhyFacts, 'stop' | 'pause' | 'kind' | 'syncKey'>>(...named(factsOf, scope));
  return { kind: ref.kind, syncKey: ref.syncKey, stop: stop ?? null, pause, ...facts };
}

const lastRun = (where: string) => `(
  select jsonb_build_object('number', r.number, 'state', r.state, 'code', r.code, 'at', iso(coalesce(r.ended_at, r.started_at)))
    from run r where r.connection_id = :connectionId and ${where} order by r.number desc limit 1)`;

const factsOf = `
select c.mode, c.pilot_groups is not null as pilot,
       ${lastRun(`r.state not in ('refused', 'working')`)} as "lastRun",
       ${lastRun(`r.state = 'completed' and r.kind = 'sync'`)} as "lastGoodRun",
       c.source_identity as "lookedIn",
       (select jsonb_build_object('fromDate', s.lesson_window ->> 'fromDate', 'toDate', s.lesson_window ->> 'toDate',
                                  'readAt', iso(s.created_at))
          from snapshot s where s.connection_id = :connectionId and s.state = 'committed' order by s.created_at desc limit 1) as window,
       (select iso(a.inventory_at) from account a where a.account_id = c.target_account_id) as "inventoryAt",
       (select jsonb_build_object('label', r.label, 'email', r.email, 'standing', r.standing, 'startsAt', iso(r.starts_at),
                                  'localDate', (r.starts_at at time zone o.time_zone)::date, 'firstSeenAt', iso(r.first_seen_at), 'firstRun', f.number,
                                  'absentSince', iso(r.absent_since), 'absentRun', a.number)
          from record r left join run f on f.run_id = r.first_run left join run a on a.run_id = r.absent_run
         where (r.connection_id, r.kind, r.sync_key) = (:connectionId, :kind, :syncKey)) as record,
       coalesce((select jsonb_agg(jsonb_build_object('kind', k.kind, 'targetId', o.target_id, 'state', o.state, 'owns', k.owns))
          from link k join target_object o using (target_object_id)
         where k.connection_id = :connectionId and k.kind = any(:kinds::text[]) and k.sync_key = :syncKey), '[]') as links,
       coalesce((select jsonb_agg(jsonb_build_object('code', f.code, 'kind', f.kind, 'detail', f.detail, 'since', iso(f.opened_at)))
          from (select * from finding f where f.connection_id = :connectionId and f.kind = any(:kinds::text[])
                   and f.sync_key = :syncKey and f.closed_run is null order by f.finding_id limit :most) f), '[]') as findings,
       (select jsonb_build_object('hold', h.number, 'operation', x.operation, 'state', x.state,
                                  'since', iso(coalesce(x.decided_at, h.opened_at)))
          from hold_change x join hold h using (hold_id)
         where x.connection_id = :connectionId and x.kind = any(:kinds::text[]) and x.sync_key = :syncKey
           and (x.state = 'open' or x.state = 'approved' and x.expires_at > business_now())
         order by x.state = 'open' desc, h.number desc limit 1) as held,
       (select jsonb_build_object('operation', x.operation, 'state', x.state, 'code', x.code, 'explanation', x.explanation, 'run', r.number,
                                  'at', iso(coalesce(x.ended_at, r.started_at)))
          from change x join run r using (run_id)
         where x.connection_id = :connectionId and x.kind = any(:kinds::text[]) and x.sync_key = :syncKey and not r.plan_only
         order by x.change_id desc limit 1) as "lastChange"
  from connection c join organisation o using (organisation_id) where c.connection_id = :connectionId`;

/** A coming lesson that names a person, and what became of it and of the person's place in it. */
export interface LessonOf {
  readonly syncKey: string;
  readonly label: string;
  readonly startsAt: string;
  /** Whether the lesson is at the target, and whether the person is on its roster there. */
  readonly sent: boolean;
  readonly placed: boolean;
  /** The open finding of the lesson, or of the place. */
  readonly code: string | null;
}

/** The lessons of a person within the days that are sent, soonest first: what support is asked most. */
export function lessonsOf(tx: Transaction, ref: RecordRef): Promise<LessonOf[]> {
  return tx.query<LessonOf>(
    ...named(
      `select l.sync_key as "syncKey", l.label, iso(l.starts_at) as "startsAt",
              coalesce(o.state = 'active', false) as sent,
              exists (select from link_member m where (m.connection_id, m.parent_key, m.person_key) = (l.connection_id, l.sync_key, :syncKey))
                or coalesce(o.content -> 'instructors' ? :syncKey, false) as placed,
              (select f.code from finding f
                where f.connection_id = l.connection_id and f.closed_run is null
                  and (f.kind, f.sync_key) in (('lesson', l.sync_key), ('membership', l.sync_key || '|' || :syncKey))
                order by f.finding_id limit 1) as code
         from (select * from lessons_naming(:connectionId, :syncKey) n
                where n.starts_at < coalesce((select (s.lesson_window ->> 'toInstant')::timestamptz from snapshot s
                        where s.connection_id = :connectionId and s.state = 'committed' order by s.created_at desc limit 1), 'infinity')
                order by n.starts_at limit :most) l
         left join link k on (k.connection_id, k.kind, k.sync_key) = (l.connection_id, 'lesson', l.sync_key)
         left join target_object o using (target_object_id)
        order by l.starts_at, l.sync_key`,
      { ...ref, most },
    ),
  );
}

/** Somebody a lesson names who is not on its sheet. */
export interface MissingFrom {
  readonly syncKey: string;
  readonly label: string;
  /** The open finding of the person that keeps him off; null where it is not known. */
  readonly code: string | null;
}

/** Whom a lesson names and who is not on its sheet at the target. */
export function missingFrom(tx: Transaction, ref: RecordRef): Promise<MissingFrom[]> {
  return tx.query<MissingFrom>(
    ...named(
      `select p.key as "syncKey", coalesce(r.label, '') as label,
              (select f.code from finding f
                where f.connection_id = l.connection_id and f.closed_run is null
                  and f.kind in ('person', 'learner', 'instructor', 'membership') and f.sync_key in (p.key, l.sync_key || '|' || p.key)
                order by f.finding_id limit 1) as code
         from record l
        cross join lateral unnest(l.people) as p(key)
         left join record r on (r.connection_id, r.kind, r.sync_key) = (l.connection_id, 'person', p.key)
         left join link k on (k.connection_id, k.kind, k.sync_key) = (l.connection_id, 'lesson', l.sync_key)
         left join target_object o using (target_object_id)
        where (l.connection_id, l.kind, l.sync_key) = (:connectionId, 'lesson', :syncKey) and k.link_id is not null
          and not exists (select from link_member m where (m.connection_id, m.parent_key, m.person_key) = (l.connection_id, l.sync_key, p.key))
          and not coalesce(o.content -> 'instructors' ? p.key, false)
        order by r.label limit :most`,
      { ...ref, most },
    ),
  );
}

/** One thing that happened to a record, with what its sort needs to be told. */
export type TimelineEntry =
  | { readonly sort: 'seen' | 'absent'; readonly at: string; readonly run: number | null }
  | {
      readonly sort: 'found' | 'cleared';
      readonly at: string;
      readonly run: number | null;
      readonly code: string;
      readonly detail: string;
    }
  | {
      readonly sort: 'change';
      readonly at: string;
      readonly run: number | null;
      readonly kind: string;
      readonly operation: string;
      readonly state: string;
      readonly targetId: string | null;
      readonly explanation: string;
      readonly before: Readonly<Record<string, unknown>>;
      readonly after: Readonly<Record<string, unknown>>;
    }
  | {
      readonly sort: 'decision';
      readonly at: string;
      readonly run: null;
      readonly hold: number;
      readonly state: string;
      readonly actor: string;
      readonly reason: string;
    }
  | {
      readonly sort: 'attendance';
      readonly at: string;
      readonly run: null;
      readonly lesson: string;
      readonly status: string;
      readonly state: string;
      readonly reason: string;
    };

/** What happened to a record over runs, oldest first: a query over what the steps stored. */
export async function timelineOf(tx: Transaction, ref: RecordRef): Promise<TimelineEntry[]> {
  const rows = await tx.query<{ entry: TimelineEntry }>(...named(timeline, { ...ref, kinds: kindsOf(ref.kind), most }));
  return rows.map(({ entry }) => entry);
}

const timeline = `
with mine as (
  select * from change c where c.connection_id = :connectionId and c.kind = any(:kinds::text[]) and c.sync_key = :syncKey
   order by c.change_id desc limit :most
), seen as (
  select * from finding f where f.connection_id = :connectionId and f.kind = any(:kinds::text[]) and f.sync_key = :syncKey
   order by f.finding_id desc limit :most
), entries as (
  select r.first_seen_at as at, jsonb_build_object('sort', 'seen', 'run', f.number) as entry
    from record r left join run f on f.run_id = r.first_run
   where (r.connection_id, r.kind, r.sync_key) = (:connectionId, :kind, :syncKey)
  union all
  select r.absent_since, jsonb_build_object('sort', 'absent', 'run', a.number)
    from record r left join run a on a.run_id = r.absent_run
   where (r.connection_id, r.kind, r.sync_key) = (:connectionId, :kind, :syncKey) and r.absent_run is not null
  union all
  select s.opened_at, jsonb_build_object('sort', 'found', 'run', r.number, 'code', s.code, 'detail', s.detail)
    from seen s left join run r on r.run_id = s.first_run
  union all
  select s.closed_at, jsonb_build_object('sort', 'cleared', 'run', r.number, 'code', s.code, 'detail', '')
    from seen s left join run r on r.run_id = s.closed_run where s.closed_run is not null
  union all
  select coalesce(m.ended_at, r.started_at), jsonb_build_object('sort', 'change', 'run', r.number, 'kind', m.kind, 'operation', m.operation,
           'state', case when r.plan_only and m.state in ('planned', 'held') then 'shown' else m.state end,
           'targetId', m.target_id, 'explanation', m.explanation,
           'before', case when x.hidden then '{}' else m.before end, 'after', case when x.hidden then '{}' else m.after end)
    from mine m join run r using (run_id) cross join (select is_protected(:connectionId, :kind, :syncKey) as hidden) x
  union all
  select x.decided_at, jsonb_build_object('sort', 'decision', 'run', null, 'hold', h.number, 'state', x.state, 'actor', d.actor,
           'reason', d.reason)
    from hold_change x join hold h using (hold_id) join command d on d.command_id = x.command_id
   where x.connection_id = :connectionId and x.kind = any(:kinds::text[]) and x.sync_key = :syncKey
  union all
  select a.changed_at, jsonb_build_object('sort', 'attendance', 'run', null, 'lesson', coalesce(l.label, a.lesson_key),
           'status', a.wanted ->> 'status', 'state', a.state, 'reason', a.reason)
    from (select * from attendance_line a where a.connection_id = :connectionId
             and (:kind = 'person' and a.person_key = :syncKey or :kind = 'lesson' and a.lesson_key = :syncKey)
           order by a.changed_at desc limit :most) a
    left join record l on (l.connection_id, l.kind, l.sync_key) = (a.connection_id, 'lesson', a.lesson_key)
)
select entry || jsonb_build_object('at', iso(at)) as entry from entries order by at, entry ->> 'sort' limit 4 * :most::int`;

/** Attendance of a person, or in a lesson, that the source refused, or that waits for its reason to be mapped. */
export function stuckAttendance(tx: Transaction, ref: RecordRef): Promise<StuckAttendance> {
  return tx.one<StuckAttendance>(
    `select count(*) filter (where state = 'rejected') as count, count(*) filter (where state = 'unmapped') as unmapped,
            iso(min(next_try_at) filter (where state = 'rejected')) as "nextTryAt" from attendance_line
      where connection_id = $1 and state in ('rejected', 'unmapped') and ($2 = 'person' and person_key = $3 or $2 = 'lesson' and lesson_key = $3)`,
    [ref.connectionId, ref.kind, ref.syncKey],
  );
}
