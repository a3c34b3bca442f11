import { writeFile } from 'node:fs/promises';
import { openFindings } from '../../../store/findings.ts';
import { unmappedInUse } from '../../../store/reasons.ts';
import type { RunRow } from '../../../store/runs.ts';
import { readTrial, type TrialReport } from '../../../store/trial.ts';
import { requestSync } from '../../request-sync.ts';
import { watchRun } from '../../watch-run.ts';
import { csv } from '../csv.ts';
import { exitCodes } from '../exit-codes.ts';
import { paint, print, printJson, printWrapped } from '../output.ts';
import { progressDisplay } from '../progress.ts';
import { printRunSummary } from '../run-summary.ts';
import { findConnection, withSession } from '../session.ts';
import { reasonNames } from './go-live.ts';

/** Plans without writing, and says what going live would do: what is made, adopted, left alone, doubled, mailed. */
export async function trial(name: string, options: { csv?: string; reason?: string; json?: boolean }): Promise<number> {
  return withSession('trial', async (session) => {
    const { db, settings, actor } = session;
    const connection = await findConnection(db, name);
    const services = { db, temporal: await session.temporal(), taskQueue: settings.taskQueue };
    const started = await requestSync(services, connection, { preview: true, reason: options.reason ?? '', actor });
    const { run } = await watchRun(services, started, options.json ? () => {} : progressDisplay());
    if (run === undefined || run.state !== 'completed') {
      if (run !== undefined) printRunSummary(run, []);
      return run?.state === 'refused' ? exitCodes.refused : exitCodes.failed;
    }
    const { report, findings, unmappedReasons } = await db.organisation(run.organisationId, async (tx) => ({
      report: await readTrial(tx, run),
      findings: await openFindings(tx, run.connectionId),
      unmappedReasons: await unmappedInUse(tx, run.connectionId),
    }));
    if (options.csv !== undefined) await writeFile(options.csv, undecidedCsv(report));
    if (options.json) {
      const reasons = unmappedReasons.map(({ reasonId, name: reasonName }) => ({ id: reasonId, name: reasonName }));
      printJson('trial', {
        connection: name,
        run: run.number,
        summary: run.summary,
        ...report,
        unmappedReasons: reasons,
      });
    } else {
      print();
      printRunSummary(run, findings);
      if (unmappedReasons.length > 0) {
        printWrapped(
          `Reasons of absence in use that are not mapped: ${reasonNames(unmappedReasons)}. go-live is refused until they are: rollcall reasons ${name}`,
          2,
          'yellow',
        );
      }
      printReport(run, name, connection.mode, report, options.csv);
    }
    return exitCodes.done;
  });
}

const csvHeads = [
  'kind',
  'key',
  'name',
  'why',
  'what fits',
  'decision (adopt, new or same)',
  'target id or former key',
];

/** One line for each record that a person must decide; "rollcall matches" reads it back. */
function undecidedCsv({ undecided }: TrialReport): string {
  return csv(
    csvHeads,
    undecided.map(({ kind, syncKey, name, code, detail }) => [kind, syncKey, name, code, detail, '', '']),
  );
}

function printReport(run: RunRow, name: string, mode: string, report: TrialReport, file: string | undefined): void {
  print(paint('bold', 'At the target'));
  if (report.leftAlone.length === 0) print('      Nothing that is not ours.');
  for (const { kind, foreignSystem, objects } of report.leftAlone) {
    const whose = foreignSystem === '' ? 'made by hand' : `of "${foreignSystem}"`;
    print(`  ${String(objects).padStart(5)} ${kind}${objects === 1 ? '' : 's'} ${whose}: left alone`);
  }
  if (report.referred > 0)
    print(`  ${String(report.referred).padStart(5)} people of another connector: used in lessons, never written`);
  for (const { foreignSystem, comingLessons } of report.otherWriters) {
    printWrapped(
      `"${foreignSystem}" has ${comingLessons} lessons to come there. If it is still at work, both would make each lesson. ` +
        'Switch it off, then name it in takeOverFrom.',
      2,
      'yellow',
    );
  }
  if (report.undecided.length > 0) {
    print(
      `  ${String(report.undecided.length).padStart(5)} to decide: ${file === undefined ? 'write them to a file with --csv FILE' : `in ${file}; give it to "rollcall matches"`}`,
    );
  }
  print();
  print(
    mode === 'trial'
      ? `Nothing was written. If this is right: rollcall go-live ${name}, or a pilot: --only GROUP`
      : `Nothing was written. ${name} is live: its next run does this.`,
  );
  if (run.planOnly)
    print(paint('dim', `go-live approves what run ${run.number} shows; what differs by then is judged anew.`));
}
