import { randomUUID } from 'node:crypto';
import { errorMeanings, isErrorCode } from '../roster/error-codes.ts';
import { readConnection } from '../store/connections.ts';
import { expireApprovals, undeliveredDecisions } from '../store/decisions.ts';
import { organisationsWithDue } from '../store/deliveries.ts';
import { noteDone } from '../store/gauges.ts';
import { openHolds } from '../store/holds.ts';
import { tell } from '../store/messages.ts';
import { openPauses } from '../store/pauses.ts';
import { clearFollowUp, type FailedRun, markLost, newestFailedRuns, pendingFollowUp } from '../store/runs.ts';
import type { Counts } from '../store/steps.ts';
import { organisationIds, retriesInARow, runsAtWork, waitingFollowUps } from '../store/sweep.ts';
import { workflowIsOpen } from './admit.ts';
import { pingOutside } from './heartbeat.ts';
import { decideHold } from './hold.ts';
import { lookAtPause } from './pause.ts';
import { reconcileSchedules } from './schedules.ts';
import type { Services } from './services.ts';
import { listenForSilence } from './silence.ts';
import { startDeliveries } from './start-deliveries.ts';
import { startHold } from './start-hold.ts';
import { startPause } from './start-pause.ts';
import { startSync } from './start-sync.ts';

/**
 * Puts right what a crash or a person left undone, a few minutes later: runs whose workflow was closed, decisions that no
 * worker took, waits that are not running, requests that were not started, failures that may pass by themselves.
 */
export async function sweep(services: Services): Promise<Counts> {
  const counts = {
    lost: await markLostRuns(services),
    decisions: await deliverDecisions(services),
    expired: await expire(services),
    holds: await restartHolds(services),
    'follow-ups': await startFollowUps(services),
    retries: await retryTransient(services),
    pauses: await lookAtPauses(services),
    schedules: await putSchedulesRight(services),
    silent: await listenForSilence(services),
    deliveries: await deliverWhatIsDue(services),
  };
  await services.db.operator((tx) => noteDone(tx, 'sweep'));
  const outside = await pingOutside(services.heartbeatUrl);
  return outside === 'none' ? counts : { ...counts, [`heartbeat ${outside}`]: 1 };
}

/** What was told meanwhile, what failed and is tried again, and the mails of the day. */
async function deliverWhatIsDue(services: Services): Promise<number> {
  let started = 0;
  for (const organisationId of await services.db.operator(organisationsWithDue)) {
    if (await startDeliveries(services, organisationId)) started += 1;
  }
  return started;
}

async function markLostRuns(services: Services): Promise<number> {
  let lost = 0;
  for (const run of await services.db.operator(runsAtWork)) {
    if (await workflowIsOpen(services, run.workflowId)) continue;
    await services.db.organisation(run.organisationId, (tx) => markLost(tx, run.runId));
    lost += 1;
  }
  return lost;
}

async function deliverDecisions(services: Services): Promise<number> {
  const undelivered = await services.db.operator(undeliveredDecisions);
  for (const { commandId, ...ref } of undelivered) await decideHold(services, ref, commandId);
  return undelivered.length;
}

async function expire({ db }: Services): Promise<number> {
  let expired = 0;
  for (const organisationId of await db.operator(organisationIds)) {
    expired += await db.organisation(organisationId, async (tx) => {
      const approvals = await expireApprovals(tx);
      for (const { connectionId, commandId, changes } of approvals) {
        const onceKey = `approval-expired/${commandId}`;
        await tell(tx, { organisationId, connectionId, kind: 'approval-expired', onceKey, detail: { changes } });
      }
      return approvals.length;
    });
  }
  return expired;
}

/** Every open hold has a workflow that waits; most have it already. */
async function restartHolds(services: Services): Promise<number> {
  const { db, temporal, taskQueue } = services;
  let started = 0;
  for (const { number, ...ref } of await db.operator(openHolds)) {
    const { organisationCode, code } = await db.organisation(ref.organisationId, (tx) =>
      readConnection(tx, ref.connectionId),
    );
    const name = { organisationCode, connectionCode: code };
    if (await startHold(temporal, taskQueue, name, number, ref)) started += 1;
  }
  return started;
}

/** Every pause has a workflow that waits it out; one whose clock was set, or that was lifted unnoticed, is looked at here. */
async function lookAtPauses(services: Services): Promise<number> {
  const { db, temporal, taskQueue } = services;
  let started = 0;
  for (const { organisationId, pauseId, ...name } of await db.operator(openPauses)) {
    const { over } = await lookAtPause(services, { organisationId, pauseId });
    if (!over && (await startPause(temporal, taskQueue, name, { organisationId, pauseId }))) started += 1;
  }
  return started;
}

const roundMs = 5 * 60_000;

async function putSchedulesRight(services: Services): Promise<number> {
  const { told, putRight, paused } = await reconcileSchedules(services, { round: Math.floor(Date.now() / roundMs) });
  return told + putRight + paused;
}

/** A request that was remembered during a run whose report did not come to start it. */
async function startFollowUps({ db, temporal, taskQueue }: Services): Promise<number> {
  const waiting = await db.operator(waitingFollowUps);
  for (const { organisationId, connectionId, ...name } of waiting) {
    const followUp = await db.organisation(organisationId, (tx) => pendingFollowUp(tx, connectionId));
    if (followUp === undefined) continue;
    const { nextRunId, commandId } = followUp;
    await startSync(temporal, taskQueue, name, {
      organisationId,
      connectionId,
      runId: nextRunId,
      trigger: 'follow-up',
      preview: false,
      commandId,
    });
    await db.organisation(organisationId, (tx) => clearFollowUp(tx, connectionId, nextRunId));
  }
  return waiting.length;
}

/** After a first retry ten minutes later, each waits twice as long as the one before; after six it waits for its window. */
const firstPauseMs = 10 * 60_000;
const mostRetries = 6;

/** Takes up again what failed for a reason that may pass by itself. */
async function retryTransient(services: Services): Promise<number> {
  const codes = Object.entries(errorMeanings).flatMap(([code, { retry }]) => (retry ? [code] : []));
  let retried = 0;
  for (const run of await newestFailedRuns(services.db, { codes })) {
    if (run.planOnly || !(await isDue(services, run))) continue;
    await startSync(services.temporal, services.taskQueue, run, {
      organisationId: run.organisationId,
      connectionId: run.connectionId,
      runId: randomUUID(),
      trigger: 'sweep',
      preview: false,
      commandId: null,
      retryOf: run.runId,
    });
    retried += 1;
  }
  return retried;
}

async function isDue({ db }: Services, run: FailedRun): Promise<boolean> {
  if (run.code === null || !isErrorCode(run.code) || run.endedAt === null) return false;
  const { before, endedMsAgo } = await db.organisation(run.organisationId, (tx) => retriesInARow(tx, run.runId));
  return before < mostRetries && endedMsAgo >= firstPauseMs * 2 ** before;
}
