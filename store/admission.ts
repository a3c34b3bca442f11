import { answerFor, judgeMoment, type TimeReason } from '../roster/calendar.ts';
import type { ErrorCode } from '../roster/error-codes.ts';
import { RollcallError } from '../roster/errors.ts';
import { isUnattended, type Trigger } from '../roster/triggers.ts';
import { readTimeFacts } from './calendar.ts';
import type { Transaction } from './database.ts';
import { auditTemporalOperator } from './runs.ts';
import type { RunRef, StepName } from './steps.ts';
import { stopOf } from './stops.ts';

/** What a run was asked to be. */
export interface RunRequest extends RunRef {
  readonly workflowId: string;
  readonly kind: 'sync' | 'attendance';
  readonly trigger: Trigger;
  /** A preview: stops after the safety filter. */
  readonly planOnly: boolean;
  readonly commandId: string | null;
  /** The failed run that this one takes up again, at the step it stopped at. */
  readonly retryOf?: string | null;
  /** Reads the newest stored snapshot instead of the source: a preview of other options. */
  readonly fromSnapshot?: boolean;
}

/** The gate's answer. `busy` names the run at work, so that the caller can see whether its workflow still lives. */
export type Admission =
  | {
      readonly answer: 'work' | 'plan-only';
      readonly number: number;
      readonly asOf: string;
      /** Whether records go down, or only attendance comes up. */
      readonly kind: RunRequest['kind'];
    }
  /** Not let in now, or asked again for a run that was refused or has ended meanwhile. */
  | { readonly answer: 'refused'; readonly number: number; readonly code: ErrorCode | null }
  | { readonly answer: 'busy'; readonly runId: string; readonly workflowId: string };

/**
 * The only gate, in one transaction: a run may work, may only plan (trial or preview), is refused with a code, or finds
 * another one at work. Asked again for the same run it gives the same answer.
 */
export async function admitRun(tx: Transaction, request: RunRequest): Promise<Admission> {
  const connection = await lockConnection(tx, request.connectionId);
  const [known] = await tx.query<KnownRun>(
    'select number, as_of as "asOf", plan_only as "planOnly", state, kind, code from run where run_id = $1',
    [request.runId],
  );
  if (known !== undefined) return answerAgain(tx, request.runId, known);
  const [atWork] = await tx.query<{ runId: string; workflowId: string }>(
    `select run_id as "runId", workflow_id as "workflowId" from run where connection_id = $1 and state = 'working'`,
    [request.connectionId],
  );
  if (atWork !== undefined) return { answer: 'busy', ...atWork };
  const origin = await originOf(tx, request);
  const refusal = 'refused' in origin ? origin.refused : await refusalOf(tx, request);
  if (refusal !== undefined) {
    return { answer: 'refused', number: await refuseRun(tx, request, refusal), code: refusal };
  }
  const planOnly = request.planOnly || connection.mode === 'trial';
  const time = await askTime(tx, request, planOnly, connection.asOf);
  if (time.answer === 'nothing') {
    const { code } = time.because;
    return { answer: 'refused', number: await refuseRun(tx, request, code, time.because), code };
  }
  const { kind, snapshotId } = {
    kind: time.answer === 'attendance-only' ? ('attendance' as const) : request.kind,
    snapshotId: null,
    ...origin,
  };
  const because = time.because;
  await insertRun(tx, request, { ...connection, kind, snapshotId, planOnly, state: 'working', code: null, because });
  return { answer: planOnly ? 'plan-only' : 'work', number: connection.number, asOf: connection.asOf, kind };
}

interface KnownRun {
  readonly number: number;
  readonly asOf: string;
  readonly planOnly: boolean;
  readonly state: string;
  readonly kind: RunRequest['kind'];
  readonly code: ErrorCode | null;
}

/** Asked once more: a repeat after a crash, or a workflow that was reset in the Temporal UI, which the audit notes. */
async function answerAgain(tx: Transaction, runId: string, known: KnownRun): Promise<Admission> {
  const { number, asOf, planOnly, state, kind, code } = known;
  if (state === 'working') return { answer: planOnly ? 'plan-only' : 'work', number, asOf, kind };
  if (state === 'refused') return { answer: 'refused', number, code };
  await auditTemporalOperator(tx, runId, 'run-reset');
  return { answer: 'refused', number, code: 'RUN_ENDED' };
}

interface LockedConnection {
  readonly mode: 'trial' | 'live';
  readonly number: number;
  readonly asOf: string;
}

/** Whoever asks at the gate stands in line. */
async function lockConnection(tx: Transaction, connectionId: string): Promise<LockedConnection> {
  const [connection] = await tx.query<LockedConnection>(
    `select mode, next_run_number as number, business_now() as "asOf" from connection
      where connection_id = $1 and removed_at is null for no key update`,
    [connectionId],
  );
  if (connection === undefined) throw new RollcallError('CONNECTION_REMOVED', 'This connection no longer exists.');
  return connection;
}

/** Where a run begins: what it takes over from a failed one, or from the newest snapshot. */
type Origin =
  | { readonly kind?: RunRequest['kind']; readonly snapshotId?: string | null }
  | { readonly refused: ErrorCode };

async function originOf(tx: Transaction, request: RunRequest): Promise<Origin> {
  if (request.retryOf != null) return retryOrigin(tx, request.retryOf);
  if (request.fromSnapshot !== true) return {};
  const [newest] = await tx.query<{ snapshotId: string }>(
    `select snapshot_id as "snapshotId" from snapshot where connection_id = $1 and state = 'committed'
      order by created_at desc limit 1`,
    [request.connectionId],
  );
  return newest ?? { refused: 'NO_SNAPSHOT' };
}

/**
 * A failed run is taken up at the step it stopped at: after a read that succeeded the stored snapshot is used again, and
 * where only the way up failed records do not go down once more. Refused once a later run has planned: what this one
 * knows is older than what was written since.
 */
async function retryOrigin(tx: Transaction, runId: string): Promise<Origin> {
  const [failed] = await tx.query<{
    state: string;
    failedStep: StepName | null;
    snapshotId: string | null;
    overtaken: boolean;
  }>(
    `select r.state, r.failed_step as "failedStep",
            (select s.snapshot_id from snapshot s where s.snapshot_id = r.snapshot_id and s.state = 'committed') as "snapshotId",
            exists (select from run later join plan using (run_id)
                     where later.connection_id = r.connection_id and later.number > r.number and not later.plan_only) as overtaken
       from run r where r.run_id = $1`,
    [runId],
  );
  if (failed === undefined || !['failed', 'lost', 'cancelled'].includes(failed.state))
    return { refused: 'RETRY_NOT_FAILED' };
  if (failed.failedStep === 'read-attendance' || failed.failedStep === 'push-attendance') return { kind: 'attendance' };
  if (failed.overtaken) return { refused: 'RETRY_OVERTAKEN' };
  return { snapshotId: failed.snapshotId };
}

/** What pauses and the calendar let a run do now. What writes nothing, and nobody forbids, may always be looked at. */
async function askTime(tx: Transaction, request: RunRequest, planOnly: boolean, asOf: string) {
  if (planOnly) return { answer: 'all', because: null } as const;
  return answerFor(judgeMoment(await readTimeFacts(tx, request.connectionId), asOf), {
    unattended: isUnattended(request.trigger),
  });
}

/** Why a run may not begin now, although no other is at work. */
async function refusalOf(tx: Transaction, request: RunRequest): Promise<ErrorCode | undefined> {
  if ((await stopOf(tx, request.connectionId)) !== undefined) return 'STOPPED';
  // With the same credentials they would be refused again, and may lock the account.
  if (isUnattended(request.trigger) && (await credentialsStillRefused(tx, request.connectionId)))
    return 'CREDENTIALS_REFUSED';
  return undefined;
}

/** Whether the newest run was refused for its credentials and nobody has changed them, or the settings, since. */
async function credentialsStillRefused(tx: Transaction, connectionId: string): Promise<boolean> {
  const [row] = await tx.query(
    `select from run r
       join connection c using (connection_id)
       join account a on a.account_id = case when r.code like 'SOURCE%' then c.source_account_id else c.target_account_id end
      where r.run_id = (select run_id from run where connection_id = $1 and state <> 'refused' order by number desc limit 1)
        and r.state = 'failed' and r.code in ('SOURCE_AUTH_REFUSED', 'TARGET_AUTH_REFUSED')
        and greatest(a.changed_at, c.changed_at, (select max(s.changed_at) from account_secret s
              where s.account_id = a.account_id)) < r.started_at`,
    [connectionId],
  );
  return row !== undefined;
}

/** Leaves the row of a run that was not let in, with the reason; a person's request is remembered and follows the run at work. */
export async function refuseRun(
  tx: Transaction,
  request: RunRequest,
  code: ErrorCode,
  because: TimeReason | null = null,
): Promise<number> {
  const connection = await lockConnection(tx, request.connectionId);
  const [known] = await tx.query<{ number: number }>('select number from run where run_id = $1', [request.runId]);
  if (known !== undefined) return known.number;
  await insertRun(tx, request, {
    ...connection,
    kind: request.kind,
    snapshotId: null,
    planOnly: request.planOnly,
    state: 'refused',
    code,
    because,
  });
  const wanted = request.trigger === 'person' || request.trigger === 'approval';
  if (code === 'RUN_AT_WORK' && wanted && !request.planOnly) {
    await rememberRequest(tx, request.connectionId, request.commandId);
  }
  return connection.number;
}

/** Remembers that a run was asked for: it follows the run at work. */
export async function rememberRequest(tx: Transaction, connectionId: string, commandId: string | null): Promise<void> {
  await tx.execute(
    `update connection set follow_up = jsonb_build_object('nextRunId', gen_random_uuid(), 'commandId', $2::text)
      where connection_id = $1 and follow_up is null`,
    [connectionId, commandId],
  );
}

interface NewRun extends LockedConnection {
  readonly kind: RunRequest['kind'];
  readonly snapshotId: string | null;
  readonly planOnly: boolean;
  readonly state: 'working' | 'refused';
  readonly code: ErrorCode | null;
  /** What of the calendar or the pauses refused it, or let only attendance pass. */
  readonly because: TimeReason | null;
}

async function insertRun(tx: Transaction, request: RunRequest, run: NewRun): Promise<void> {
  await tx.execute(
    `insert into run (run_id, organisation_id, connection_id, number, kind, trigger, plan_only, as_of, state, code,
                      command_id, workflow_id, retry_of, source, snapshot_id, started_at, ended_at, only_key, allow_same_day, hypothetical, summary)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, clock_timestamp(),
            case when $9 = 'refused' then clock_timestamp() end, asked.detail ->> 'onlyKey',
            coalesce((asked.detail ->> 'allowSameDay')::boolean, false), coalesce(asked.detail ? 'sourceOptions', false),
            case when $16::jsonb is null then '{}' else jsonb_build_object('because', $16::jsonb) end
       from (select (select detail from command where command_id = $11) as detail) asked`,
    [
      request.runId,
      request.organisationId,
      request.connectionId,
      run.number,
      run.kind,
      request.trigger,
      run.planOnly,
      run.asOf,
      run.state,
      run.code,
      request.commandId,
      request.workflowId,
      request.retryOf ?? null,
      run.snapshotId === null ? 'fetch' : 'snapshot',
      run.snapshotId,
      run.because === null ? null : JSON.stringify(run.because),
    ],
  );
  await tx.execute('update connection set next_run_number = next_run_number + 1 where connection_id = $1', [
    request.connectionId,
  ]);
  if (request.commandId !== null) {
    await tx.execute('update command set used_at = clock_timestamp() where command_id = $1 and used_at is null', [
      request.commandId,
    ]);
  }
}
