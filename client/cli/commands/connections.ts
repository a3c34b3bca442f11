import { nextRunOf } from '../../../activities/next-run.ts';
import { judgeMoment } from '../../../roster/calendar.ts';
import { readTimeFacts } from '../../../store/calendar.ts';
import { businessNow } from '../../../store/clock.ts';
import { listConnectionNames, readConnection } from '../../../store/connections.ts';
import { listRuns } from '../../../store/runs.ts';
import { localTime, paintState, print, printJson, printTable } from '../output.ts';
import { stateOfRun } from '../run-summary.ts';
import { withSession } from '../session.ts';

/** Lists the connections with their mode, newest run and next one. */
export async function connections(options: { json?: boolean }): Promise<void> {
  await withSession('look', async ({ db }) => {
    const names = await db.operator(listConnectionNames);
    const rows = [];
    for (const name of names) {
      const { connection, paused, nextRunAt } = await db.organisation(name.organisationId, async (tx) => {
        const { down } = judgeMoment(await readTimeFacts(tx, name.connectionId), await businessNow(tx));
        return {
          connection: await readConnection(tx, name.connectionId),
          paused: down === null ? null : { reason: down.name, until: down.until },
          nextRunAt: (await nextRunOf(tx, name.connectionId)) ?? null,
        };
      });
      const [lastRun] = await listRuns(db, { connectionId: name.connectionId, limit: 1 });
      rows.push({
        ...name,
        name: connection.name,
        source: connection.source.system,
        target: connection.target.system,
        lastRun,
        paused,
        nextRunAt,
      });
    }
    if (options.json) {
      printJson('connections', { connections: rows });
      return;
    }
    if (rows.length === 0) print('No connection yet. Make one with "rollcall config apply FILE".');
    else {
      printTable(
        ['CONNECTION', 'MODE', 'FROM', 'TO', 'LAST RUN', 'STARTED', 'NEXT RUN'],
        rows.map((row) => [
          `${row.organisationCode}/${row.connectionCode}`,
          paintState(row.paused === null ? row.mode : `${row.mode}, paused`),
          row.source,
          row.target,
          row.lastRun === undefined ? 'none' : `#${row.lastRun.number} ${stateOfRun(row.lastRun)}`,
          localTime(row.lastRun?.startedAt ?? null),
          row.nextRunAt === null ? 'when asked' : localTime(row.nextRunAt),
        ]),
      );
    }
  });
}
