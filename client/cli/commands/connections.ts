import { listConnectionNames, readConnection } from '../../../store/connections.ts';
import { listRuns } from '../../../store/runs.ts';
import { localTime, paintState, print, printJson, printTable } from '../output.ts';
import { stateOfRun } from '../run-summary.ts';
import { withSession } from '../session.ts';

/** Lists the connections with their mode and newest run. */
export async function connections(options: { json?: boolean }): Promise<void> {
  await withSession('look', async ({ db }) => {
    const names = await db.operator(listConnectionNames);
    const rows = [];
    for (const name of names) {
      const connection = await db.organisation(name.organisationId, (tx) => readConnection(tx, name.connectionId));
      const [lastRun] = await listRuns(db, { connectionId: name.connectionId, limit: 1 });
      rows.push({
        ...name,
        name: connection.name,
        source: connection.source.system,
        target: connection.target.system,
        lastRun,
      });
    }
    if (options.json) {
      printJson('connections', { connections: rows });
      return;
    }
    if (rows.length === 0) print('No connection yet. Make one with "rollcall config apply FILE".');
    else {
      printTable(
        ['CONNECTION', 'MODE', 'FROM', 'TO', 'LAST RUN', 'STARTED'],
        rows.map((row) => [
          `${row.organisationCode}/${row.connectionCode}`,
          paintState(row.mode),
          row.source,
          row.target,
          row.lastRun === undefined ? 'none' : `#${row.lastRun.number} ${stateOfRun(row.lastRun)}`,
          localTime(row.lastRun?.startedAt ?? null),
        ]),
      );
    }
  });
}
