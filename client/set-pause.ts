import type { Client } from '@temporalio/client';
import { startPause, wakePause } from '../activities/start-pause.ts';
import { type ActorRole, recordCommand } from '../store/commands.ts';
import type { Database } from '../store/database.ts';
import { endPause, type NewPause, type Pause, readPause, setPause } from '../store/pauses.ts';

interface Services {
  readonly db: Database;
  readonly temporal: Client;
  readonly taskQueue: string;
}

/** Who asks for a pause or its end, and why. */
export interface PauseAsked {
  readonly organisationCode: string;
  readonly actor: { readonly name: string; readonly role: ActorRole };
  readonly reason: string;
}

/** A person pauses something: the pause is written down, in force from then on, and a workflow waits it out. */
export async function askForPause(
  { db, temporal, taskQueue }: Services,
  { organisationCode, actor, reason }: PauseAsked,
  wanted: Omit<NewPause, 'commandId' | 'reason'>,
): Promise<Pause> {
  const { organisationId, scope } = wanted;
  const pause = await db.organisation(organisationId, async (tx) => {
    const { school, cause, effect, stopNow, startsAt, endsAt } = wanted;
    const commandId = await recordCommand(tx, {
      organisationId,
      ...('connectionId' in scope ? { connectionId: scope.connectionId } : {}),
      action: 'pause',
      actor: actor.name,
      role: actor.role,
      reason,
      detail: { scope, school, cause, effect, stopNow, startsAt, endsAt },
    });
    const { pauseId } = await setPause(tx, { ...wanted, reason, commandId });
    return readPause(tx, pauseId);
  });
  const { pauseId, number } = pause;
  await startPause(temporal, taskQueue, { organisationCode, number }, { organisationId, pauseId });
  return pause;
}

/** A person lifts a pause, or takes back one that is still to come; false where it was over already. */
export async function liftPause(
  { db, temporal, taskQueue }: Services,
  { organisationCode, actor, reason }: PauseAsked,
  { organisationId, pauseId, number, connectionId }: Pause,
): Promise<boolean> {
  const lifted = await db.organisation(organisationId, async (tx) => {
    const ended = await endPause(tx, pauseId);
    if (ended) {
      await recordCommand(tx, {
        organisationId,
        ...(connectionId === null ? {} : { connectionId }),
        action: 'resume',
        actor: actor.name,
        role: actor.role,
        reason,
        detail: { pause: number },
      });
    }
    return ended;
  });
  if (!lifted) return false;
  const name = { organisationCode, number };
  // Started where it is missing: it ends what is left to do, such as the run that catches up.
  if (!(await startPause(temporal, taskQueue, name, { organisationId, pauseId }))) await wakePause(temporal, name);
  return true;
}
