import type { Transaction } from '../store/database.ts';
import { dedupeStaging } from '../store/dedupe.ts';
import { labelled, settleFindings } from '../store/findings.ts';
import { keepRecords } from '../store/record-index.ts';
import { readRun } from '../store/runs.ts';
import { snapshotOf } from '../store/snapshots.ts';
import { stagingIsWhole } from '../store/staging.ts';
import { type Counts, finishStep, type RunRef } from '../store/steps.ts';
import { durableStep } from './durable-step.ts';
import type { JudgedSnapshot } from './load-snapshot.ts';
import type { Services } from './services.ts';
import { loadJudged, readJudged } from './validate.ts';

/**
 * Decides doubled keys in staging by rule and reports them, and keeps what the source said of each record. Here and not in
 * the plan: people ask also when the target does not answer.
 */
export function dedupe(services: Services, run: RunRef, signal: AbortSignal): Promise<Counts> {
  return durableStep(services, run, 'dedupe', async (attempt) => {
    const { hypothetical } = await services.db.organisation(run.organisationId, (tx) => readRun(tx, run.runId));
    const { window } = await snapshotOf(services.db, run);
    const lost = await judgedIfStagingIsLost(services, run, signal);
    return services.db.loading(run.organisationId, async (tx) => {
      if (lost !== undefined) await loadJudged(tx, run, lost);
      const { removed, findings } = await dedupeStaging(tx, run);
      if (!hypothetical) await keepRecords(tx, run, window);
      const notKept = await settleFindings(tx, run, 'dedupe', await labelled(tx, run, findings));
      const counts = { 'doubled rows': removed, ...notKept };
      await finishStep(tx, attempt, counts);
      return counts;
    });
  });
}

/** The judged snapshot when staging is not what its manifest says, as after a crash of PostgreSQL; else undefined. */
export async function judgedIfStagingIsLost(
  services: Services,
  run: RunRef,
  signal: AbortSignal,
): Promise<JudgedSnapshot | undefined> {
  const whole = await services.db.loading(run.organisationId, (tx) => stagingIsWhole(tx, run.runId));
  return whole ? undefined : readJudged(services, run, signal);
}

/** Loads and dedupes again what was lost, for a step after dedupe. */
export async function reload(tx: Transaction, run: RunRef, judged: JudgedSnapshot): Promise<void> {
  await loadJudged(tx, run, judged);
  await dedupeStaging(tx, run);
}
