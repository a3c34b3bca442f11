import { errorMeanings } from '../../../roster/error-codes.ts';
import { recordCommand } from '../../../store/commands.ts';
import { goLive } from '../../../store/connections.ts';
import type { Transaction } from '../../../store/database.ts';
import { type ReasonRow, unmappedInUse } from '../../../store/reasons.ts';
import { knownGroups, planIsFreshDays, shownPlan } from '../../../store/trial.ts';
import { schedulesLater, tellSchedules } from '../../tell-schedules.ts';
import { exitCodes, Refused, UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { findConnection, withSession } from '../session.ts';

/** Ends the trial of a connection, on the plan that was shown: a pilot of some groups, or everything. */
export async function live(
  name: string,
  options: { only?: string[]; reason?: string; json?: boolean },
): Promise<number> {
  return withSession('go-live', async ({ db, actor, settings, temporal }) => {
    const { organisationId, organisationCode, connectionId, mode } = await findConnection(db, name);
    const done = await db.organisation(organisationId, async (tx) => {
      const shown = await shownPlan(tx, connectionId);
      if (shown === undefined) return undefined;
      // One that is live already is widened: what is not mapped waits there, and the finding says so.
      if (mode === 'trial') refuseUnmapped(name, await unmappedInUse(tx, connectionId));
      const pilot = options.only === undefined ? null : await pilotOf(tx, connectionId, options.only);
      await recordCommand(tx, {
        organisationId,
        connectionId,
        action: 'go-live',
        actor: actor.name,
        role: actor.role,
        reason: options.reason ?? '',
        detail: { run: shown.number, pilot },
      });
      const changed = await goLive(tx, connectionId, { shownRun: shown.runId, pilot });
      return { changed, shown, pilot };
    });
    if (done === undefined) {
      print(
        `There is no plan to decide on: none was made in the last ${planIsFreshDays} days with the configuration as it is now. ` +
          `Look at one first: rollcall trial ${name}`,
      );
      return exitCodes.refused;
    }
    const { changed, shown, pilot } = done;
    const told = await tellSchedules({ db, temporal, taskQueue: settings.taskQueue }, organisationCode);
    if (options.json) printJson('go-live', { connection: name, changed, run: shown.number, pilot });
    else {
      const what = pilot === null ? 'everything' : `a pilot of ${pilot.length} group${pilot.length === 1 ? '' : 's'}`;
      print(
        `${name} is live with ${what}${changed ? '' : ', as it was before but for that'}: its next run writes what run ${shown.number} showed.`,
      );
      if (!told) print(schedulesLater);
    }
    return exitCodes.done;
  });
}

/** Absences for reasons that are in use would wait from the first day on. */
function refuseUnmapped(name: string, unmapped: readonly ReasonRow[]): void {
  if (unmapped.length === 0) return;
  throw new Refused(
    `REASONS_UNMAPPED: ${errorMeanings.REASONS_UNMAPPED.what.en} They are: ${reasonNames(unmapped)}. ` +
      `Look and map them with: rollcall reasons ${name}`,
  );
}

/** Reasons as people know them, for a sentence. */
export function reasonNames(reasons: readonly ReasonRow[]): string {
  return reasons.map(({ reasonId, name }) => (name === '' ? reasonId : `"${name}" (${reasonId})`)).join(', ');
}

/** Sync keys of groups that a person named by key or name; what is no group is told with those that come near. */
async function pilotOf(tx: Transaction, connectionId: string, names: readonly string[]): Promise<string[]> {
  const groups = await knownGroups(tx, connectionId);
  const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').trim().toLowerCase();
  return names.flatMap((name) => {
    const fitting = groups.filter(({ syncKey, label }) => syncKey === name || plain(label) === plain(name));
    if (fitting.length > 0) return fitting.map(({ syncKey }) => syncKey);
    const near = groups.filter(({ label }) => plain(label).includes(plain(name).slice(0, 4))).slice(0, 8);
    const list = (near.length > 0 ? near : groups.slice(0, 8)).map(({ label }) => `"${label}"`).join(', ');
    throw new UsageError(
      `The source names no group "${name}". ${list === '' ? 'It names no group at all.' : `There are: ${list} …`}`,
    );
  });
}
