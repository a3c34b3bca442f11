import type { ApiTarget, TargetChange } from '../roster/contracts.ts';
import { foreignId } from '../roster/sync-key.ts';
import { type Double, planChanges, planFindings, storePlan } from '../store/api-plan.ts';
import { doubtfulLessons } from '../store/changes.ts';
import { readConnection } from '../store/connections.ts';
import { settleFindings } from '../store/findings.ts';
import { type Run, readRun } from '../store/runs.ts';
import { snapshotOf } from '../store/snapshots.ts';
import { type Counts, finishStep, type RunRef } from '../store/steps.ts';
import { judgedIfStagingIsLost, reload } from './dedupe.ts';
import { durableStep } from './durable-step.ts';
import { openTarget } from './open-systems.ts';
import type { Services } from './services.ts';

/** Works out what would change at the target and stores it: nothing is ever written outside a stored plan. */
export function plan(services: Services, ref: RunRef, signal: AbortSignal): Promise<Counts> {
  return durableStep(services, ref, 'plan', async (attempt) => {
    const run = await services.db.organisation(ref.organisationId, (tx) => readRun(tx, ref.runId));
    const { window } = await snapshotOf(services.db, run);
    const doubles = await findDoubles(services, run, signal);
    const lost = await judgedIfStagingIsLost(services, run, signal);
    return services.db.loading(run.organisationId, async (tx) => {
      if (lost !== undefined) await reload(tx, run, lost);
      await planChanges(tx, { run, window }, doubles);
      await settleFindings(tx, run, 'plan', await planFindings(tx, { run, window }, doubles));
      const { changes } = await storePlan(tx, { run, window });
      const counts = { changes };
      await finishStep(tx, attempt, counts);
      return counts;
    });
  });
}

/** Asks the target for second objects of inserts that had to be sent again after a crash. */
async function findDoubles(services: Services, run: Run, signal: AbortSignal): Promise<Double[]> {
  const { db } = services;
  const doubtful = await db.organisation(run.organisationId, (tx) => doubtfulLessons(tx, run));
  if (doubtful.length === 0) return [];
  const connection = await db.organisation(run.organisationId, (tx) => readConnection(tx, run.connectionId));
  const target: ApiTarget = await openTarget(services, connection, { signal });
  const doubles: Double[] = [];
  for (const lesson of doubtful) {
    const asked: TargetChange = {
      kind: 'lesson',
      operation: 'insert',
      foreignId: foreignId(connection.code, lesson.syncKey),
      before: {},
      after: lesson.after,
      instructorIds: [],
      learnerIds: [],
    };
    for (const found of await target.findAll(asked)) {
      if (found.targetId === lesson.targetId || !found.untouched) continue;
      doubles.push({ syncKey: lesson.syncKey, targetId: found.targetId, content: lesson.after });
    }
  }
  return doubles;
}
