import { lessonWindow } from '../roster/window.ts';
import { readConnection } from '../store/connections.ts';
import { readRun } from '../store/runs.ts';
import { storeSnapshot } from '../store/snapshots.ts';
import type { Counts, RunRef } from '../store/steps.ts';
import { durableStep } from './durable-step.ts';
import { openSource } from './open-systems.ts';
import type { Services } from './services.ts';

/** Streams everything the source says into a snapshot. Only a complete read becomes one. */
export function fetch(services: Services, run: RunRef, signal: AbortSignal): Promise<Counts> {
  return durableStep(services, run, 'fetch', async (attempt) => {
    const { connection, asOf } = await services.db.organisation(run.organisationId, async (tx) => ({
      connection: await readConnection(tx, run.connectionId),
      asOf: (await readRun(tx, run.runId)).asOf,
    }));
    const source = await openSource(services, connection, { signal });
    const window = lessonWindow(asOf, source.windowDays, connection.timeZone);
    const { chunks, bytes } = await storeSnapshot(services.db, services.master, attempt, {
      scopes: source.scopes,
      window,
      chunks: source.fetch(window),
    });
    return { chunks, bytes };
  });
}
