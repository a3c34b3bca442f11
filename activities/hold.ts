import { readConnection } from '../store/connections.ts';
import { carryOutDecision, type DecisionOutcome } from '../store/decisions.ts';
import { holdsToWake, markTold, readHold } from '../store/holds.ts';
import { tell } from '../store/messages.ts';
import type { RunRef } from '../store/steps.ts';
import type { Services } from './services.ts';
import { startDeliveries } from './start-deliveries.ts';
import { type HoldRef, startHold, wakeHold } from './start-hold.ts';
import { startSync } from './start-sync.ts';

/** What a hold's workflow does next: end, or look again after so long. */
export interface HoldLook {
  readonly open: boolean;
  readonly nextMs: number;
}

const dayMs = 86_400_000;
const reminderDays = [1, 3, 7];

/** Reminders after one, three and seven days, then every week. */
function nextReminder(ageMs: number): { number: number; inMs: number } {
  const days = ageMs / dayMs;
  const early = reminderDays.findIndex((day) => days < day);
  if (early >= 0) return { number: early, inMs: ((reminderDays[early] ?? 0) - days) * dayMs };
  const weeks = Math.floor(days / 7);
  return { number: reminderDays.length - 1 + weeks, inMs: ((weeks + 1) * 7 - days) * dayMs };
}

/** Tells people of an open hold, once at first and again at each reminder; says whether it still waits. */
export async function lookAtHold(services: Services, ref: HoldRef): Promise<HoldLook> {
  const look = await services.db.organisation(ref.organisationId, async (tx) => {
    const hold = await readHold(tx, ref.holdId);
    if (!hold.open) return { open: false, nextMs: 0 };
    const { number, inMs } = nextReminder(hold.ageMs);
    // A hold that replaced a larger one was told in that one's name: only reminders are due.
    if (number > 0 || !hold.told) {
      const { connectionId, kind, operation, reason, count, firstLessonAt } = hold;
      await tell(tx, {
        organisationId: ref.organisationId,
        connectionId,
        holdId: ref.holdId,
        kind: 'held',
        onceKey: `held/${ref.holdId}/${number}`,
        detail: { hold: hold.number, kind, operation, reason, count, firstLessonAt, reminder: number },
      });
      await markTold(tx, ref.holdId);
    }
    return { open: true, nextMs: Math.ceil(inMs) };
  });
  await startDeliveries(services, ref.organisationId);
  return look;
}

/** Carries out a person's decision; an approval starts a run at once, whose id is the command's, so that it is one. */
export async function decideHold(
  services: Services,
  ref: { organisationId: string; connectionId: string },
  commandId: string,
): Promise<DecisionOutcome> {
  const { outcome, connection } = await services.db.organisation(ref.organisationId, async (tx) => {
    const outcome = await carryOutDecision(tx, commandId);
    const connection = await readConnection(tx, ref.connectionId);
    await tell(tx, {
      organisationId: ref.organisationId,
      connectionId: ref.connectionId,
      kind: 'decided',
      onceKey: `decided/${commandId}`,
      detail: { ...outcome },
    });
    return { outcome, connection };
  });
  await startDeliveries(services, ref.organisationId);
  if (outcome.startsRun) {
    await startSync(
      services.temporal,
      services.taskQueue,
      { organisationCode: connection.organisationCode, connectionCode: connection.code },
      { ...ref, runId: commandId, trigger: 'approval', preview: false, commandId: null },
    );
  }
  return outcome;
}

/** After a run: a workflow for each hold that waits, and word to those whose hold it closed. */
export async function announceHolds(services: Services, run: RunRef): Promise<void> {
  const { db, temporal, taskQueue } = services;
  const { organisationId, connectionId } = run;
  const holds = await db.organisation(organisationId, (tx) => holdsToWake(tx, connectionId));
  if (holds.length === 0) return;
  const connection = await db.organisation(organisationId, (tx) => readConnection(tx, connectionId));
  const name = { organisationCode: connection.organisationCode, connectionCode: connection.code };
  for (const { holdId, number, open } of holds) {
    if (open) await startHold(temporal, taskQueue, name, number, { organisationId, connectionId, holdId });
    else await wakeHold(temporal, name, number);
  }
}
