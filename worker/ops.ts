import type { Client } from '@temporalio/client';
import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Database } from '../store/database.ts';
import { migrationsApart } from '../store/migrate.ts';
import type { StepEnded } from './activity-interceptor.ts';
import { hostAndPort } from './address.ts';
import type { Checks } from './health.ts';
import { Metrics } from './metrics.ts';
import { freeLocalAddress, opsServer } from './ops-server.ts';
import type { Settings } from './settings.ts';

/** What operators see of this worker, from its first moment on: whoever waits for it sees what it waits for. */
export interface Ops {
  /** What becomes ready later is put here. */
  readonly parts: { client?: Client; worker?: Worker };
  /** Where the SDK is to show its metrics; nowhere when nobody asked for any. */
  readonly sdkMetrics: string | undefined;
  readonly stepEnded: StepEnded;
  close(): Promise<void>;
}

/** Metrics and health of this worker, where an address for them is set. */
export async function startOps(settings: Settings, db: Database, log: Logger): Promise<Ops> {
  const parts: Ops['parts'] = {};
  if (settings.metricsAddress === undefined) {
    return { parts, sdkMetrics: undefined, stepEnded: () => {}, close: async () => {} };
  }
  const metrics = new Metrics(db);
  const sdkMetrics = await freeLocalAddress();
  const app = opsServer({ metrics, sdkMetrics, checks: checksOf(db, parts) });
  const url = await app.listen(hostAndPort('ROLLCALL_METRICS_ADDRESS', settings.metricsAddress));
  log.info({ url }, 'metrics and health');
  return { parts, sdkMetrics, stepEnded: (...ended) => metrics.stepEnded(...ended), close: () => app.close() };
}

function checksOf(db: Database, parts: Ops['parts']): Checks {
  return {
    database: () => db.operator(async () => undefined),
    migrations: () => migrationsMatch(db),
    temporal: () => temporalAnswers(parts.client),
    worker: async () => {
      const state = parts.worker?.getState() ?? 'starting';
      if (state !== 'RUNNING') throw new Error(`This worker does not poll for work: ${state.toLowerCase()}.`);
      return undefined;
    },
  };
}

async function migrationsMatch(db: Database): Promise<string | undefined> {
  const { missing, unknown } = await db.operator(migrationsApart);
  if (missing.length > 0) throw new Error(`The database lacks ${missing.join(', ')}: run "rollcall migrate".`);
  // While a new version is rolled out the old workers go on.
  return unknown.length > 0 ? `The database is newer than this worker: ${unknown.join(', ')}.` : undefined;
}

async function temporalAnswers(client: Client | undefined): Promise<undefined> {
  if (client === undefined) throw new Error('Not connected to Temporal yet.');
  await client
    .withDeadline(Date.now() + 1_500, () => client.workflowService.getSystemInfo({}))
    // Its own words name addresses.
    .catch(() => {
      throw new Error('Temporal does not answer.');
    });
}
