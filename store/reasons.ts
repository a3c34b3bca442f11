import type { TargetReason } from '../roster/contracts.ts';
import type { Reason, ReasonMatch } from '../roster/reasons.ts';
import type { Transaction } from './database.ts';
import { type Attempt, guard } from './steps.ts';

/** Which connection's reasons. */
interface Owner {
  readonly organisationId: string;
  readonly connectionId: string;
}

/** A reason with who confirmed it, and how many of our lines carry it. */
export interface ReasonRow extends Reason {
  readonly decidedBy: string;
  readonly decidedAt: string | null;
  /** Attendance lines with this reason, and those of them that wait because it is not mapped. */
  readonly lines: number;
  readonly unmappedLines: number;
}

/** What goes for every other reason. */
export interface DefaultReason {
  readonly match: ReasonMatch;
  readonly decidedBy: string;
  readonly decidedAt: string;
}

const matchOf = `case when r.source_id is not null then
  jsonb_build_object('id', r.source_id, 'code', r.source_code, 'caption', r.source_caption) end as match`;

/** The reasons of a connection: built-in numbers in their order, then as they come. */
export function readReasons(tx: Transaction, connectionId: string): Promise<ReasonRow[]> {
  return tx.query<ReasonRow>(
    `select r.reason_id as "reasonId", r.name, r.uses, r.state, ${matchOf}, r.how, r.origin, r.decided_by as "decidedBy",
            r.decided_at as "decidedAt", coalesce(l.lines, 0) as lines, coalesce(l.unmapped, 0) as "unmappedLines"
       from absence_reason r
       left join (select wanted ->> 'reason' as reason_id, count(*) as lines, count(*) filter (where state = 'unmapped') as unmapped
                    from attendance_line where connection_id = $1 and wanted ->> 'status' = 'justified' group by 1) l
              using (reason_id)
      where r.connection_id = $1 and r.reason_id <> ''
      order by length(r.reason_id), r.reason_id`,
    [connectionId],
  );
}

/** Undefined while a reason that is not mapped makes its line wait. */
export async function readDefaultReason(tx: Transaction, connectionId: string): Promise<DefaultReason | undefined> {
  const [found] = await tx.query<DefaultReason>(
    `select ${matchOf}, r.decided_by as "decidedBy", r.decided_at as "decidedAt" from absence_reason r
      where r.connection_id = $1 and r.reason_id = ''`,
    [connectionId],
  );
  return found;
}

/** Reasons that are in use, or of which the target does not say so, and that nothing maps: their absences would wait. */
export async function unmappedInUse(tx: Transaction, connectionId: string): Promise<ReasonRow[]> {
  if ((await readDefaultReason(tx, connectionId)) !== undefined) return [];
  return (await readReasons(tx, connectionId)).filter(isUnmappedInUse);
}

export function isUnmappedInUse({ state, uses, lines }: Pick<ReasonRow, 'state' | 'uses' | 'lines'>): boolean {
  return state !== 'confirmed' && (uses === null || uses + lines > 0);
}

/** Reasons that marks of a connection carry. */
export function reasonsOfLines(tx: Transaction, connectionId: string): Promise<TargetReason[]> {
  return tx.query<TargetReason>(
    `select wanted ->> 'reason' as id, max(coalesce(wanted ->> 'reasonName', '')) as name from attendance_line
      where connection_id = $1 and wanted ->> 'status' = 'justified' and coalesce(wanted ->> 'reason', '') <> ''
      group by 1`,
    [connectionId],
  );
}

/** Keeps reasons as they were merged. What a person chose meanwhile stays. Writes nothing for one that is as it was. */
export async function saveReasons(tx: Transaction, owner: Owner, reasons: readonly Reason[]): Promise<void> {
  await tx.execute(
    `insert into absence_reason as r (connection_id, organisation_id, reason_id, name, uses, state, source_id, source_code,
                                      source_caption, how, origin, decided_by, decided_at)
     select $1, $2, x.id, x.name, x.uses, x.state, x.match ->> 'id', x.match ->> 'code', x.match ->> 'caption', x.how, x.origin,
            coalesce(x.origin, ''), case when x.origin is not null then clock_timestamp() end
       from jsonb_to_recordset($3::jsonb) as x(id text, name text, uses int, state text, match jsonb, how text, origin text)
     on conflict (connection_id, reason_id) do update set name = excluded.name, uses = excluded.uses,
       state = excluded.state, source_id = excluded.source_id, source_code = excluded.source_code,
       source_caption = excluded.source_caption, how = excluded.how, origin = excluded.origin, decided_by = excluded.decided_by,
       decided_at = case when (r.state, r.source_id, r.origin) is distinct from (excluded.state, excluded.source_id, excluded.origin)
                         then excluded.decided_at else r.decided_at end
      where r.origin is distinct from 'person'
        and (r.name, r.uses, r.state, r.source_id, r.source_code, r.source_caption, r.how, r.origin) is distinct from
            (excluded.name, excluded.uses, excluded.state, excluded.source_id, excluded.source_code, excluded.source_caption,
             excluded.how, excluded.origin)`,
    [owner.connectionId, owner.organisationId, recordset(reasons)],
  );
  await tx.execute(
    `update absence_reason r set name = x.name, uses = x.uses
       from jsonb_to_recordset($2::jsonb) as x(id text, name text, uses int)
      where r.connection_id = $1 and r.reason_id = x.id and r.origin = 'person'
        and (r.name, r.uses) is distinct from (x.name, x.uses)`,
    [owner.connectionId, recordset(reasons)],
  );
}

function recordset(reasons: readonly Reason[]): string {
  return JSON.stringify(reasons.map(({ reasonId, ...reason }) => ({ id: reasonId, ...reason })));
}

/** A person's word on one reason; the empty id is the default. */
export interface ReasonDecision {
  readonly reasonId: string;
  readonly match: ReasonMatch;
}

/** Keeps what a person chose. What was confirmed in these words already keeps its author. Gives how many changed. */
export function decideReasons(
  tx: Transaction,
  owner: Owner,
  by: string,
  decisions: readonly ReasonDecision[],
): Promise<number> {
  return tx.execute(
    `insert into absence_reason as r (connection_id, organisation_id, reason_id, state, source_id, source_code, source_caption,
                                      origin, decided_by, decided_at)
     select $1, $2, x.id, 'confirmed', x.match ->> 'id', x.match ->> 'code', x.match ->> 'caption', 'person', $4, clock_timestamp()
       from jsonb_to_recordset($3::jsonb) as x(id text, match jsonb)
     on conflict (connection_id, reason_id) do update set state = 'confirmed', source_id = excluded.source_id,
       source_code = excluded.source_code, source_caption = excluded.source_caption, how = null, origin = 'person',
       decided_by = excluded.decided_by, decided_at = excluded.decided_at
      where (r.state, r.source_id, r.source_code, r.source_caption) is distinct from
            (excluded.state, excluded.source_id, excluded.source_code, excluded.source_caption)`,
    [
      owner.connectionId,
      owner.organisationId,
      JSON.stringify(decisions.map(({ reasonId, match }) => ({ id: reasonId, match }))),
      by,
    ],
  );
}

/** Without a default, what is not mapped waits. Gives whether there was one. */
export async function clearDefaultReason(tx: Transaction, connectionId: string): Promise<boolean> {
  return (
    (await tx.execute(`delete from absence_reason where connection_id = $1 and reason_id = ''`, [connectionId])) > 0
  );
}

// What a line carries by the table as it is now: null where its reason is not mapped. A justified line without a reason takes
// the default, and no code without one.
const mapped = `
  select l.lesson_key, l.person_key,
         case when l.wanted ->> 'status' <> 'justified' then ''
              else coalesce(own.source_id, other.source_id, case when coalesce(l.wanted ->> 'reason', '') = '' then '' end) end as id,
         case when l.wanted ->> 'status' <> 'justified' then ''
              when own.source_id is not null then own.source_code else coalesce(other.source_code, '') end as code
    from attendance_line l
    left join absence_reason own on own.connection_id = l.connection_id and own.state = 'confirmed'
          and own.reason_id <> '' and own.reason_id = l.wanted ->> 'reason'
    left join absence_reason other on other.connection_id = l.connection_id and other.reason_id = ''
   where l.connection_id = $1
     and (l.wanted ->> 'status' = 'justified' or l.source_reason_id <> '' or l.state = 'unmapped')
     and exists (select from link k where (k.connection_id, k.kind, k.sync_key) = (l.connection_id, 'lesson', l.lesson_key))`;

/**
 * Gives every line the reason it goes with: one whose reason is not mapped waits, one whose mapping is another than the
 * source was told goes again.
 */
export async function mapLines(tx: Transaction, attempt: Attempt): Promise<void> {
  await tx.execute(
    `update attendance_line line set
       state = case when m.id is null then 'unmapped' else 'waiting' end,
       source_reason_id = coalesce(m.id, line.source_reason_id),
       source_reason_code = case when m.id is null then line.source_reason_code else m.code end,
       reason = '', next_try_at = null, attempts = 0, changed_at = clock_timestamp()
       from (${mapped}) m
      where line.connection_id = $1 and (line.lesson_key, line.person_key) = (m.lesson_key, m.person_key)
        and case when m.id is null then line.state <> 'unmapped'
                 else line.state = 'unmapped' or (line.source_reason_id, line.source_reason_code) <> (m.id, m.code) end`,
    [attempt.run.connectionId],
  );
  await guard(tx, attempt);
}

/** Lines that wait because their reason is not mapped. */
export function unmappedLines(
  tx: Transaction,
  connectionId: string,
): Promise<{ lessonKey: string; personKey: string; reasonId: string }[]> {
  return tx.query(
    `select lesson_key as "lessonKey", person_key as "personKey", coalesce(wanted ->> 'reason', '') as "reasonId"
       from attendance_line where connection_id = $1 and state = 'unmapped' order by 1, 2`,
    [connectionId],
  );
}
