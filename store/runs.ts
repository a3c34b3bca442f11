import type { ErrorCode } from '../roster/error-codes.ts';
import { RollcallError } from '../roster/errors.ts';
import type { Database, Transaction } from './database.ts';
import type { RunRef } from './steps.ts';

/** What a run was asked to be. */
export interface RunRequest extends RunRef {
  readonly workflowId: string;
  readonly kind: 'sync' | 'attendance';
  readonly trigger: 'person' | 'schedule' | 'follow-up' | 'retry';
  /** A preview: stops after the safety filter. */
  readonly planOnly: boolean;
  readonly commandId: string | null;
}

/** The gate's answer. `busy` names the run at work, so that the caller can see whether its workflow still lives. */
export type Admission =
  | { readonly answer: 'work' | 'plan-only'; readonly number: number; readonly asOf: string }
  /** Asked again for a run that was refused, or has ended meanwhile. */
  | { readonly answer: 'refused'; readonly number: number }
  | { readonly answer: 'busy'; readonly runId: string; readonly workflowId: string };

/**
 * The only gate, in one transaction: a run may work, may only plan (trial or preview), or finds another one at work.
 * Asked again for the same run it gives the same answer.
 */
export async function admitRun(tx: Transaction, request: RunRequest): Promise<Admission> {
  const connection = await lockConnection(tx, request.connectionId);
  const [known] = await tx.query<{ number: number; as_of: string; plan_only: boolean; state: string }>(
    'select number, as_of, plan_only, state from run where run_id = $1',
    [request.runId],
  );
  if (known?.state === 'working') return answerOf(known.plan_only, known.number, known.as_of);
  if (known !== undefined) return { answer: 'refused', number: known.number };
  const [atWork] = await tx.query<{ runId: string; workflowId: string }>(
    `select run_id as "runId", workflow_id as "workflowId" from run where connection_id = $1 and state = 'working'`,
    [request.connectionId],
  );
  if (atWork !== undefined) return { answer: 'busy', ...atWork };
  const planOnly = request.planOnly || connection.mode === 'trial';
  await insertRun(tx, request, {
    number: connection.number,
    asOf: connection.now,
    planOnly,
    state: 'working',
    code: null,
  });
  return answerOf(planOnly, connection.number, connection.now);
}

/** Whoever asks at the gate stands in line. */
async function lockConnection(
  tx: Transaction,
  connectionId: string,
): Promise<{ mode: string; number: number; now: string }> {
  const [connection] = await tx.query<{ mode: string; number: number; now: string }>(
    `select mode, next_run_number as number, business_now() as now from connection
      where connection_id = $1 and removed_at is null for no key update`,
    [connectionId],
  );
  if (connection === undefined) throw new RollcallError('CONNECTION_REMOVED', 'This connection no longer exists.');
  return connection;
}

function answerOf(planOnly: boolean, number: number, asOf: string): Admission {
  return { answer: planOnly ? 'plan-only' : 'work', number, asOf };
}

/** Leaves the row of a run that was not let in, with the reason; a person's request is remembered and follows the run at work. */
export async function refuseRun(tx: Transaction, request: RunRequest, code: ErrorCode): Promise<number> {
  const connection = await lockConnection(tx, request.connectionId);
  const [known] = await tx.query<{ number: number }>('select number from run where run_id = $1', [request.runId]);
  if (known !== undefined) return known.number;
  await insertRun(tx, request, {
    number: connection.number,
    asOf: connection.now,
    planOnly: request.planOnly,
    state: 'refused',
    code,
  });
  if (request.trigger === 'person' && !request.planOnly) {
    await tx.execute(
      `update connection set follow_up = jsonb_build_object('nextRunId', gen_random_uuid(), 'commandId', $2::text)
        where connection_id = $1 and follow_up is null`,
      [request.connectionId, request.commandId],
    );
  }
  return connection.number;
}

async function insertRun(
  tx: Transaction,
  request: RunRequest,
  run: { number: number; asOf: string; planOnly: boolean; state: 'working' | 'refused'; code: string | null },
): Promise<void> {
  await tx.execute(
    `insert into run (run_id, organisation_id, connection_id, number, kind, trigger, plan_only, as_of, state, code,
                      command_id, workflow_id, started_at, ended_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp(),
             case when $9 = 'refused' then clock_timestamp() end)`,
    [
      request.runId,
      request.organisationId,
      request.connectionId,
      run.number,
      request.kind,
      request.trigger,
      run.planOnly,
      run.asOf,
      run.state,
      run.code,
      request.commandId,
      request.workflowId,
    ],
  );
  await tx.execute('update connection set next_run_number = next_run_number + 1 where connection_id = $1', [
    request.connectionId,
  ]);
  if (request.commandId !== null) {
    await tx.execute('update command set used_at = clock_timestamp() where command_id = $1', [request.commandId]);
  }
}

/** Fixed facts of a run at work. */
export interface Run extends RunRef {
  readonly number: number;
  readonly asOf: string;
  readonly planOnly: boolean;
}

export async function readRun(tx: Transaction, runId: string): Promise<Run> {
  return tx.one<Run>(
    `select organisation_id as "organisationId", connection_id as "connectionId", run_id as "runId", number,
            as_of as "asOf", plan_only as "planOnly" from run where run_id = $1`,
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
    `update run set state = $2, code = $3, failed_step = $4, summary = $5, ended_at = clock_timestamp()
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
async function auditTemporalOperator(tx: Transaction, runId: string, action: string): Promise<void> {
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
