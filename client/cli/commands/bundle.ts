import { writeFile } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { runBooks } from '../../../store/bundle.ts';
import { readConnection } from '../../../store/connections.ts';
import { exitCodes } from '../exit-codes.ts';
import { print } from '../output.ts';
import { withSession } from '../session.ts';
import { version } from '../version.ts';
import { findNamedRun } from './runs.ts';

/** Writes one file about a run that can be sent to a developer: counts, codes and times; nobody's data and no secrets. */
export async function bundle(name: string, options: { out?: string }): Promise<number> {
  return withSession('bundle', async (session) => {
    const run = await findNamedRun(session, name);
    const { books, connection } = await session.db.organisation(run.organisationId, async (tx) => ({
      books: await runBooks(tx, run),
      connection: await readConnection(tx, run.connectionId),
    }));
    const temporal = await session.temporal();
    const content = {
      schema: 'rollcall.bundle/1',
      versions: {
        rollcall: version,
        node: process.version,
        database: books.database,
        temporal: (await temporal.workflowService.getSystemInfo({})).serverVersion,
      },
      settings: {
        local: session.settings.local,
        sliceMs: session.settings.sliceMs,
        allowHosts: session.settings.allowHosts.length,
        proxy: session.settings.proxy !== undefined,
      },
      connection: {
        source: connection.source.system,
        target: connection.target.system,
        mode: connection.mode,
        // Values may name hosts or people: which options are set is enough.
        sourceOptions: settings(connection.sourceOptions),
        targetOptions: settings(connection.targetOptions),
      },
      ...books,
      history: await historyOf(temporal, run.workflowId),
      attendanceHistory: await historyOf(temporal, `${run.workflowId}/attendance`),
    };
    const file = options.out ?? `rollcall-run-${run.number}.json`;
    await writeFile(file, `${JSON.stringify(content, null, 2)}\n`);
    print(`${file} holds run ${run.number} in counts, codes and times: no names, keys, hosts or secrets.`);
    return exitCodes.done;
  });
}

/** Options with their sort of value instead of the value; numbers and switches say nothing of anybody. */
function settings(options: unknown): Record<string, unknown> {
  if (typeof options !== 'object' || options === null) return {};
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      typeof value === 'number' || typeof value === 'boolean'
        ? value
        : Array.isArray(value)
          ? `${value.length} listed`
          : 'set',
    ]),
  );
}

/** A workflow's history without payloads: what happened when, which activity, which attempt, which failure type. */
async function historyOf(temporal: Client, workflowId: string): Promise<object[] | string> {
  try {
    const { events } = await temporal.workflow.getHandle(workflowId).fetchHistory();
    return (events ?? []).map((event) => ({
      id: String(event.eventId),
      at: new Date(Number(event.eventTime?.seconds ?? 0) * 1000).toISOString(),
      type: proto.temporal.api.enums.v1.EventType[event.eventType ?? 0],
      activity: event.activityTaskScheduledEventAttributes?.activityType?.name,
      attempt: event.activityTaskStartedEventAttributes?.attempt,
      failure:
        event.activityTaskFailedEventAttributes?.failure?.applicationFailureInfo?.type ??
        event.activityTaskStartedEventAttributes?.lastFailure?.applicationFailureInfo?.type ??
        event.workflowExecutionFailedEventAttributes?.failure?.applicationFailureInfo?.type,
    }));
  } catch (error) {
    return error instanceof Error ? `not there (${error.name})` : 'not there';
  }
}
