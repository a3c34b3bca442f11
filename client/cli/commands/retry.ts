import { errorMeanings, isErrorCode } from '../../../roster/error-codes.ts';
import { newestFailedRuns } from '../../../store/runs.ts';
import { retryRuns } from '../../retry.ts';
import { watchRun } from '../../watch-run.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { print, printJson, printTable } from '../output.ts';
import { progressDisplay } from '../progress.ts';
import { withSession } from '../session.ts';
import { findNamedRun } from './runs.ts';
import { endOfRun } from './sync.ts';

/** Takes up one failed run again, or all newest runs that failed with a code. */
export async function retry(
  name: string | undefined,
  options: { code?: string; reason?: string; wait?: boolean; json?: boolean },
): Promise<number> {
  const { code } = options;
  if ((name === undefined) === (code === undefined)) {
    throw new UsageError(
      'Name a run, as in "rollcall retry demo/timetable#3", or a code, as in "--code TARGET_UNREACHABLE".',
    );
  }
  if (code !== undefined && !isErrorCode(code)) {
    throw new UsageError(`There is no code "${code}". Codes: ${Object.keys(errorMeanings).join(', ')}.`);
  }
  return withSession('retry', async (session) => {
    const { db, settings, actor } = session;
    const services = { db, temporal: await session.temporal(), taskQueue: settings.taskQueue };
    const by = { actor, reason: options.reason ?? '' };
    if (name !== undefined) {
      const failed = await findNamedRun(session, name);
      const [retried] = await retryRuns(services, [{ ...failed, targetAccountId: '' }], by);
      if (retried === undefined) throw new UsageError(`There is no run "${name}".`);
      // A refusal is known at once; the rest may take long.
      const { run } = await watchRun(services, retried, options.wait && !options.json ? progressDisplay() : () => {}, {
        untilAdmitted: options.wait !== true,
      });
      return endOfRun(session, run, options);
    }
    const failed = await newestFailedRuns(db, { codes: [code as string] });
    const retries = await retryRuns(services, failed, by);
    if (options.json)
      printJson('retry', { retries: retries.map(({ run, ...rest }) => ({ ...rest, run: run.number })) });
    else if (retries.length === 0) print(`No connection's newest run failed with ${code}.`);
    else {
      print(`${retries.length} run${retries.length === 1 ? '' : 's'} taken up again:`);
      printTable(
        ['RUN', 'STARTS'],
        retries.map(({ run, delayMs }) => [
          `${run.organisationCode}/${run.connectionCode}#${run.number}`,
          delayMs === 0 ? 'now' : `in ${Math.round(delayMs / 1000)} s, after another run of its account`,
        ]),
      );
    }
    return exitCodes.done;
  });
}
