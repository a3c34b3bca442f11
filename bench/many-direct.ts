import { randomUUID } from 'node:crypto';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { admit } from '../activities/admit.ts';
import { dedupe } from '../activities/dedupe.ts';
import { eachAtOnce } from '../activities/each-at-once.ts';
import { fetch } from '../activities/fetch.ts';
import { filter } from '../activities/filter.ts';
import { plan } from '../activities/plan.ts';
import { pushAttendanceSlice } from '../activities/push-attendance.ts';
import { readAttendance } from '../activities/read-attendance.ts';
import { report } from '../activities/report.ts';
import type { Services } from '../activities/services.ts';
import { upsertSlice } from '../activities/upsert.ts';
import { validate } from '../activities/validate.ts';
import { systems } from '../connectors/registry.ts';
import { type ConnectionName, listConnectionNames } from '../store/connections.ts';
import { Database } from '../store/database.ts';
import { readMasterKeys } from '../worker/settings.ts';

/*
 * The floor of the bench of many connections: the steps of every run, called one after the other in this process without
 * Temporal, as many runs at once as a worker takes steps. Prints the seconds of each of two rounds: everything new, and nothing.
 */

const atOnce = 20;
const never = new AbortController().signal;
const nothing = async () => undefined;
// Steps ask Temporal for little: whether another run's workflow is open, and to tell people.
const noTemporal = {
  workflow: {
    start: nothing,
    signalWithStart: nothing,
    getHandle: (id: string) => ({
      signal: nothing,
      describe: async () => {
        throw new WorkflowNotFoundError('Not there.', id, undefined);
      },
    }),
  },
} as unknown as Client;

const db = new Database(process.env['DATABASE_URL'] ?? '', { maxConnections: 20 });
const services: Services = {
  db,
  master: readMasterKeys(process.env, { makeIfMissing: false }),
  temporal: noTemporal,
  taskQueue: 'none',
  systems,
  allowHosts: ['127.0.0.1'],
  sliceMs: 60_000,
};

async function runOnce({ organisationId, connectionId }: ConnectionName): Promise<void> {
  const run = { organisationId, connectionId, runId: randomUUID() };
  const asked = { kind: 'sync', trigger: 'schedule', planOnly: false, commandId: null } as const;
  const { answer } = await admit(services, { ...run, ...asked, workflowId: `direct/${run.runId}` });
  if (answer !== 'work') throw new Error(`A run was answered ${answer}.`);
  await fetch(services, run, never);
  await validate(services, run, never);
  await dedupe(services, run, never);
  await plan(services, run, never);
  await filter(services, run);
  while (!(await upsertSlice(services, run, never)).done);
  await readAttendance(services, run, never);
  while (!(await pushAttendanceSlice(services, run, never)).done);
  await report(services, run, { state: 'completed', code: null, step: null, attendanceCode: null });
}

const connections = await db.operator(listConnectionNames);
const seconds: number[] = [];
for (let round = 0; round < 2; round += 1) {
  const begun = performance.now();
  await eachAtOnce(connections, atOnce, runOnce);
  seconds.push((performance.now() - begun) / 1_000);
}
await db.close();
console.log(JSON.stringify({ ready: true, seconds, peakMemory: process.resourceUsage().maxRSS * 1_024 }));
