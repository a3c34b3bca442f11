import { fileURLToPath } from 'node:url';
import { Client, Connection, ScheduleAlreadyRunning, ScheduleOverlapPolicy } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import proto from '@temporalio/proto';
import { RollcallError } from '../roster/errors.ts';
import { searchAttributes } from '../roster/search-attributes.ts';
import type { MasterKeys } from '../store/envelope.ts';
import { SealingCodec } from './payload-codec.ts';

/** Module of the failure converter; the workflow bundle needs its path. */
export const failureConverterPath = fileURLToPath(new URL('./failure-converter.ts', import.meta.url));

/** The same converter for worker and clients, in development too. */
export function dataConverterWith(master: MasterKeys): DataConverter {
  return { payloadCodecs: [new SealingCodec(master)], failureConverterPath };
}

interface TemporalAddress {
  readonly temporalAddress: string;
  readonly temporalNamespace: string;
}

/**
 * How to reach the Temporal server, for workers and clients alike: TLS, API key and headers of the standard `TEMPORAL_…`
 * variables. Of a configuration file only if one is named: what somebody keeps at home for another server is not ours.
 */
export function temporalServer(address: string, env: Readonly<Record<string, string | undefined>> = process.env) {
  const overrideEnvVars: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value) overrideEnvVars[name] = value;
  const disableFile = overrideEnvVars['TEMPORAL_CONFIG_FILE'] === undefined;
  return { ...loadClientConnectConfig({ overrideEnvVars, disableFile }).connectionOptions, address };
}

/** A client of the Temporal server; says which address did not answer. */
export async function connectTemporal(settings: TemporalAddress, master: MasterKeys): Promise<Client> {
  return new Client({
    connection: await connectTo(settings.temporalAddress),
    namespace: settings.temporalNamespace,
    dataConverter: dataConverterWith(master),
  });
}

function connectTo(address: string): Promise<Connection> {
  return Connection.connect({ ...temporalServer(address), connectTimeout: '10s' }).catch((cause: unknown) => {
    throw new RollcallError('STORE_UNAVAILABLE', `Temporal did not answer at ${address}.`, { cause });
  });
}

/**
 * Registers our search attributes where they are missing: needed once for each namespace. Gives the names of those that
 * were.
 */
export async function ensureSearchAttributes(client: Client): Promise<string[]> {
  const { operatorService } = client.connection as Connection;
  const namespace = client.options.namespace;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(searchAttributes).filter((name) => !(name in (customAttributes ?? {})));
  if (missing.length === 0) return [];
  const keyword = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  await operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
  });
  return missing;
}

/** The same without keys or workflows: a step of the migration, for whoever may administer the namespace. */
export async function registerSearchAttributes(settings: TemporalAddress): Promise<string[]> {
  const connection = await connectTo(settings.temporalAddress);
  try {
    return await ensureSearchAttributes(new Client({ connection, namespace: settings.temporalNamespace }));
  } finally {
    await connection.close();
  }
}

/** Has the sweep run every few minutes: one Schedule for each task queue, made or put right when a worker starts. */
export async function ensureSweep(client: Client, taskQueue: string, everyMs: number): Promise<void> {
  const scheduleId = `${taskQueue}/sweep`;
  const wanted = {
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'sweep',
      workflowId: scheduleId,
      taskQueue,
      staticSummary: 'Puts right what a crash or a person left undone',
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' as const },
  };
  try {
    await client.schedule.create({ scheduleId, ...wanted });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update((known) => ({ ...known, ...wanted }));
  }
  // A worker that starts has it look at once: at Schedules, pauses, and what was left undone while none ran.
  await client.schedule.getHandle(scheduleId).trigger(ScheduleOverlapPolicy.BUFFER_ONE);
}
