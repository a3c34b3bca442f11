import { openFindings } from '../../../store/findings.ts';
import { requestSync } from '../../request-sync.ts';
import { watchRun } from '../../watch-run.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { progressDisplay } from '../progress.ts';
import { heldOf, printRunSummary } from '../run-summary.ts';
import { findConnection, withSession } from '../session.ts';

/** Starts a sync of a connection; with --wait shows it and ends with its result. */
export async function sync(
  name: string,
  options: { preview?: boolean; wait?: boolean; reason?: string; json?: boolean },
): Promise<number> {
  return withSession(async (session) => {
    const { db, settings } = session;
    const connection = await findConnection(db, name);
    const services = { db, temporal: await session.temporal(), taskQueue: settings.taskQueue };
    const started = await requestSync(services, connection, {
      preview: options.preview ?? false,
      reason: options.reason ?? '',
      actor: session.actor,
    });
    if (!options.wait) {
      if (options.json) printJson('sync', { ...started });
      else print(`Started. Follow it with "rollcall runs ${name}", or add --wait.`);
      return exitCodes.done;
    }
    const { run } = await watchRun(services, started, options.json ? () => {} : progressDisplay());
    if (run === undefined) {
      print('The workflow was closed before the run began; see the Temporal UI.');
      return exitCodes.failed;
    }
    if (options.json) printJson('run', { ...run });
    else {
      print();
      printRunSummary(run, await db.organisation(run.organisationId, (tx) => openFindings(tx, run.connectionId)));
    }
    if (run.state === 'refused') return exitCodes.refused;
    if (run.state !== 'completed') return exitCodes.failed;
    return heldOf(run) > 0 ? exitCodes.held : exitCodes.done;
  });
}
