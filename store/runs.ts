import type { Database, Transaction } from './database.ts';
import type { RunRef } from './steps.ts';

/** Fixed facts of a run at work. */
export interface Run extends RunRef {
  readonly number: number;
  readonly asOf: string;
  readonly planOnly: boolean;
  /** Where its records come from: read now, or a stored snapshot. */
  readonly source: 'fetch' | 'snapshot';
  /** The one record it is for, by sync key; null for all. */
  readonly onlyKey: string | null;
  /** Whether a person let that record be made on its own day. */
  readonly allowSameDay: boolean;
  /** A preview of options that were not applied: nothing it finds is kept. */
  readonly hypothetical: boolean;
  /** Whether it takes what the target says as what we wrote last, since our database is of an older day. */
  readonly relinks: boolean;
  /** What became of the first changes of a large plan; null before, and where it is small. */
  readonly canary: 'passed' | 'surprised' | null;
}

export async function readRun(tx: Transaction, runId: string): Promise<Run> {
  return tx.one<Run>(
    `select organisation_id as "organisationId", connection_id as "connectionId", run_id as "runId", number,
            as_of as "asOf", plan_only as "planOnly", source,
            only_key as "onlyKey", allow_same_day as "allowSameDay", canary, hypothetical,
            coalesce((select (detail ->> 'relink')::boolean from command c where c.command_id = run.command_id), false) as relinks
       from run where run_id = $1`,
    [runId],
  );
}

/** How a run ended. */
export interface Ending {
  readonly state: 'completed' | 'failed' | 'cancelled';
  readonly code: string | null;
  readonly failedStep: string | null;
  readonly summary: Readonly<Record<string, unknown>>;
}

/** Ends a run at work; one that has already ended stays as it is. */
export async function endRun(tx: Transaction, runId: string, ending: Ending): Promise<void> {
  const changed = await tx.execute(
    `update run set state = $2, code = $3, failed_step = $4, summary = summary || $5, ended_at = clock_timestamp()
      where run_id = $1 and state = 'working'`,
    [runId, ending.state, ending.code, ending.failedStep, ending.summary],
  );
  if (changed > 0 && ending.state === 'cancelled') await auditTemporalOperator(tx, runId, 'run-cancelled');
}

/** Marks a run whose workflow was closed from outside: it never blocks the next one. Audited as the Temporal operator's. */
export async function markLost(tx: Transaction, runId: string): Promise<void> {
  const changed = await tx.execute(
    `update run set state = 'lost', code = 'RUN_LOST', ended_at = clock_timestamp() where run_id = $1 and state = 'working'`,
    [runId],
  );
  if (changed > 0) await auditTemporalOperator(tx, runId, 'run-lost');
}

/** What was done with a button of the Temporal UI leaves an audit row too. */
export async function auditTemporalOperator(tx: Transaction, runId: string, action: string): Promise<void> {
  await tx.execute(
    `insert into command (command_id, organisation_id, connection_id, action, actor, role, detail, used_at)
     select gen_random_uuid(), organisation_id, connection_id, $2, 'Temporal operator', 'temporal-operator',
            jsonb_build_object('run', number), clock_timestamp() from run where run_id = $1`,
    [runId, action],
  );
}

/** A person's request that arrived during a run, with the id of the run that will serve it. */
export interface FollowUp {
  readonly nextRunId: string;
  readonly commandId: string | null;
}

/** The request that waits for the end of the run at work. It stays until its run was started. */
export async function pendingFollowUp(tx: Transaction, connectionId: string): Promise<FollowUp | undefined> {
  const { follow_up } = await tx.one<{ follow_up: FollowUp | null }>(
    'select follow_up from connection where connection_id = $1',
    [connectionId],
  );
  return follow_up ?? undefined;
}

export async function clearFollowUp(tx: Transaction, connectionId: string, nextRunId: string): Promise<void> {
  await tx.execute(`update connection set follow_up = null where connection_id = $1 and follow_up->>'nextRunId' = $2`, [
    connectionId,
    nextRunId,
  ]);
}

/** A run as lists show it, across organisations: ids, counts and codes. */
export interface RunRow extends RunRef {
  readonly number: number;
  readonly organisationCode: string;
  readonly connectionCode: string;
  readonly kind: 'sync' | 'attendance';
  readonly trigger: string;
  readonly state: string;
  readonly code: string | null;
  readonly failedStep: string | null;
  readonly planOnly: boolean;
  readonly asOf: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly workflowId: string;
  readonly summary: Readonly<Record<string, unknown>>;
}

const runColumns = `r.organisation_id as "organisationId", r.connection_id as "connectionId", r.run_id as "runId", r.number,
  c.organisation_code as "organisationCode", c.connection_code as "connectionCode", r.kind, r.trigger, r.state, r.code,
  r.failed_step as "failedStep", r.plan_only as "planOnly", r.as_of as "asOf", r.started_at as "startedAt",
  r.ended_at as "endedAt", r.workflow_id as "workflowId", r.summary`;

/** The newest runs, of all connections or one. */
export function listRuns(db: Database, filter: { connectionId?: string; limit: number }): Promise<RunRow[]> {
  return db.operator((tx) =>
    tx.query<RunRow>(
      `select ${runColumns} from operator.run_index r join operator.connection_index c using (connection_id)
        where $1::uuid is null or r.connection_id = $1 order by r.started_at desc limit $2`,
      [filter.connectionId ?? null, filter.limit],
    ),
  );
}

/** One run by its id, or undefined. */
export async function findRun(db: Database, by: { runId: string }): Promise<RunRow | undefined> {
  const [run] = await db.operator((tx) =>
    tx.query<RunRow>(
      `select ${runColumns} from operator.run_index r join operator.connection_index c using (connection_id)
        where r.run_id = $1`,
      [by.runId],
    ),
  );
  return run;
}

/** A failed run that could be taken up again, with the account it writes to. */
export interface FailedRun extends RunRow {
  readonly targetAccountId: string;
}

/**
 * Connections whose newest run did not complete, as that run; refused ones do not count. By code, by an account of either
 * side, or all. Across organisations.
 */
export function newestFailedRuns(
  db: Database,
  filter: { codes?: readonly string[]; accountId?: string } = {},
): Promise<FailedRun[]> {
  return db.operator((tx) =>
    tx.query<FailedRun>(
      `select ${runColumns}, c.target_account_id as "targetAccountId"
         from operator.connection_index c
        cross join lateral (select * from operator.run_index l
                             where l.connection_id = c.connection_id and l.state <> 'refused' order by l.number desc limit 1) r
        where not c.removed and r.state in ('failed', 'lost') and ($1::text[] is null or r.code = any($1))
          and ($2::uuid is null or $2 in (c.source_account_id, c.target_account_id))
        order by r.ended_at`,
      [filter.codes ?? null, filter.accountId ?? null],
    ),
  );
}

/** A step of a run, for screens. */
export interface StepRow {
  readonly step: string;
  readonly state: 'working' | 'done' | 'failed';
  readonly attempts: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

export function listSteps(db: Database, run: RunRef): Promise<StepRow[]> {
  return db.organisation(run.organisationId, (tx) =>
    tx.query<StepRow>(
      `select step, state, attempts, counts, started_at as "startedAt", ended_at as "endedAt"
         from run_step where run_id = $1 order by started_at`,
      [run.runId],
    ),
  );
}
