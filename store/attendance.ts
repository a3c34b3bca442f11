import { createHash } from 'node:crypto';
import type { AttendanceMark } from '../roster/records.ts';
import type { Window } from '../roster/window.ts';
import type { Transaction } from './database.ts';
import { type Attempt, guard } from './steps.ts';

/** A lesson of ours at the target whose attendance may be due. */
export interface Sheet {
  readonly lessonKey: string;
  readonly sourceId: string;
  readonly localDate: string;
  readonly startsAt: string;
  readonly targetId: string;
}

/**
 * The lessons whose attendance is read: in the trailing window, begun, and begun only after go-live, since the marks of
 * earlier ones were returned by whoever did it before us.
 */
export function sheetsToRead(
  tx: Transaction,
  connection: { connectionId: string; liveSince: string | null },
  asOf: string,
  window: Window,
): Promise<Sheet[]> {
  return tx.query<Sheet>(
    `select k.sync_key as "lessonKey", k.source_id as "sourceId", k.local_date as "localDate",
            o.content->>'startsAt' as "startsAt", o.target_id as "targetId"
       from link k join target_object o using (target_object_id)
      where k.connection_id = $1 and k.kind = 'lesson' and o.state = 'active'
        and (o.content->>'startsAt')::timestamptz >= greatest($2::timestamptz, $3::timestamptz)
        and (o.content->>'startsAt')::timestamptz <= $4::timestamptz
      order by 4, 1`,
    [connection.connectionId, window.fromInstant, connection.liveSince, asOf],
  );
}

/** Sync keys of learners by the target's ids. An id that is missing was added there by hand. */
export async function learnerKeys(
  tx: Transaction,
  connectionId: string,
  targetIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await tx.query<{ targetId: string; syncKey: string }>(
    `select o.target_id as "targetId", k.sync_key as "syncKey"
       from link k join target_object o using (target_object_id)
      where k.connection_id = $1 and k.kind = 'learner' and o.target_id = any($2)`,
    [connectionId, targetIds],
  );
  return new Map(rows.map((row) => [row.targetId, row.syncKey]));
}

/**
 * Keeps what the target says of one lesson. A line that the source has not accepted in these very words waits to be
 * sent; one it has is left alone. Gives the number of lines that wait because of it.
 */
export async function keepMarks(
  tx: Transaction,
  attempt: Attempt,
  lessonKey: string,
  marks: ReadonlyMap<string, AttendanceMark>,
): Promise<number> {
  const lines = [...marks].map(([person, mark]) => ({ person, wanted: mark, digest: digestOf(mark) }));
  return tx.execute(
    `insert into attendance_line as a
       (connection_id, organisation_id, lesson_key, person_key, wanted, wanted_digest, state)
     select $1, $2, $3, person, wanted, digest, 'waiting'
       from jsonb_to_recordset($4::jsonb) as line(person text, wanted jsonb, digest text)
     on conflict (connection_id, lesson_key, person_key) do update
       set wanted = excluded.wanted, wanted_digest = excluded.wanted_digest, state = 'waiting', reason = '',
           next_try_at = null,
           attempts = 0, changed_at = clock_timestamp()
       where a.wanted_digest <> excluded.wanted_digest`,
    [attempt.run.connectionId, attempt.run.organisationId, lessonKey, JSON.stringify(lines)],
  );
}

function digestOf(mark: AttendanceMark): string {
  const { status, minutesLate = null, leftAt = null, reason = null, reasonName = null, comment = null } = mark;
  return createHash('sha256')
    .update(JSON.stringify([status, minutesLate, leftAt, reason, reasonName, comment]))
    .digest('hex');
}

/** One lesson with lines that wait, and all its lines: the source takes the whole list of an occurrence at once. */
export interface DueAttendance extends Sheet {
  /** Another lesson has the same source id and date. */
  readonly shared: boolean;
  /** An earlier attempt sent these lines and heard no answer. */
  readonly unanswered: boolean;
  readonly marks: Readonly<Record<string, AttendanceMark>>;
}

/** A line's mark as it goes: with the source's reason, where it has one. */
const markToSend = `a.wanted || case when a.source_reason_id = '' then '{}' else jsonb_build_object('sourceReason',
  jsonb_build_object('id', a.source_reason_id, 'code', a.source_reason_code)) end`;

/**
 * The next lessons whose attendance the source has not accepted. Lines it refused are offered again when their time comes:
 * the lesson may have been corrected there. A line whose reason is not mapped keeps its place in the list as the source
 * accepted it last, and is left out where it never was.
 */
export function dueAttendance(tx: Transaction, connectionId: string, limit: number): Promise<DueAttendance[]> {
  return tx.query<DueAttendance>(
    `select a.lesson_key as "lessonKey", k.source_id as "sourceId", k.local_date as "localDate",
            o.content->>'startsAt' as "startsAt", o.target_id as "targetId",
            exists (select from link s where s.connection_id = $1 and s.kind = 'lesson' and s.sync_key <> k.sync_key
                       and (s.source_id, s.local_date) = (k.source_id, k.local_date)) as shared,
            bool_and(a.state <> 'waiting') and bool_or(a.state = 'sent') as unanswered,
            jsonb_object_agg(a.person_key, case a.state when 'unmapped' then a.accepted else ${markToSend} end)
              filter (where a.state <> 'unmapped' or a.accepted is not null) as marks
       from attendance_line a
       join link k on (k.connection_id, k.kind, k.sync_key) = (a.connection_id, 'lesson', a.lesson_key)
       join target_object o using (target_object_id)
      where a.connection_id = $1
        and exists (select from attendance_line w where w.connection_id = $1 and w.lesson_key = a.lesson_key
                       and (w.state in ('waiting', 'sent') or w.state = 'rejected' and w.next_try_at <= business_now()))
      group by a.lesson_key, k.connection_id, k.kind, k.sync_key, k.source_id, k.local_date, o.content, o.target_id
      order by 4, 1 limit $2`,
    [connectionId, limit],
  );
}

/** Commits that a lesson's lines are about to be sent. */
export async function markLinesSent(tx: Transaction, attempt: Attempt, lessonKey: string): Promise<void> {
  await tx.execute(
    `update attendance_line set state = 'sent', attempts = attempts + 1, changed_at = clock_timestamp()
      where connection_id = $1 and lesson_key = $2 and state in ('waiting', 'sent', 'rejected')`,
    [attempt.run.connectionId, lessonKey],
  );
  await guard(tx, attempt);
}

/** Notes what the source accepted of a lesson and what it refused; nothing else leaves the list of what waits. */
export async function markLinesAnswered(
  tx: Transaction,
  attempt: Attempt,
  lessonKey: string,
  rejected: ReadonlyMap<string, string>,
): Promise<void> {
  await tx.execute(
    `update attendance_line a set
       state = case when a.person_key = any($3) then 'rejected' else 'acknowledged' end,
       acknowledged_digest = case when a.person_key = any($3) then acknowledged_digest else wanted_digest end,
       accepted = case when a.person_key = any($3) then accepted else ${markToSend} end,
       next_try_at = case when a.person_key = any($3) then business_now() + interval '20 hours' end,
       reason = coalesce(($4::text[])[array_position($3::text[], a.person_key)], ''), changed_at = clock_timestamp()
      where a.connection_id = $1 and a.lesson_key = $2 and a.state <> 'unmapped'`,
    [attempt.run.connectionId, lessonKey, [...rejected.keys()], [...rejected.values()]],
  );
  await guard(tx, attempt);
}

/** Lines by state, and the refused ones with the source's reason. */
export async function attendanceState(
  tx: Transaction,
  connectionId: string,
): Promise<{ counts: Record<string, number>; rejected: { lessonKey: string; personKey: string; reason: string }[] }> {
  const counts = await tx.query<{ state: string; count: number }>(
    'select state, count(*) as count from attendance_line where connection_id = $1 group by state',
    [connectionId],
  );
  const rejected = await tx.query<{ lessonKey: string; personKey: string; reason: string }>(
    `select lesson_key as "lessonKey", person_key as "personKey", reason from attendance_line
      where connection_id = $1 and state = 'rejected' order by 1, 2`,
    [connectionId],
  );
  return { counts: Object.fromEntries(counts.map((row) => [row.state, row.count])), rejected };
}

export const lineStates = ['waiting', 'sent', 'acknowledged', 'rejected', 'unmapped'] as const;
export type LineState = (typeof lineStates)[number];

/** One learner's mark in one lesson on its way to the source, as screens show it. */
export interface AttendanceLine {
  readonly lessonKey: string;
  readonly personKey: string;
  readonly status: AttendanceMark['status'];
  readonly state: LineState;
  /** The source's words for a refusal; empty otherwise. */
  readonly reason: string;
  /** Whose move it is. */
  readonly owner: 'school' | 'nobody';
  readonly attempts: number;
  /** Business time from which a refused line is offered again; null when the next run sends it, it is unmapped, or nothing is to be sent. */
  readonly nextTryAt: string | null;
  readonly changedAt: string;
}

/** Lines of a connection: what is not acknowledged first, then the newest. */
export function attendanceLines(
  tx: Transaction,
  connectionId: string,
  options: { limit: number; state?: LineState },
): Promise<AttendanceLine[]> {
  return tx.query<AttendanceLine>(
    `select lesson_key as "lessonKey", person_key as "personKey", wanted ->> 'status' as status, state, reason,
            case when state in ('rejected', 'unmapped') then 'school' else 'nobody' end as owner, attempts,
            next_try_at as "nextTryAt", changed_at as "changedAt"
       from attendance_line where connection_id = $1 and ($2::text is null or state = $2)
      order by state = 'acknowledged', changed_at desc, lesson_key, person_key limit $3`,
    [connectionId, options.state ?? null, options.limit],
  );
}
