import { openFindings } from '../../../store/findings.ts';
import { findRun, listRuns, listSteps, type RunRow } from '../../../store/runs.ts';
import { UsageError } from '../exit-codes.ts';
import { countsText, localTime, paint, paintState, print, printJson, printTable } from '../output.ts';
import { printRunSummary, stateOfRun } from '../run-summary.ts';
import { findConnection, type Session, withSession } from '../session.ts';

/** Lists the newest runs. */
export async function runs(name: string | undefined, options: { limit: number; json?: boolean }): Promise<void> {
  await withSession('look', async ({ db }) => {
    const connection = name === undefined ? undefined : await findConnection(db, name);
    const rows = await listRuns(db, {
      limit: options.limit,
      ...(connection === undefined ? {} : { connectionId: connection.connectionId }),
    });
    if (options.json) {
      printJson('runs', { runs: rows });
      return;
    }
    if (rows.length === 0) print('No run yet. Start one with "rollcall sync CONNECTION --wait".');
    else printTable(['RUN', 'STATE', 'TRIGGER', 'STARTED', 'SECONDS', 'CODE'], rows.map(cells));
  });
}

function cells(run: RunRow): string[] {
  const seconds = run.endedAt === null ? '' : ((Date.parse(run.endedAt) - Date.parse(run.startedAt)) / 1000).toFixed(1);
  return [
    `${run.organisationCode}/${run.connectionCode}#${run.number}`,
    stateOfRun(run),
    run.trigger,
    localTime(run.startedAt),
    seconds,
    run.code ?? (run.planOnly ? paint('dim', 'plan only') : ''),
  ];
}

/** Shows one run: `CONNECTION#NUMBER`, or the newest of a connection. */
export async function run(name: string, options: { json?: boolean }): Promise<void> {
  await withSession('look', async (session) => {
    const found = await findNamedRun(session, name);
    const { db } = session;
    const steps = await listSteps(db, found);
    const findings = await db.organisation(found.organisationId, (tx) => openFindings(tx, found.connectionId));
    if (options.json) {
      printJson('run', { ...found, steps, findings });
      return;
    }
    printRunSummary(found, findings);
    print(paint('dim', `  as of ${localTime(found.asOf)}, workflow ${found.workflowId}`));
    print();
    printTable(
      ['STEP', 'STATE', 'ATTEMPTS', 'COUNTS'],
      steps.map((step) => [step.step, paintState(step.state), String(step.attempts), countsText(step.counts)]),
    );
  });
}

/** A run as people name it: `CONNECTION#NUMBER`, or the newest of a connection. */
export async function findNamedRun({ db }: Session, name: string): Promise<RunRow> {
  const [connectionName = '', number] = name.split('#');
  const connection = await findConnection(db, connectionName);
  const rows = await listRuns(db, { connectionId: connection.connectionId, limit: number === undefined ? 1 : 10_000 });
  const found = number === undefined ? rows[0] : rows.find((row) => String(row.number) === number);
  if (found === undefined)
    throw new UsageError(`There is no run "${name}". List them with "rollcall runs ${connectionName}".`);
  return (await findRun(db, found)) ?? found;
}
