import { recordCommand } from '../../../store/commands.ts';
import { removeConnection } from '../../../store/connections.ts';
import { schedulesLater, tellSchedules } from '../../tell-schedules.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { findConnection, withSession } from '../session.ts';

/** Takes a connection out of service for good. What is at the target stays there. */
export async function remove(name: string, options: { reason: string; json?: boolean }): Promise<number> {
  return withSession('remove', async ({ db, actor, settings, temporal }) => {
    const { organisationId, organisationCode, connectionId } = await findConnection(db, name);
    const removal = await db.organisation(organisationId, async (tx) => {
      await recordCommand(tx, {
        organisationId,
        connectionId,
        action: 'remove',
        actor: actor.name,
        role: actor.role,
        reason: options.reason,
      });
      return removeConnection(tx, connectionId);
    });
    const told = await tellSchedules({ db, temporal, taskQueue: settings.taskQueue }, organisationCode);
    if (options.json) printJson('remove', { connection: name, ...removal });
    else {
      const { passedOn, left } = removal;
      print(`${name} is removed. Nothing was written outside: ${left} records stay at the target as they are.`);
      if (passedOn > 0) print(`${passedOn} that other connections name too are theirs now.`);
      if (!told) print(schedulesLater);
    }
    return exitCodes.done;
  });
}
