import { systems } from '../../../connectors/registry.ts';
import { newestFailedRuns } from '../../../store/runs.ts';
import { liftStop, listStops, type StopScope, setStop } from '../../../store/stops.ts';
import { retryRuns } from '../../retry.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { localTime, paint, print, printJson, printTable } from '../output.ts';
import { withSession } from '../session.ts';

/** What a stop is to reach. */
interface Reach {
  readonly all?: boolean;
  readonly system?: string;
  readonly target?: string;
}

/** Stops everything, a system, or what writes to one, for every organisation, at the next slice of each run. */
export async function stop(options: Reach & { reason?: string; json?: boolean }): Promise<number> {
  const { scope, system } = reachOf(options);
  const reason = options.reason?.trim() ?? '';
  if (reason === '') throw new UsageError('Say why with --reason: everybody who asks why nothing runs will read it.');
  return withSession('stop', async ({ db, actor }) => {
    const set = await db.operator((tx) => setStop(tx, { scope, system, reason, setBy: actor.name }));
    if (options.json) printJson('stop', { scope, system, reason, set });
    else
      print(
        set
          ? `Stopped: ${named(scope, system)}. Lift it with "rollcall go".`
          : `${named(scope, system)} was stopped already.`,
      );
    return exitCodes.done;
  });
}

/** Lifts a stop, and takes up again what it stopped. */
export async function go(options: Reach & { json?: boolean }): Promise<number> {
  const { scope, system } = reachOf(options);
  return withSession('go', async (session) => {
    const { db, actor, settings } = session;
    const lifted = await db.operator((tx) => liftStop(tx, { scope, system, liftedBy: actor.name }));
    const stopped = lifted ? await newestFailedRuns(db, { codes: ['STOPPED'] }) : [];
    const services = { db, temporal: await session.temporal(), taskQueue: settings.taskQueue };
    const retries = await retryRuns(services, stopped, { actor, reason: 'the stop was lifted' });
    if (options.json) printJson('go', { scope, system, lifted, retried: retries.length });
    else if (!lifted) print(`${named(scope, system)} was not stopped. See "rollcall stops".`);
    else
      print(
        `Lifted: ${named(scope, system)}. ${retries.length} stopped run${retries.length === 1 ? '' : 's'} taken up again.`,
      );
    return exitCodes.done;
  });
}

/** Lists the stops in force. */
export async function stops(options: { json?: boolean }): Promise<void> {
  await withSession('look', async ({ db }) => {
    const rows = await db.operator(listStops);
    if (options.json) printJson('stops', { stops: rows });
    else if (rows.length === 0) print('Nothing is stopped.');
    else {
      printTable(
        ['STOPPED', 'SINCE', 'BY', 'WHY'],
        rows.map((row) => [paint('red', named(row.scope, row.system)), localTime(row.setAt), row.setBy, row.reason]),
      );
    }
  });
}

function reachOf({ all, system, target }: Reach): { scope: StopScope; system: string } {
  const given = [all === true, system !== undefined, target !== undefined].filter(Boolean).length;
  if (given !== 1) throw new UsageError('Say what: --all, --system NAME (in either role), or --target NAME.');
  const name = system ?? target ?? '';
  if (name !== '' && !systems.has(name)) {
    throw new UsageError(`There is no system "${name}". There are: ${[...systems.keys()].join(', ')}.`);
  }
  return { scope: all ? 'everything' : system !== undefined ? 'system' : 'target', system: name };
}

function named(scope: StopScope, system: string): string {
  if (scope === 'everything') return 'everything';
  return scope === 'system' ? `whatever touches ${system}` : `whatever writes to ${system}`;
}
