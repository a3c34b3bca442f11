import type { Priority } from '@temporalio/common';
import { ActivityFailure, ApplicationFailure, proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Slice } from '../activities/upsert.ts';
import { type ErrorCode, isErrorCode } from '../roster/error-codes.ts';
import type { StepName } from '../store/steps.ts';

/**
 * Steps that reach outside systems: tried again for about eight minutes, then the run fails with a code. Every activity
 * heartbeats by itself, so a worker that dies is noticed within ten seconds.
 */
const reaching = {
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 20 },
} as const;
export const steps = proxyActivities<Activities>(reaching);

/** Steps that only keep our own books: they never give up, since a run must end in the store. */
const bookkeeping = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
} as const;
export const books = proxyActivities<Activities>(bookkeeping);

/** The same with a turn of their own: what a Schedule starts has none that its steps could inherit. */
export function inTurn(priority: Priority) {
  return {
    steps: proxyActivities<Activities>({ ...reaching, priority }),
    books: proxyActivities<Activities>({ ...bookkeeping, priority }),
  };
}

/** Repeats a step that works in slices until it is done, waiting where another writer is at the account. */
export async function inSlices(slice: () => Promise<Slice>, told: (slice: Slice) => void = () => {}): Promise<void> {
  for (;;) {
    const one = await slice();
    told(one);
    const { done, waitMs } = one;
    if (done) return;
    if (waitMs > 0) await sleep(waitMs, { summary: 'another run writes to this account' });
  }
}

/** The code of a failure, however deep the activity or child workflow that met it; without one it is a fault of ours. */
export function codeOf(error: unknown): ErrorCode {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure && cause.type && isErrorCode(cause.type)) return cause.type;
  }
  return 'INTERNAL';
}

const stepOfActivity: Partial<Record<string, StepName>> = {
  fetch: 'fetch',
  validate: 'validate',
  plan: 'plan',
  filter: 'safety-filter',
  upsertSlice: 'upsert',
  readAttendance: 'read-attendance',
  pushAttendanceSlice: 'push-attendance',
};

/** The step that a failure stopped, by the name it has in the store and on screens. */
export function stepOf(error: unknown): StepName | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ActivityFailure) return stepOfActivity[cause.activityType] ?? null;
  }
  return null;
}
