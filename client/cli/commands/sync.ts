import { openFindings } from '../../../store/findings.ts';
import type { RunRow } from '../../../store/runs.ts';
import { requestSync } from '../../request-sync.ts';
import { watchRun } from '../../watch-run.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { progressDisplay } from '../progress.ts';
import { heldOf, printRunSummary } from '../run-summary.ts';
import { findConnection, type Session, withSession } from '../session.ts';

/** Starts a sync of a connection; with --wait shows it and ends with its result. */
export async function sync(
  name: string,
  options: {
    preview?: boolean;
    wait?: boolean;
    only?: string;
    allowSameDay?: boolean;
    reason?: string;
    json?: boolean;
  },
): Promise<number> {
  const { only, allowSameDay } = options;
  if (only !== undefined && (options.reason ?? '').trim() === '') {
    throw new UsageError('A sync of one record needs --reason: it is kept with the run.');
  }
  if (allowSameDay && only === undefined)
    throw new UsageError('--allow-same-day is for one record: name it with --only.');
  const action = allowSameDay ? 'sync-same-day' : options.preview ? 'preview' : 'sync';
  return withSession(action, async (session) => {
    const { db, settings } = session;
    const connection = await findConnection(db, name);
    const services = { db, temporal: await session.temporal(), taskQueue: settings.taskQueue };
    const started = await requestSync(services, connection, {
      preview: options.preview ?? false,
      reason: options.reason ?? '',
      actor: session.actor,
      ...(only === undefined ? {} : { onlyKey: only, allowSameDay: allowSameDay === true }),
    });
    if (!options.wait) {
      if (options.json) printJson('sync', { ...started });
      else print(`Started. Follow it with "rollcall runs ${name}", or add --wait.`);
      return exitCodes.done;
    }
    const { run } = await watchRun(services, started, options.json ? () => {} : progressDisplay());
    return endOfRun(session, run, options);
  });
}

/** Says what became of a run that was waited for, and with which status the command ends. */
export async function endOfRun({ db }: Session, run: RunRow | undefined, options: { json?: boolean }): Promise<number> {
  if (run === undefined) {
    print('The workflow was closed before the run began; see the Temporal UI.');
    return exitCodes.failed;
  }
  const name = `${run.organisationCode}/${run.connectionCode}`;
  if (options.json) printJson('run', { ...run });
  else if (run.state === 'working')
    print(`Run ${run.number} of ${name} is at work. Follow it with "rollcall run ${name}#${run.number}".`);
  else {
    print();
    printRunSummary(run, await db.organisation(run.organisationId, (tx) => openFindings(tx, run.connectionId)));
  }
  if (run.state === 'working') return exitCodes.done;
  if (run.state === 'refused') return exitCodes.refused;
  if (run.state !== 'completed') return exitCodes.failed;
  return heldOf(run) > 0 ? exitCodes.held : exitCodes.done;
}
