import type { Finding } from '../roster/codes.ts';
import type { PlanCell, SourceSize } from '../roster/safety-filter.ts';
import type { Window } from '../roster/window.ts';
import type { Transaction } from './database.ts';
import type { Run } from './runs.ts';

/**
 * The plan for a target that is an API: a set-based difference of staging against the mirror, by content, one row in
 * `change` for each. Runs as the loader, in one transaction.
 *
 * Shared pieces of SQL: `$1` run, `$2` connection, `$3` organisation, `$4` the run's fixed business time.
 */
export interface PlanScope {
  readonly run: Run;
  readonly window: Window;
}

// A lesson's content as roster/changes.ts LessonContent has it. An instructor counts while valid or already known: one
// whose data became invalid keeps the place.
const lessonContent = `jsonb_build_object(
  'title', l.title, 'room', l.room, 'startsAt', iso(l.starts_at), 'endsAt', iso(l.ends_at),
  'instructors', coalesce((
    select jsonb_agg(m.person_key order by m.position) from load.membership m
     where m.run_id = l.run_id and m.parent_kind = 'lesson' and m.parent_key = l.sync_key and m.role = 'instructor'
       and (m.standing = 'valid' or exists (
         select from link k where k.connection_id = $2 and k.kind = 'instructor' and k.sync_key = m.person_key))), '[]'))`;

const personContent = `jsonb_build_object(
  'givenName', p.given_name, 'familyName', p.family_name, 'email', p.email, 'phone', p.phone)`;

const insertChange = `insert into change (organisation_id, run_id, connection_id, kind, operation, sync_key, school, rank,
    state, before, after, digest, target_object_id, target_id)
  select $3, $1, $2, kind, operation, sync_key, school, rank, 'planned', before, after,
         change_digest(kind, operation, sync_key, before, after), target_object_id, target_id`;

// People are made when a lesson of theirs is sent, not before; and changed when they are known.
const peopleChanges = `
with needed as (
  select distinct m.person_key, m.role from load.membership m
    join load.lesson l on l.run_id = m.run_id and l.sync_key = m.parent_key
   where m.run_id = $1 and m.parent_kind = 'lesson' and m.standing = 'valid' and l.standing = 'valid'
     and l.starts_at > $4::timestamptz
), people as (
  select n.role as kind, p.sync_key, p.school, ${personContent} as content
    from needed n join load.person p on p.run_id = $1 and p.sync_key = n.person_key and p.standing = 'valid'
)
${insertChange}
  from (
    select p.kind, 'insert' as operation, p.sync_key, p.school, 10 as rank, '{}'::jsonb as before, p.content as after,
           null::bigint as target_object_id, null::text as target_id
      from people p
     where not exists (select from link k where (k.connection_id, k.kind, k.sync_key) = ($2, p.kind, p.sync_key))
    union all
    select p.kind, 'update', p.sync_key, p.school, 10, o.content, p.content, o.target_object_id, o.target_id
      from people p
      join link k on (k.connection_id, k.kind, k.sync_key) = ($2, p.kind, p.sync_key) and k.owns
      join target_object o using (target_object_id)
     where o.state = 'active' and o.content is distinct from p.content
  ) c`;

// A lesson that has begun is never planned: what can no longer be changed is told by planFindings.
const lessonChanges = `
with staged as (
  select l.*, ${lessonContent} as content from load.lesson l where l.run_id = $1
), mirror as (
  select k.sync_key, o.target_object_id, o.target_id, o.content, o.state, k.owns,
         (o.content->>'startsAt')::timestamptz as starts_at
    from link k join target_object o using (target_object_id)
   where k.connection_id = $2 and k.kind = 'lesson'
)
${insertChange}
  from (
    select 'lesson' as kind, 'insert' as operation, s.sync_key, s.school, 30 as rank, '{}'::jsonb as before,
           s.content || jsonb_build_object('sourceId', s.source_id, 'localDate', s.local_date, 'learners', (
             select jsonb_agg(m.person_key order by m.position) from load.membership m
              where m.run_id = $1 and m.parent_kind = 'lesson' and m.parent_key = s.sync_key and m.role = 'learner'
                and m.standing = 'valid')) as after,
           null::bigint as target_object_id, null::text as target_id
      from staged s
     where s.standing = 'valid' and s.starts_at > $4::timestamptz
       and not exists (select from mirror m where m.sync_key = s.sync_key)
    union all
    select 'lesson', 'update', s.sync_key, s.school, 30, m.content, s.content, m.target_object_id, m.target_id
      from staged s join mirror m using (sync_key)
     where s.standing = 'valid' and m.state = 'active' and m.owns and m.content is distinct from s.content
       and m.starts_at > $4::timestamptz
    union all
    select 'lesson', 'delete', m.sync_key, '', 70, m.content, '{}'::jsonb, m.target_object_id, m.target_id
      from mirror m
     where m.state = 'active' and m.owns
       and m.starts_at >= $5::timestamptz and m.starts_at < $6::timestamptz and m.starts_at > $4::timestamptz
       and not exists (select from staged s where s.sync_key = m.sync_key and s.standing in ('valid', 'invalid'))
  ) c`;

// Rosters of lessons that stay: who joined, and who is no longer listed. A listed but invalid learner keeps the place.
const rosterChanges = `
with lesson as (
  select s.sync_key, s.school, o.target_object_id, o.target_id
    from load.lesson s
    join link k on (k.connection_id, k.kind, k.sync_key) = ($2, 'lesson', s.sync_key) and k.owns
    join target_object o using (target_object_id)
   where s.run_id = $1 and s.standing = 'valid' and o.state = 'active'
     and (o.content->>'startsAt')::timestamptz > $4::timestamptz
), listed as (
  select m.parent_key, m.person_key, m.standing from load.membership m
   where m.run_id = $1 and m.parent_kind = 'lesson' and m.role = 'learner'
)
${insertChange}
  from (
    select 'membership' as kind, 'insert' as operation, l.sync_key || '|' || s.person_key as sync_key, l.school, 40 as rank,
           '{}'::jsonb as before, jsonb_build_object('lesson', l.sync_key, 'person', s.person_key) as after,
           l.target_object_id, l.target_id
      from lesson l join listed s on s.parent_key = l.sync_key and s.standing = 'valid'
     where not exists (select from link_member w
                        where (w.connection_id, w.parent_key, w.person_key) = ($2, l.sync_key, s.person_key))
    union all
    select 'membership', 'delete', l.sync_key || '|' || w.person_key, l.school, 60,
           jsonb_build_object('lesson', l.sync_key, 'person', w.person_key), '{}'::jsonb, l.target_object_id, l.target_id
      from lesson l join link_member w on w.connection_id = $2 and w.parent_key = l.sync_key
     where not exists (select from listed s where (s.parent_key, s.person_key) = (l.sync_key, w.person_key))
  ) c`;

/** A second object of ours that a late request made at the target. */
export interface Double {
  readonly syncKey: string;
  readonly targetId: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Writes the changes of a run, the doubles to remove among them. */
export async function planChanges(tx: Transaction, scope: PlanScope, doubles: readonly Double[]): Promise<void> {
  const { run, window } = scope;
  const common = [run.runId, run.connectionId, run.organisationId, run.asOf];
  await tx.execute(peopleChanges, common);
  await tx.execute(lessonChanges, [...common, window.fromInstant, window.toInstant]);
  await tx.execute(rosterChanges, common);
  for (const double of doubles) {
    await tx.execute(
      `${insertChange} from (select 'lesson' as kind, 'delete' as operation, $4::text as sync_key, '' as school, 70 as rank,
         $5::jsonb as before, '{}'::jsonb as after, null::bigint as target_object_id, $6::text as target_id) c`,
      [run.runId, run.connectionId, run.organisationId, double.syncKey, double.content, double.targetId],
    );
  }
}

/** What the plan has to say of records it leaves alone or takes away. */
export async function planFindings(
  tx: Transaction,
  { run, window }: PlanScope,
  doubles: readonly Double[],
): Promise<Finding[]> {
  const told = await tx.query<Finding>(
    `with mirror as (
       select k.sync_key, o.content, o.state, (o.content->>'startsAt')::timestamptz as starts_at
         from link k join target_object o using (target_object_id) where k.connection_id = $2 and k.kind = 'lesson'
     ), staged as (
       select l.*, ${lessonContent} as content from load.lesson l where l.run_id = $1
     )
     select 'LESSON_IN_PAST' as code, 'lesson' as kind, s.sync_key as "syncKey",
            'It began at ' || iso(s.starts_at) || ', before this run.' as detail
       from staged s where s.standing = 'valid' and s.starts_at <= $3::timestamptz
        and not exists (select from mirror m where m.sync_key = s.sync_key)
     union all
     select 'LESSON_VANISHED', 'lesson', m.sync_key, 'The source no longer lists it between ' || $6::text || ' and ' || $7::text || '.'
       from mirror m where m.state = 'active' and m.starts_at >= $4::timestamptz and m.starts_at < $5::timestamptz
        and m.starts_at > $3::timestamptz and not exists (select from staged s where s.sync_key = m.sync_key)
     union all
     select 'CHANGE_STALE', 'lesson', s.sync_key, 'It began at ' || iso(m.starts_at) || '; the change in the source is not sent.'
       from staged s join mirror m using (sync_key)
      where s.standing = 'valid' and m.state = 'active' and m.starts_at <= $3::timestamptz and m.content is distinct from s.content
     union all
     select 'REMOVED_AT_TARGET', k.kind, k.sync_key, 'The object ' || o.target_id || ' is not at the target any more.'
       from link k join target_object o using (target_object_id)
      where k.connection_id = $2 and o.state = 'removed-by-hand'`,
    [run.runId, run.connectionId, run.asOf, window.fromInstant, window.toInstant, window.fromDate, window.toDate],
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

/** Counts the plan into cells, stores it for good, and gives its digest. */
export async function storePlan(
  tx: Transaction,
  { run, window }: PlanScope,
): Promise<{ changes: number; digest: string }> {
  const cells = await tx.query<PlanCell>(
    `select c.kind, c.operation, c.school, count(*) as count,
            coalesce(case when c.kind = 'membership'
              then (select count(*) from link_member w where w.connection_id = $2)
              else (select count(*) from link k join target_object o using (target_object_id)
                     where k.connection_id = $2 and k.kind = c.kind and o.state = 'active') end, 0) as base
       from change c where c.run_id = $1 group by c.kind, c.operation, c.school order by 1, 2, 3`,
    [run.runId, run.connectionId],
  );
  const size = await tx.one<SourceSize>(
    `select (select count(*) from load.lesson where run_id = $1) as seen,
            (select count(*) from link k join target_object o using (target_object_id)
              where k.connection_id = $2 and k.kind = 'lesson' and o.state = 'active'
                and (o.content->>'startsAt')::timestamptz >= $3::timestamptz
                and (o.content->>'startsAt')::timestamptz < $4::timestamptz) as known`,
    [run.runId, run.connectionId, window.fromInstant, window.toInstant],
  );
  const { digest } = await tx.one<{ digest: string }>(
    `select encode(sha256(convert_to(coalesce(string_agg(digest, '' order by digest), ''), 'UTF8')), 'hex') as digest
       from change where run_id = $1`,
    [run.runId],
  );
  await tx.execute(
    'insert into plan (run_id, organisation_id, cells, source_size, digest) values ($1, $2, $3, $4, $5)',
    [run.runId, run.organisationId, JSON.stringify(cells), size, digest],
  );
  return { changes: cells.reduce((sum, cell) => sum + cell.count, 0), digest };
}

/** The stored plan of a run. */
export async function readPlan(
  tx: Transaction,
  runId: string,
): Promise<{ cells: PlanCell[]; size: SourceSize; digest: string }> {
  return tx.one('select cells, source_size as size, digest from plan where run_id = $1', [runId]);
}
