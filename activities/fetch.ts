import { lessonWindow } from '../roster/window.ts';
import { readConnection } from '../store/connections.ts';
import { readRun } from '../store/runs.ts';
import { storeSnapshot } from '../store/snapshots.ts';
import { type Counts, finishStep, type RunRef } from '../store/steps.ts';
import { durableStep } from './durable-step.ts';
import { openSource } from './open-systems.ts';
import type { Services } from './services.ts';

/**
 * Streams everything the source says into a snapshot. Only a complete read becomes one. A run that begins with a stored
 * snapshot has it already.
 */
export function fetch(services: Services, run: RunRef, signal: AbortSignal): Promise<Counts> {
  return durableStep(services, run, 'fetch', async (attempt) => {
    const { connection, asOf, stored } = await services.db.organisation(run.organisationId, async (tx) => {
      const { asOf, source } = await readRun(tx, run.runId);
      const stored = source === 'snapshot';
      if (stored) await finishStep(tx, attempt, {});
      return { connection: await readConnection(tx, run.connectionId), asOf, stored };
    });
    if (stored) return {};
    const source = await openSource(services, connection, { signal });
    const window = lessonWindow(asOf, source.windowDays, connection.timeZone);
    try {
      const { chunks, bytes } = await storeSnapshot(services.db, services.master, attempt, {
        scopes: source.scopes,
        window,
        chunks: source.fetch(window),
      });
      return { chunks, bytes };
    } finally {
      await source.close?.();
    }
  });
}
