import { type ErrorCode, errorMeanings } from '../roster/error-codes.ts';
import { newsFoundBy } from '../store/answer-shape.ts';
import { attendanceState } from '../store/attendance.ts';
import { countOutcomes } from '../store/changes.ts';
import { readConnection } from '../store/connections.ts';
import type { Transaction } from '../store/database.ts';
import { findingsCounted, openFindings } from '../store/findings.ts';
import { isToldOfRuns, tell } from '../store/messages.ts';
import { purge } from '../store/retention.ts';
import { clearFollowUp, endRun, pendingFollowUp, readRun } from '../store/runs.ts';
import { endReturn, useApprovals } from '../store/safety.ts';
import { clearStaging } from '../store/staging.ts';
import { type Counts, finishStep, type RunRef, type StepName, stepCounts, stepsOf } from '../store/steps.ts';
import { countAtTarget, countBefore } from '../store/telling.ts';
import { forgetShownPlan } from '../store/trial.ts';
import { durableStep } from './durable-step.ts';
import { announceHolds } from './hold.ts';
import type { Services } from './services.ts';
import { startDeliveries } from './start-deliveries.ts';
import { startSync } from './start-sync.ts';

/** How the workflow says a run went. */
export interface RunEnd {
  readonly state: 'completed' | 'failed' | 'cancelled';
  readonly code: ErrorCode | null;
  readonly step: StepName | null;
  /** The way up fails by itself: the records that went down stay sent. */
  readonly attendanceCode: ErrorCode | null;
}

/** Ends the run: counts what became of it, tidies up, and starts what a person asked for meanwhile. */
export async function report(services: Services, run: RunRef, end: RunEnd): Promise<Counts> {
  const { db } = services;
  const counts = await durableStep(services, run, 'report', (attempt) =>
    db.organisation(run.organisationId, async (tx) => {
      const { planOnly } = await readRun(tx, run.runId);
      const { summary, counts } = await summarise(tx, run, end);
      await useApprovals(tx, run);
      if (end.state === 'completed' && !planOnly) {
        await forgetShownPlan(tx, run.connectionId);
        await endReturn(tx, run);
      }
      await finishStep(tx, attempt, counts);
      await endRun(tx, run.runId, { state: end.state, code: end.code, failedStep: end.step, summary });
      await tellCompletion(tx, run, end);
      await tellFailure(tx, run, end);
      await tellShape(tx, run);
      return counts;
    }),
  );
  await db.loading(run.organisationId, (tx) => clearStaging(tx, run.runId));
  await purge(db, run.organisationId);
  await announceHolds(services, run);
  await startDeliveries(services, run.organisationId);
  const followUp = await db.organisation(run.organisationId, (tx) => pendingFollowUp(tx, run.connectionId));
  if (followUp !== undefined) {
    const connection = await db.organisation(run.organisationId, (tx) => readConnection(tx, run.connectionId));
    await startSync(
      services.temporal,
      services.taskQueue,
      { organisationCode: connection.organisationCode, connectionCode: connection.code },
      { ...run, runId: followUp.nextRunId, trigger: 'follow-up', preview: false, commandId: followUp.commandId },
    );
    await db.organisation(run.organisationId, (tx) => clearFollowUp(tx, run.connectionId, followUp.nextRunId));
  }
  return counts;
}

/** The end of a run is told where somebody wants to know; of a preview of other options nobody does. */
async function tellCompletion(tx: Transaction, run: RunRef, { state }: RunEnd): Promise<void> {
  const { number, planOnly, hypothetical } = await readRun(tx, run.runId);
  if (state !== 'completed' || hypothetical) return;
  if (!(await isToldOfRuns(tx, run.connectionId, 'completed', planOnly))) return;
  await tell(tx, { ...run, kind: 'completed', onceKey: `completed/${run.runId}`, detail: { run: number } });
}

/** A failure that does not pass by itself is told, once a day for each code. */
async function tellFailure(tx: Transaction, run: RunRef, { state, code, step }: RunEnd): Promise<void> {
  // Whoever set a pause knows what it ended.
  if (state !== 'failed' || code === null || code === 'PAUSED' || errorMeanings[code].retry) return;
  const { asOf, number } = await readRun(tx, run.runId);
  await tell(tx, {
    organisationId: run.organisationId,
    connectionId: run.connectionId,
    runId: run.runId,
    kind: 'failed',
    onceKey: `failed/${run.connectionId}/${code}/${asOf.slice(0, 10)}`,
    detail: { run: number, code, step },
  });
}

/** That answers changed shape is told once, by the first run that saw it, however it went. */
async function tellShape(tx: Transaction, run: RunRef): Promise<void> {
  const found = await newsFoundBy(tx, run);
  if (found === undefined) return;
  await tell(tx, { ...run, kind: 'shape', onceKey: `shape/${run.runId}`, detail: found });
}

async function summarise(
  tx: Transaction,
  run: RunRef,
  end: RunEnd,
): Promise<{ summary: Record<string, unknown>; counts: Counts }> {
  const { planOnly, hypothetical } = await readRun(tx, run.runId);
  const changes = await countOutcomes(tx, run.runId);
  const findings = await openFindings(tx, run.connectionId);
  const kept: Record<string, number> = {};
  for (const { code } of findings) kept[code] = (kept[code] ?? 0) + 1;
  const byCode = hypothetical ? findingsCounted(await stepsOf(tx, run.runId)) : kept;
  const attendance = await attendanceState(tx, run.connectionId);
  const before = await countBefore(tx, run.connectionId, run.runId);
  const after = await countAtTarget(tx, run.connectionId);
  const held = changes.filter((cell) => cell.state === 'held').reduce((sum, cell) => sum + cell.count, 0);
  return {
    summary: {
      planOnly,
      changes,
      held,
      totals: { before, after },
      findings: byCode,
      attendance: attendance.counts,
      attendanceCode: end.attendanceCode,
      credentialMails: (await stepCounts(tx, run.runId, 'plan'))['credential mails'] ?? 0,
    },
    counts: { findings: findings.length, held },
  };
}
