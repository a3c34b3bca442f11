import { defineSearchAttributeKey, type Priority } from '@temporalio/common';
import {
  ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  defineUpdate,
  executeChild,
  isCancellation,
  setHandler,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import type { SkipOutcome } from '../activities/note-skip.ts';
import type { RunEnd } from '../activities/report.ts';
import type { SyncRequest } from '../activities/start-sync.ts';
import type { ErrorCode } from '../roster/error-codes.ts';
import { searchAttributes } from '../roster/search-attributes.ts';
import { turnOf } from '../roster/triggers.ts';
import type { RunRef, StepName } from '../store/steps.ts';
import { pushAttendance } from './push-attendance.ts';
import { RunSheet } from './run-sheet.ts';
import { Skippable, type SkippablePart } from './skippable.ts';
import { codeOf, inSlices, inTurn, stepOf } from './steps.ts';

/** A person's wish to skip a part, by the id of the command that was written down for it. */
const skipStep = defineUpdate<SkipOutcome, [commandId: string, part: SkippablePart]>('skipStep');

/** What became of a run, for whoever waits for the workflow; the store has the rest. */
export interface SyncResult {
  readonly state: 'completed' | 'refused';
}

/**
 * One run of a connection: records down, attendance up, a report. It never waits for a person and always ends. The way up
 * is tried also when the way down failed, unless credentials were refused.
 */
export async function syncRun(request: SyncRequest): Promise<SyncResult> {
  const { organisationId, connectionId, runId = uuid4() } = request;
  const run: RunRef = { organisationId, connectionId, runId };
  const turn = turnOf(organisationId, request.trigger);
  const { steps, books } = inTurn(turn);

  const { answer, number, code, onlyUp } = await books.admit({ ...request, runId });
  const sheet = new RunSheet(`Run ${number} (${answer}), asked for by: ${request.trigger}`);
  if (answer === 'refused') {
    show('refused', code ?? 'RUN_AT_WORK', sheet);
    return { state: 'refused' };
  }
  show('working', null, sheet);
  const parts = skippable(run, books);

  const down = onlyUp ? nothingFailed : await attempt(() => bringDown(run, answer, parts.upsert, sheet, steps));
  const goesUp = answer === 'work' && !down.cancelled && !isShutOut(down.code);
  const up = goesUp ? await attempt(() => bringUp(run, parts.attendance, sheet, turn)) : nothingFailed;

  const end = endOf(down, up, parts);
  await CancellationScope.nonCancellable(async () => {
    await condition(allHandlersFinished);
    await sheet.step('report', () => books.report(run, end));
  });
  show(end.state, end.code, sheet);
  if (end.state === 'failed') throw failureOf(end);
  if (end.state === 'cancelled') throw (down.error ?? up.error) as Error;
  return { state: 'completed' };
}

/**
 * fetch → validate → dedupe → plan → safety filter → upsert; a preview or a connection in trial stops before the last.
 * Validate and dedupe share an activity.
 */
async function bringDown(
  run: RunRef,
  answer: 'work' | 'plan-only',
  upsert: Skippable,
  sheet: RunSheet,
  steps: Steps,
): Promise<void> {
  await sheet.step('fetch', () => steps.fetch(run));
  await sheet.step('validate and dedupe', () => steps.validate(run));
  await sheet.step('plan', () => steps.plan(run));
  await sheet.step('safety filter', () => steps.filter(run));
  if (answer !== 'work') return;
  const write = () =>
    inSlices(
      () => steps.upsertSlice(run),
      ({ counts }) => sheet.progress('upsert', counts),
    );
  await sheet.step('upsert', () => upsert.run(write));
  if (upsert.skipped) sheet.mark('upsert', 'skipped');
}

/** Attendance is a workflow of its own, so that its trouble is seen apart. */
async function bringUp(run: RunRef, attendance: Skippable, sheet: RunSheet, priority: Priority): Promise<void> {
  const workflowId = `${workflowInfo().workflowId}/attendance`;
  const staticSummary = 'Attendance of settled lessons, back to the source';
  const bringBack = () => executeChild(pushAttendance, { workflowId, staticSummary, args: [run], priority });
  await sheet.step('attendance', () => attendance.run(bringBack));
  if (attendance.skipped) sheet.mark('attendance', 'skipped');
}

type Steps = ReturnType<typeof inTurn>['steps'];
type Parts = Readonly<Record<SkippablePart, Skippable>>;

/** A person may skip writing or attendance while the run is at it; the answer says what that leaves for the next run. */
function skippable(run: RunRef, books: Steps): Parts {
  const parts: Parts = { upsert: new Skippable(), attendance: new Skippable() };
  setHandler(skipStep, (commandId, part) => books.noteSkip(run, commandId, part, parts[part].skip()));
  return parts;
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

function endOf(down: Direction, up: Direction, { upsert, attendance }: Parts): RunEnd {
  const first = down.code !== null ? down : up;
  const cancelled = down.cancelled || up.cancelled;
  const skipped = upsert.skipped ? 'upsert' : attendance.skipped ? 'push-attendance' : null;
  return {
    state: cancelled ? 'cancelled' : first.code === null ? 'completed' : 'failed',
    code: first.code ?? (skipped === null ? null : 'STEP_SKIPPED'),
    step: first.step ?? skipped,
    attendanceCode: up.code,
  };
}

function failureOf(end: RunEnd): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`The run failed at ${end.step}.`, end.code ?? 'INTERNAL');
}

/** What the Temporal UI shows and filters by: codes only, two upserts a run. */
function show(state: string, code: ErrorCode | null, sheet: RunSheet): void {
  if (state !== 'working') sheet.end(state, code);
  upsertSearchAttributes([
    { key: defineSearchAttributeKey(searchAttributes.state, 'KEYWORD'), value: state },
    { key: defineSearchAttributeKey(searchAttributes.code, 'KEYWORD'), value: code },
  ]);
}
