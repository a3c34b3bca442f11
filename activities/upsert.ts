import { setTimeout as delay } from 'node:timers/promises';
import { RollcallError } from '../roster/errors.ts';
import { changeFindings, countStates, type DueChange, dueChanges } from '../store/changes.ts';
import { type Connection, readConnection } from '../store/connections.ts';
import { settleFindings } from '../store/findings.ts';
import { skipOwnChanges } from '../store/inventory.ts';
import { type Lease, leaseMs, releaseLease, renewLease, takeLease } from '../store/leases.ts';
import { stoppingPause } from '../store/pauses.ts';
import { readRun } from '../store/runs.ts';
import { type Attempt, beginStep, type Counts, finishStep, noteProgress, type RunRef } from '../store/steps.ts';
import { stopOf } from '../store/stops.ts';
import { flyCanary, isCanaryDue } from './canary.ts';
import { eachAtOnce } from './each-at-once.ts';
import { openTarget } from './open-systems.ts';
import { sendChange } from './send-change.ts';
import type { Services } from './services.ts';

/** What a slice of writing came to: done, or to be called again, after a wait where another writer is at the account. */
export interface Slice {
  readonly done: boolean;
  readonly waitMs: number;
  /** What became of the changes so far, by state: for the run's sheet in the Temporal UI. */
  readonly counts?: Counts;
}

// Requests in flight at once: enough to use a rate of eight a second with answers that take a second.
const atOnce = 8;
// About a minute's worth at the usual rate: between two batches the last requests are waited for, and places go unused.
const batch = 480;

const progressEveryMs = 1_000;

/** Time after a request's time-out within which its effect may still show at the target. */
export const lateMarginMs = 1_000;

/**
 * Applies what passed the safety filter, for about a minute, in dependency order. A change that an interrupted slice left
 * in *sending* is not touched before its request has timed out, and an insert is looked up twice before it is written
 * again.
 */
export async function upsertSlice(services: Services, run: RunRef, signal: AbortSignal): Promise<Slice> {
  const begun = await beginStep(services.db, run, 'upsert');
  if (begun.done) return { done: true, waitMs: 0 };
  const connection = await services.db.organisation(run.organisationId, (tx) => readConnection(tx, run.connectionId));
  const account = { organisationId: run.organisationId, ...connection.target };
  let lease: Lease;
  try {
    lease = await takeLease(services.db, account, run.runId);
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'ACCOUNT_BUSY') {
      return { done: false, waitMs: error.retryAfterMs ?? 1_000 };
    }
    throw error;
  }
  const done = await writeFor(services.sliceMs, { services, connection, attempt: begun.attempt, lease, signal });
  if (done) await releaseLease(services.db, lease);
  const counts = await services.db.organisation(run.organisationId, (tx) => countStates(tx, run.runId));
  return { done, waitMs: 0, counts };
}

interface Writing {
  readonly services: Services;
  readonly connection: Connection;
  readonly attempt: Attempt;
  readonly lease: Lease;
  readonly signal: AbortSignal;
}

async function writeFor(sliceMs: number, writing: Writing): Promise<boolean> {
  const { services, connection, attempt, signal } = writing;
  const { organisationId, runId } = attempt.run;
  const { requestTimeoutMs } = connection.target;
  const writable = new WritableWhile(leaseMs(requestTimeoutMs) - requestTimeoutMs);
  const target = await openTarget(services, connection, { signal, mayStillSend: () => writable.check() });
  const endsAt = performance.now() + sliceMs;
  while (performance.now() < endsAt) {
    signal.throwIfAborted();
    const due = await services.db.organisation(organisationId, async (tx) => {
      await renewLease(tx, writing.lease, requestTimeoutMs);
      return dueChanges(tx, runId, batch);
    });
    writable.renewed();
    if (due.length === 0) {
      await finish(services, connection, attempt);
      return true;
    }
    const ready = due.filter((change) => msUntilReady(change, requestTimeoutMs) <= 0);
    if (ready.length === 0) {
      const soonest = Math.min(...due.map((change) => msUntilReady(change, requestTimeoutMs)));
      await delay(Math.min(Math.max(soonest, 50), requestTimeoutMs, 1_000), undefined, { signal });
      continue;
    }
    const sending = { ...writing, target, renewed: () => writable.renewed() };
    if (await isCanaryDue(sending)) {
      await flyCanary(sending, ready);
      continue;
    }
    let notedAt = performance.now();
    let goesOn = true;
    await eachAtOnce(ready, atOnce, async (change) => {
      if (performance.now() >= endsAt || !goesOn) return;
      await sendChange(sending, change);
      if (performance.now() - notedAt < progressEveryMs) return;
      notedAt = performance.now();
      goesOn = await tellProgress(services, attempt);
    });
    if (!(await tellProgress(services, attempt))) return false;
  }
  return false;
}

/** Notes how far it is; false where it was stopped or paused meanwhile: the next slice is refused. */
function tellProgress({ db }: Services, attempt: Attempt): Promise<boolean> {
  const { organisationId, connectionId, runId } = attempt.run;
  return db.organisation(organisationId, async (tx) => {
    await noteProgress(tx, attempt, await countStates(tx, runId));
    return (await stopOf(tx, connectionId)) === undefined && (await stoppingPause(tx, connectionId)) === undefined;
  });
}

/** How long a change must still be left alone: until the request that may be under way has surely been answered. */
export function msUntilReady(change: DueChange, requestTimeoutMs: number): number {
  if (change.state === 'planned') return 0;
  const since = change.lookedMsAgo ?? change.sentMsAgo ?? 0;
  return requestTimeoutMs + lateMarginMs - since;
}

async function finish(services: Services, connection: Connection, attempt: Attempt): Promise<void> {
  const { run } = attempt;
  await services.db.organisation(run.organisationId, async (tx) => {
    const states = await countStates(tx, run.runId);
    if (Object.keys(states).length > 0) await skipOwnChanges(tx, connection.target.accountId);
    const { onlyKey } = await readRun(tx, run.runId);
    await settleFindings(tx, run, 'upsert', await changeFindings(tx, run.runId), onlyKey);
    await finishStep(tx, attempt, states);
  });
}

/**
 * The local half of the lease: a process that was frozen and wakes up must not send what it was about to. Reckoned with
 * the monotonic clock, which goes on while a process is stopped.
 */
class WritableWhile {
  readonly #ms: number;
  #renewedAt = performance.now();

  constructor(ms: number) {
    this.#ms = ms;
  }

  renewed(): void {
    this.#renewedAt = performance.now();
  }

  check(): void {
    if (performance.now() - this.#renewedAt > this.#ms) {
      throw new RollcallError('LEASE_LOST', 'This worker was away for longer than its lease and sends nothing more.');
    }
  }
}
