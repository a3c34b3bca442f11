import type { ApiTarget, TargetChange } from '../roster/contracts.ts';
import { foreignId } from '../roster/sync-key.ts';
import {
  type Double,
  keepOnly,
  knownDoubles,
  matchRecords,
  type PlanScope,
  planChanges,
  planFindings,
  planScope,
  recoverLinks,
  storePlan,
  takeOverSeen,
} from '../store/api-plan.ts';
import { doubtfulLessons } from '../store/changes.ts';
import { readConnection } from '../store/connections.ts';
import { labelled, settleFindings } from '../store/findings.ts';
import { readRun } from '../store/runs.ts';
import { snapshotOf } from '../store/snapshots.ts';
import { type Counts, finishStep, type RunRef } from '../store/steps.ts';
import { judgedIfStagingIsLost, reload } from './dedupe.ts';
import { durableStep } from './durable-step.ts';
import { learnReasons } from './map-reasons.ts';
import { openTarget } from './open-systems.ts';
import type { Services } from './services.ts';
import { takeInventory } from './take-inventory.ts';

/** Works out what would change at the target and stores it: nothing is ever written outside a stored plan. */
export function plan(services: Services, ref: RunRef, signal: AbortSignal): Promise<Counts> {
  return durableStep(services, ref, 'plan', async (attempt) => {
    const { run, connection } = await services.db.organisation(ref.organisationId, async (tx) => ({
      run: await readRun(tx, ref.runId),
      connection: await readConnection(tx, ref.connectionId, ref.runId),
    }));
    const { window } = await snapshotOf(services.db, run);
    const target = await openTarget(services, connection, { signal });
    const scope = planScope(run, window, connection, target);
    // What go-live is decided on includes which reasons of absence are in use, and whether they are mapped.
    if (connection.mode === 'trial') await learnReasons(services, connection, signal);
    const inventory = await takeInventory(services, attempt, target, scope, window);
    const late = await findDoubles(services, target, scope);
    const lost = await judgedIfStagingIsLost(services, run, signal);
    return services.db.loading(run.organisationId, async (tx) => {
      if (lost !== undefined) await reload(tx, run, lost);
      const recovered = await recoverLinks(tx, scope);
      const takenOver = run.relinks ? await takeOverSeen(tx, scope) : 0;
      await matchRecords(tx, scope);
      const doubles = [...late, ...(await knownDoubles(tx, scope))];
      await planChanges(tx, scope, doubles);
      await keepOnly(tx, scope);
      const findings = await planFindings(tx, scope, doubles);
      const notKept = await settleFindings(tx, run, 'plan', await labelled(tx, run, findings));
      const { changes, adoptions, newPeople } = await storePlan(tx, scope);
      const counts = {
        'objects at the target': inventory.objects,
        ...(recovered === 0 ? {} : { 'links found again': recovered }),
        ...(takenOver === 0 ? {} : { 'taken as written': takenOver }),
        changes,
        ...(adoptions === 0 ? {} : { adoptions }),
        'credential mails': target.mailsCredentials ? newPeople : 0,
        ...notKept,
      };
      await finishStep(tx, attempt, counts);
      return counts;
    });
  });
}

/** Asks the target for second objects of inserts that had to be sent again after a crash. */
async function findDoubles(services: Services, target: ApiTarget, scope: PlanScope): Promise<Double[]> {
  const doubtful = await services.db.organisation(scope.organisationId, (tx) => doubtfulLessons(tx, scope));
  const doubles: Double[] = [];
  for (const lesson of doubtful) {
    const asked: TargetChange = {
      kind: 'lesson',
      operation: 'insert',
      foreignId: foreignId(scope.code, lesson.syncKey),
      before: {},
      after: lesson.after,
      instructorIds: [],
      learnerIds: [],
      groupIds: [],
    };
    for (const found of await target.findAll(asked)) {
      if (found.targetId === lesson.targetId || !found.untouched) continue;
      doubles.push({ syncKey: lesson.syncKey, targetId: found.targetId, content: lesson.after });
    }
  }
  return doubles;
}
