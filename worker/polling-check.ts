import { hostname } from 'node:os';
import proto from '@temporalio/proto';
import { readMasterKeys, readSettings } from './settings.ts';
import { connectTemporal } from './temporal.ts';

// The health check of a worker's container: fails unless a worker of this host asked Temporal for work lately. A poll lasts a
// minute, so two without one are too many.
const mostSilentMs = 120_000;

const settings = readSettings(process.env);
const client = await connectTemporal(settings, readMasterKeys(process.env, { makeIfMissing: false }));
const { pollers } = await client.workflowService.describeTaskQueue({
  namespace: settings.temporalNamespace,
  taskQueue: { name: settings.taskQueue },
  taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
});
await client.connection.close();
const lately = (pollers ?? []).filter(
  ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < mostSilentMs,
);
if (!lately.some(({ identity }) => identity?.endsWith(`@${hostname()}`))) {
  process.stderr.write(`No worker of ${hostname()} has asked for work of "${settings.taskQueue}" lately.\n`);
  process.exitCode = 1;
}
