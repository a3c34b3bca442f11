import { type OpenFinding, openFindings } from '../../../store/findings.ts';
import { listAllNext } from '../../../store/inventory.ts';
import { listSteps, type RunRow } from '../../../store/runs.ts';
import { requestSync } from '../../request-sync.ts';
import { watchRun } from '../../watch-run.ts';
import { exitCodes } from '../exit-codes.ts';
import { print, printJson, printTable } from '../output.ts';
import { progressDisplay } from '../progress.ts';
import { printRunSummary } from '../run-summary.ts';
import { findConnection, type Session, withSession } from '../session.ts';

/** What differs at the target from what we wrote: by hand, by another connector, or lost with a database. */
const drift = [
  'DRIFTED',
  'REMOVED_AT_TARGET',
  'MEMBER_REMOVED_AT_TARGET',
  'EMAIL_TAKEN',
  'HELD_BY_OTHER',
  'ADOPTION_AMBIGUOUS',
];

/** Lists what differs between what we wrote and what the target holds now. Writes nothing. */
export function reconcile(name: string, options: { reason?: string; json?: boolean }): Promise<number> {
  return withSession('reconcile', async (session) => {
    const run = await planAnew(session, name, {
      reason: options.reason ?? '',
      relink: false,
      quiet: options.json === true,
    });
    if (run === undefined || run.state !== 'completed') return failed(run);
    const findings = await session.db.organisation(run.organisationId, (tx) => openFindings(tx, run.connectionId));
    const differing = findings.filter(({ code }) => drift.includes(code));
    if (options.json) printJson('reconcile', { connection: name, run: run.number, differing });
    else printDrift(differing);
    return exitCodes.done;
  });
}

/** Takes what the target holds as what we wrote last, and says what the next sync would write. Writes nothing outside. */
export function relink(name: string, options: { reason: string; json?: boolean }): Promise<number> {
  return withSession('relink', async (session) => {
    const run = await planAnew(session, name, { reason: options.reason, relink: true, quiet: options.json === true });
    if (run === undefined || run.state !== 'completed') return failed(run);
    const steps = await listSteps(session.db, run);
    const counts = steps.find(({ step }) => step === 'plan')?.counts ?? {};
    const tied = counts['links found again'] ?? 0;
    const taken = counts['taken as written'] ?? 0;
    if (options.json) printJson('relink', { connection: name, run: run.number, tied, taken, summary: run.summary });
    else {
      print();
      print(`${tied} objects are tied to us again; of ${taken} what the target says is now what we wrote last.`);
      print('Nothing was written outside. The next sync would do this:');
      printRunSummary(run, []);
    }
    return exitCodes.done;
  });
}

function failed(run: RunRow | undefined): number {
  if (run !== undefined) printRunSummary(run, []);
  return run?.state === 'refused' ? exitCodes.refused : exitCodes.failed;
}

/** A plan for which everything at the target is listed anew. */
async function planAnew(
  session: Session,
  name: string,
  asked: { reason: string; relink: boolean; quiet: boolean },
): Promise<RunRow | undefined> {
  const { db, settings, actor } = session;
  const connection = await findConnection(db, name);
  await db.organisation(connection.organisationId, (tx) => listAllNext(tx, connection.connectionId));
  const services = { db, temporal: await session.temporal(), taskQueue: settings.taskQueue };
  const started = await requestSync(services, connection, {
    preview: true,
    reason: asked.reason,
    actor,
    detail: asked.relink ? { relink: true } : { reconcile: true },
  });
  const { run } = await watchRun(services, started, asked.quiet ? () => {} : progressDisplay());
  return run;
}

function printDrift(differing: readonly OpenFinding[]): void {
  print();
  if (differing.length === 0) {
    print('The target holds what we wrote.');
    return;
  }
  printTable(
    ['WHAT', 'RECORD', 'NAME', 'WHAT DIFFERS'],
    differing.map(({ code, kind, syncKey, label, detail }) => [code, `${kind} ${syncKey}`, label, detail]),
  );
}
