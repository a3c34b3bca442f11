import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  executeChild,
  isCancellation,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { RunEnd } from '../activities/report.ts';
import type { SyncRequest } from '../activities/start-sync.ts';
import type { ErrorCode } from '../roster/error-codes.ts';
import { searchAttributes } from '../roster/search-attributes.ts';
import type { RunRef, StepName } from '../store/steps.ts';
import { pushAttendance } from './push-attendance.ts';
import { books, codeOf, inSlices, stepOf, steps } from './steps.ts';

/** What became of a run, for whoever waits for the workflow; the store has the rest. */
export interface SyncResult {
  readonly state: 'completed' | 'refused';
}

/**
 * One run of a connection: records down, attendance up, a report. It never waits for a person and always ends. The way up
 * is tried also when the way down failed, unless credentials were refused.
 */
export async function syncRun(request: SyncRequest): Promise<SyncResult> {
  const { organisationId, connectionId, runId } = request;
  const run: RunRef = { organisationId, connectionId, runId };

  const { answer, code, onlyUp } = await books.admit(request);
  if (answer === 'refused') {
    show('refused', code ?? 'RUN_AT_WORK');
    return { state: 'refused' };
  }
  show('working', null);

  const down = onlyUp ? nothingFailed : await attempt(() => bringDown(run, answer));
  const goesUp = answer === 'work' && !down.cancelled && !isShutOut(down.code);
  const up = goesUp ? await attempt(() => bringUp(run)) : nothingFailed;

  const end = endOf(down, up);
  await CancellationScope.nonCancellable(() => books.report(run, end));
  show(end.state, end.code);
  if (end.state === 'failed') throw failureOf(end);
  if (end.state === 'cancelled') throw (down.error ?? up.error) as Error;
  return { state: 'completed' };
}

/**
 * fetch → validate → dedupe → plan → safety filter → upsert; a preview or a connection in trial stops before the last.
 * Validate and dedupe share an activity.
 */
async function bringDown(run: RunRef, answer: 'work' | 'plan-only'): Promise<void> {
  await steps.fetch(run);
  await steps.validate(run);
  await steps.plan(run);
  await steps.filter(run);
  if (answer === 'work') await inSlices(() => steps.upsertSlice(run));
}

/** Attendance is a workflow of its own, so that its trouble is seen apart. */
async function bringUp(run: RunRef): Promise<void> {
  await executeChild(pushAttendance, { workflowId: `${workflowInfo().workflowId}/attendance`, args: [run] });
}

/** After refused credentials nothing is tried again with them: a second attempt may lock the account. */
function isShutOut(code: ErrorCode | null): boolean {
  return code === 'SOURCE_AUTH_REFUSED' || code === 'TARGET_AUTH_REFUSED' || code === 'TARGET_UNPAID';
}

/** How one direction went. */
interface Direction {
  readonly cancelled: boolean;
  readonly code: ErrorCode | null;
  readonly step: StepName | null;
  readonly error: unknown;
}

const nothingFailed: Direction = { cancelled: false, code: null, step: null, error: undefined };

async function attempt(direction: () => Promise<void>): Promise<Direction> {
  try {
    await direction();
    return nothingFailed;
  } catch (error) {
    if (isCancellation(error)) return { cancelled: true, code: 'RUN_CANCELLED', step: null, error };
    return { cancelled: false, code: codeOf(error), step: stepOf(error), error };
  }
}

function endOf(down: Direction, up: Direction): RunEnd {
  const first = down.code !== null ? down : up;
  const cancelled = down.cancelled || up.cancelled;
  return {
    state: cancelled ? 'cancelled' : first.code === null ? 'completed' : 'failed',
    code: first.code,
    step: first.step,
    attendanceCode: up.code,
  };
}

function failureOf(end: RunEnd): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`The run failed at ${end.step}.`, end.code ?? 'INTERNAL');
}

/** What the Temporal UI shows and filters by: codes only, two upserts a run. */
function show(state: string, code: ErrorCode | null): void {
  upsertSearchAttributes([
    { key: defineSearchAttributeKey(searchAttributes.state, 'KEYWORD'), value: state },
    { key: defineSearchAttributeKey(searchAttributes.code, 'KEYWORD'), value: code },
  ]);
}
