import { errorMeanings, isErrorCode } from '../../../roster/error-codes.ts';
import { listIncidents } from '../../../store/incidents.ts';
import { localTime, paint, print, printJson, printTable } from '../output.ts';
import { withSession } from '../session.ts';

/** What fails now over all connections: one line for each code and outside system. */
export async function incidents(options: { json?: boolean }): Promise<void> {
  await withSession('look', async ({ db }) => {
    const rows = await db.operator(listIncidents);
    if (options.json) {
      printJson('incidents', { incidents: rows });
      return;
    }
    if (rows.length === 0) {
      print('No connection’s newest run failed.');
      return;
    }
    printTable(
      ['CODE', 'SYSTEM', 'ORGANISATIONS', 'CONNECTIONS', 'SINCE', 'MOVE OF', 'WHAT TO DO'],
      rows.map((row) => [
        paint('red', row.code),
        row.system,
        String(row.organisations),
        String(row.connections),
        localTime(row.since).slice(0, 16),
        isErrorCode(row.code) ? errorMeanings[row.code].mover : '',
        isErrorCode(row.code) ? errorMeanings[row.code].next.en : '',
      ]),
    );
    print();
    print(paint('dim', 'Once it is over: rollcall retry --code CODE takes all of them up again.'));
  });
}
