import { randomUUID } from 'node:crypto';
import { RollcallError } from '../roster/errors.ts';
import type { Database, Transaction } from './database.ts';
import { stoppingPause } from './pauses.ts';
import { stopOf } from './stops.ts';

/** Which run of which connection of which organisation: what a workflow carries instead of rows. */
export interface RunRef {
  readonly organisationId: string;
  readonly connectionId: string;
  readonly runId: string;
}

/** The durable steps of a run, in order. */
export const stepNames = [
  'admit',
  'fetch',
  'validate',
  'dedupe',
  'plan',
  'safety-filter',
  'upsert',
  'read-attendance',
  'push-attendance',
  'report',
] as const;
export type StepName = (typeof stepNames)[number];

export type Counts = Readonly<Record<string, number>>;

/** The right to write results of a step, until a newer attempt takes it away. */
export interface Attempt {
  readonly run: RunRef;
  readonly step: StepName;
  readonly token: string;
}

/**
 * Takes a step over from any attempt before, or says that it is already done and with which counts. A global stop, or a
 * pause that stops what is at work, lets no step but the report begin, nor a further slice of one.
 */
export async function beginStep(
  db: Database,
  run: RunRef,
  step: StepName,
): Promise<{ done: true; counts: Counts } | { done: false; attempt: Attempt }> {
  const token = randomUUID();
  return db.organisation(run.organisationId, async (tx) => {
    if (step !== 'report') await refuseIfStopped(tx, run.connectionId, step);
    const { state, counts } = await tx.one<{ state: string; counts: Counts }>(
      `insert into run_step (run_id, organisation_id, step, attempt_token, state) values ($1, $2, $3, $4, 'working')
       on conflict (run_id, step) do update set
         attempt_token = case when run_step.state = 'done' then run_step.attempt_token else excluded.attempt_token end,
         attempts = run_step.attempts + case when run_step.state = 'done' then 0 else 1 end,
         state = case when run_step.state = 'done' then 'done' else 'working' end
       returning state, counts`,
      [run.runId, run.organisationId, step, token],
    );
    return state === 'done' ? { done: true, counts } : { done: false, attempt: { run, step, token } };
  });
}

/** A planned pause lets attendance go on; a stop and an incident let nothing. */
async function refuseIfStopped(tx: Transaction, connectionId: string, step: StepName): Promise<void> {
  const stop = await stopOf(tx, connectionId);
  if (stop !== undefined) throw new RollcallError('STOPPED', `Stopped by ${stop.setBy}: ${stop.reason}`);
  const pause = await stoppingPause(tx, connectionId);
  const goesUp = step === 'read-attendance' || step === 'push-attendance';
  if (pause === undefined || (goesUp && pause.cause === 'summer')) return;
  throw new RollcallError('PAUSED', `Pause ${pause.number} ended it: ${pause.reason}`);
}

/**
 * The last statement of every transaction of a step: fails it when a newer attempt took over or the run has ended, and
 * keeps both from happening until the transaction commits.
 */
export async function guard(tx: Transaction, attempt: Attempt): Promise<void> {
  const held = await tx.query(
    `select 1 from run_step s join run r using (run_id)
      where s.run_id = $1 and s.step = $2 and s.attempt_token = $3 and s.state = 'working' and r.state = 'working'
        for no key update of s for share of r`,
    [attempt.run.runId, attempt.step, attempt.token],
  );
  if (held.length === 0) {
    throw new RollcallError('ATTEMPT_SUPERSEDED', `A later attempt took over the step "${attempt.step}" of this run.`);
  }
}

/** Commits the result of a step together with the transaction's other writes. */
export async function finishStep(tx: Transaction, attempt: Attempt, counts: Counts): Promise<void> {
  await guard(tx, attempt);
  await tx.execute(
    `update run_step set state = 'done', counts = $3, code = null, ended_at = clock_timestamp()
      where run_id = $1 and step = $2`,
    [attempt.run.runId, attempt.step, counts],
  );
}

/** Notes progress of a step that goes on in a further slice. */
export async function noteProgress(tx: Transaction, attempt: Attempt, counts: Counts): Promise<void> {
  await tx.execute('update run_step set counts = $3 where run_id = $1 and step = $2 and attempt_token = $4', [
    attempt.run.runId,
    attempt.step,
    counts,
    attempt.token,
  ]);
}

/** What a step of a run counted; empty when it has not come to that. */
export async function stepCounts(tx: Transaction, runId: string, step: StepName): Promise<Counts> {
  const [row] = await tx.query<{ counts: Counts }>('select counts from run_step where run_id = $1 and step = $2', [
    runId,
    step,
  ]);
  return row?.counts ?? {};
}

/** What every step of a run counted. */
export function stepsOf(tx: Transaction, runId: string): Promise<{ step: StepName; counts: Counts }[]> {
  return tx.query('select step, counts from run_step where run_id = $1', [runId]);
}
