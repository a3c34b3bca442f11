import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  GracefulShutdownPeriodExpiredError,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import type { Logger } from 'pino';
import { createActivities } from '../activities/index.ts';
import { systems } from '../connectors/registry.ts';
import { Database } from '../store/database.ts';
import type { MasterKeys } from '../store/envelope.ts';
import { StepInterceptor } from './activity-interceptor.ts';
import { type Ops, startOps } from './ops.ts';
import type { Settings } from './settings.ts';
import {
  connectTemporal,
  dataConverterWith,
  ensureSearchAttributes,
  ensureSweep,
  failureConverterPath,
  temporalServer,
} from './temporal.ts';

/** The code of all workflows, bundled once for a process or a test run. */
export function bundleWorkflows(): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    failureConverterPath,
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} },
  });
}

/** Hosts workflows and steps until it is told to stop: wiring only. */
export async function runWorker(settings: Settings, master: MasterKeys, log: Logger): Promise<void> {
  const db = new Database(settings.databaseUrl, { maxConnections: 20 });
  const ops = await startOps(settings, db, log);
  try {
    installRuntime(log, ops.sdkMetrics);
    await host(settings, master, log, db, ops);
  } finally {
    await ops.close();
    await db.close();
  }
}

async function host(settings: Settings, master: MasterKeys, log: Logger, db: Database, ops: Ops): Promise<void> {
  const workflowBundle = await bundleWorkflows();
  const client = await connectTemporal(settings, master);
  ops.parts.client = client;
  await ensureSearchAttributes(client);
  await ensureSweep(client, settings.taskQueue, settings.sweepEveryMs);
  const connection = await NativeConnection.connect(temporalServer(settings.temporalAddress));
  try {
    const worker = await Worker.create({
      connection,
      namespace: settings.temporalNamespace,
      taskQueue: settings.taskQueue,
      workflowBundle,
      dataConverter: dataConverterWith(master),
      activities: createActivities({
        db,
        master,
        temporal: client,
        taskQueue: settings.taskQueue,
        systems,
        allowHosts: settings.allowHosts,
        ...(settings.proxy === undefined ? {} : { proxy: settings.proxy }),
        ...(settings.mail === undefined ? {} : { mail: settings.mail }),
        ...(settings.publicUrl === undefined ? {} : { publicUrl: settings.publicUrl }),
        ...(settings.heartbeatUrl === undefined ? {} : { heartbeatUrl: settings.heartbeatUrl }),
        sliceMs: settings.sliceMs,
      }),
      interceptors: { activity: [(context) => ({ inbound: new StepInterceptor(context, log, ops.stepEnded) })] },
      maxConcurrentActivityTaskExecutions: 20,
      // Few polls: each one that a frozen or killed worker leaves behind can swallow a task until its time-out.
      maxConcurrentActivityTaskPolls: 2,
      maxConcurrentWorkflowTaskPolls: 2,
      maxCachedWorkflows: 200,
      shutdownGraceTime: '5s',
      shutdownForceTime: '20s',
    });
    ops.parts.worker = worker;
    log.info({ taskQueue: settings.taskQueue, temporal: settings.temporalAddress }, 'worker ready');
    await worker.run().catch((error: unknown) => {
      // Told to end, and a step did not: no fault of the worker, which ends with that step cut.
      if (!(error instanceof GracefulShutdownPeriodExpiredError)) throw error;
      log.warn('a step did not end in time');
    });
  } finally {
    await connection.close();
    await client.connection.close();
  }
}

/** Sends the SDK's own messages to our log, and shows its metrics where they are wanted. */
function installRuntime(log: Logger, sdkMetrics: string | undefined): void {
  const prometheus = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };
  Runtime.install({
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    ...(sdkMetrics && { telemetryOptions: { metrics: { prometheus: { bindAddress: sdkMetrics, ...prometheus } } } }),
    logger: {
      log: (level, message) =>
        log[level === 'TRACE' ? 'trace' : (level.toLowerCase() as 'debug' | 'info' | 'warn' | 'error')](message),
      trace: (message) => log.trace(message),
      debug: (message) => log.debug(message),
      info: (message) => log.debug(message),
      warn: (message) => log.warn(message),
      error: (message) => log.error(message),
    },
  });
}
