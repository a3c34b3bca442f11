import { judgeMoment } from '../roster/calendar.ts';
import { RollcallError } from '../roster/errors.ts';
import { safetyFilter } from '../roster/safety-filter.ts';
import { readTimeFacts } from '../store/calendar.ts';
import { businessNow } from '../store/clock.ts';
import type { Transaction } from '../store/database.ts';
import { settleHolds } from '../store/holds.ts';
import { readRun } from '../store/runs.ts';
import {
  cellsToJudge,
  holdCells,
  readLimits,
  settleDecisions,
  stopImport,
  suppressRejected,
  waitForTime,
} from '../store/safety.ts';
import { type Counts, finishStep, type RunRef } from '../store/steps.ts';
import { durableStep } from './durable-step.ts';
import type { Services } from './services.ts';

/**
 * Compares the plan with the limits: what is over a limit, and what depends on it, is held; the rest goes on. What a
 * person approved passes, and what a person rejected is left out. Of what passes, some may wait for a pause or a day to end.
 */
export async function filter(services: Services, run: RunRef): Promise<Counts> {
  const counts = await durableStep(services, run, 'safety-filter', (attempt) =>
    services.db.organisation(run.organisationId, async (tx) => {
      const counts = await judge(tx, run);
      await finishStep(tx, attempt, counts);
      return counts;
    }),
  );
  if ((counts['stopped'] ?? 0) > 0) {
    throw new RollcallError('IMPORT_STOPPED', 'A part of this import is over its limit; nothing of it was sent.');
  }
  return counts;
}

async function judge(tx: Transaction, run: RunRef): Promise<Counts> {
  const { planOnly, onlyKey } = await readRun(tx, run.runId);
  // A preview, and a run for one record, say nothing of what the other holds are about.
  const settles = !planOnly && onlyKey === null;
  if (settles) await settleDecisions(tx, run);
  const suppressed = await suppressRejected(tx, run);
  const { limitOf, overLimit } = await readLimits(tx, run.connectionId);
  const { cells, size } = await cellsToJudge(tx, run);
  const overCells = safetyFilter(cells, limitOf, size);
  const held = await holdCells(tx, run.runId, overCells);
  if (settles) await settleHolds(tx, run, overCells);
  const stopped = held > 0 && overLimit === 'stop-all' ? await stopImport(tx, run.runId) : 0;
  const waiting = await keepBack(tx, run);
  return {
    held,
    ...(waiting > 0 ? { waiting } : {}),
    ...(suppressed > 0 ? { suppressed } : {}),
    ...(stopped > 0 ? { stopped } : {}),
  };
}

/** Judged now, not by the run's fixed time: an add-only pause that began while the source was read counts. */
async function keepBack(tx: Transaction, run: RunRef): Promise<number> {
  const { waits } = judgeMoment(await readTimeFacts(tx, run.connectionId), await businessNow(tx));
  let waiting = 0;
  for (const wait of waits) waiting += await waitForTime(tx, run.runId, wait);
  return waiting;
}
