import { z } from 'zod';
import { type ChangeKind, changeKinds, type Operation, operations } from '../roster/changes.ts';
import type { Telling, ToldConnection, ToldFinding, ToldHold, ToldRun } from '../roster/mail/facts.ts';
import type { Transaction } from './database.ts';

/** What a message needs of what the report step stored of a run; a run without a report has nothing. */
const runSummary = z.object({
  changes: z
    .array(
      z.object({
        kind: z.enum(changeKinds as readonly ChangeKind[]),
        operation: z.enum(operations as readonly Operation[]),
        state: z.string(),
        count: z.number(),
      }),
    )
    .default([]),
  findings: z.record(z.string(), z.number()).default({}),
  held: z.number().default(0),
  totals: z
    .object({ before: z.record(z.string(), z.number()), after: z.record(z.string(), z.number()) })
    .default({ before: {}, after: {} }),
});

/** Everything a message is written from. A hold's run is the newest one that held it. */
export async function readTelling(tx: Transaction, messageId: string): Promise<Telling> {
  const { connectionId, runId, ...message } = await tx.one<
    Omit<Telling, 'connection' | 'run' | 'holds'> & { connectionId: string | null; runId: string | null }
  >(
    `select m.kind, m.detail, m.created_at as "createdAt", m.connection_id as "connectionId",
            jsonb_build_object('code', o.code, 'name', o.name, 'timeZone', o.time_zone) as organisation,
            coalesce(m.run_id, (select last_run from hold h where h.hold_id = m.hold_id)) as "runId"
       from message m join organisation o using (organisation_id) where m.message_id = $1`,
    [messageId],
  );
  const [connection = null] = await tx.query<ToldConnection>(
    `select c.connection_id as "connectionId", c.code, c.name, c.mode, s.system as source, t.system as target, c.contact,
            c.mail_subjects as "mailSubjects"
       from connection c join account s on s.account_id = c.source_account_id
       join account t on t.account_id = c.target_account_id where c.connection_id = $1`,
    [connectionId],
  );
  const [row] = await tx.query<RunRow>(
    `select number, state, code, failed_step as "failedStep", plan_only as "planOnly", started_at as "startedAt",
            ended_at as "endedAt", summary from run where run_id = $1`,
    [runId],
  );
  const holds = await tx.query<ToldHold>(
    `select number, kind, operation, reason, base, first_lesson_at as "firstLessonAt",
            (select count(*) from hold_change c where c.hold_id = h.hold_id and c.state = 'open') as count
       from hold h where connection_id = $1 and state = 'open' order by number`,
    [connectionId],
  );
  return { ...message, connection, run: row === undefined ? null : runOf(row), holds };
}

interface RunRow extends Omit<ToldRun, 'changes' | 'findings' | 'held' | 'before' | 'after'> {
  readonly summary: unknown;
}

function runOf({ summary, ...run }: RunRow): ToldRun {
  const { totals, ...told } = runSummary.parse(summary);
  return { ...run, ...told, ...totals };
}

/** The open findings of a connection. Of people with protected identity neither name nor what was said of them. */
export function findingsToTell(tx: Transaction, connectionId: string, limit: number): Promise<ToldFinding[]> {
  return tx.query<ToldFinding>(
    `select f.code, f.kind, f.sync_key as "syncKey", masked(p.hidden, f.label) as label,
            case when p.hidden then '' else f.detail end as detail, f.opened_at as "openedAt"
       from finding f cross join lateral (
         select is_protected(f.connection_id, f.kind, f.sync_key) or exists (
           -- A place on a roster names the lesson and the person.
           select from unnest(string_to_array(f.sync_key, '|')) part where is_protected(f.connection_id, 'person', part)) as hidden) p
      where f.connection_id = $1 and f.closed_run is null order by f.code, f.finding_id limit $2`,
    [connectionId, limit],
  );
}

/** How many records a connection has at the target, by kind: what it owns or refers to, and the places on its rosters. */
export async function countAtTarget(tx: Transaction, connectionId: string): Promise<Record<string, number>> {
  const rows = await tx.query<{ kind: string; count: number }>(
    `select k.kind, count(*) as count from link k join target_object o using (target_object_id)
      where k.connection_id = $1 and o.state = 'active' group by k.kind
     union all
     select 'membership', count(*) from link_member where connection_id = $1`,
    [connectionId],
  );
  return Object.fromEntries(rows.filter(({ count }) => count > 0).map(({ kind, count }) => [kind, count]));
}

/** What a connection had at the target after the newest run before this one, by kind; nothing before the first. */
export async function countBefore(
  tx: Transaction,
  connectionId: string,
  runId: string,
): Promise<Record<string, number>> {
  const [row] = await tx.query<{ after: Record<string, number> }>(
    `select summary -> 'totals' -> 'after' as after from run
      where connection_id = $1 and run_id <> $2 and summary ? 'totals' order by number desc limit 1`,
    [connectionId, runId],
  );
  return row?.after ?? {};
}
