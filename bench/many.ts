import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import type { Client } from '@temporalio/client';
import pg from 'pg';
import { startSync } from '../activities/start-sync.ts';
import { serve } from '../local/child-process.ts';
import { localTimes, usualWindows } from '../roster/schedule.ts';
import type { Trigger } from '../roster/triggers.ts';
import { setClock } from '../store/clock.ts';
import { applyConfiguration, type Configuration, findAccount, organisationIdOf } from '../store/configuration.ts';
import { type ConnectionName, goLive, listConnectionNames } from '../store/connections.ts';
import { Database } from '../store/database.ts';
import { newMasterKey, parseMasterKeys } from '../store/envelope.ts';
import { migrate } from '../store/migrate.ts';
import { setSecret } from '../store/secrets.ts';
import { connectTemporal } from '../worker/temporal.ts';
import { morning } from './lessons-school.ts';
import { Closing, type Stack, startStack } from './lessons-world.ts';

/*
 * Many small connections due at once, with everything real but the outside systems. Nine in ten belong to one organisation, the
 * others to one each. The floor is the same steps called in one process without Temporal.
 *
 *   npm run bench:many -- --connections 1000
 */

const repository = join(import.meta.dirname, '..');
const masterKey = newMasterKey('k1');
const master = parseMasterKeys(masterKey);
const { values } = parseArgs({ options: { connections: { type: 'string', default: '1000' } } });
const count = Number(values.connections);
const smallShare = 0.1;

interface World {
  readonly db: Database;
  readonly url: string;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly env: NodeJS.ProcessEnv;
  readonly connections: readonly ConnectionName[];
}

async function main(): Promise<void> {
  const closing = new Closing();
  try {
    const stack = await startStack(closing);
    const world = await openWorld(stack, closing);
    const floor = await direct(world);
    say(
      `without Temporal, 20 runs at once: first ${floor.first.toFixed(1)} s, nothing to do ${floor.unchanged.toFixed(1)} s, peak ${megabytes(floor.peakMemory)}`,
    );
    spread();
    const worker = await startWorker(world, stack, closing);
    const watch = watchMemory({ worker: worker.pid, temporal: stack.temporalPid });
    const alone = await smallAlone(world);
    const before = await storeFigures(world);
    const all = await allAtOnce(world);
    const after = await storeFigures(world);
    const peaks = watch.stop();
    tell(floor, alone, all, peaks);
    const perRun = (name: 'commits' | 'log' | 'size') => (after[name] - before[name]) / count;
    say(
      `PostgreSQL, a run with nothing to do: ${perRun('commits').toFixed(0)} transactions, ${(perRun('log') / 1_000).toFixed(0)} kB of log, ${(perRun('size') / 1_000).toFixed(0)} kB kept until retention`,
    );
  } finally {
    await closing.close();
  }
}

async function openWorld(stack: Stack, closing: Closing): Promise<World> {
  const url = new URL(stack.databaseServer);
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query('create database many').finally(() => client.end());
  url.pathname = '/many';
  await migrate(url.href);
  const db = new Database(url.href);
  closing.add(() => db.close());
  await db.operator((tx) => setClock(tx, morning));
  const simulators = await serve(
    'The simulators',
    ['bench/many-simulators.ts', '--now', morning, '--accounts', String(count)],
    {
      env: process.env,
      cwd: repository,
      logFile: join(stack.folder, 'simulators.log'),
      isReady: (line) => line.includes('"ready":true'),
    },
  );
  closing.add(() => simulators.stop());
  const { alcuin, edusigns } = JSON.parse(simulators.readyLine) as { alcuin: string; edusigns: string[] };
  const small = Math.max(1, Math.round(count * smallShare));
  await configure(db, 'huge', alcuin, edusigns.slice(small));
  for (const [index, edusign] of edusigns.slice(0, small).entries())
    await configure(db, `small-${index}`, alcuin, [edusign]);
  const temporal = await connectTemporal(
    { temporalAddress: stack.temporalAddress, temporalNamespace: 'default' },
    master,
  );
  closing.add(() => temporal.connection.close());
  const taskQueue = 'bench-many';
  const home = join(stack.folder, 'home');
  await mkdir(home);
  const env = {
    ...process.env,
    DATABASE_URL: url.href,
    TEMPORAL_ADDRESS: stack.temporalAddress,
    ROLLCALL_TASK_QUEUE: taskQueue,
    ROLLCALL_MASTER_KEYS: masterKey,
    ROLLCALL_ALLOW_HOSTS: '127.0.0.1',
    ROLLCALL_HOME: home,
  };
  return { db, url: url.href, temporal, taskQueue, env, connections: await db.operator(listConnectionNames) };
}

/** An organisation with a connection for each Edusign account, as a file would set it up, and live. */
async function configure(db: Database, code: string, alcuin: string, edusigns: readonly string[]): Promise<void> {
  const { id } = await db.operator((tx) => organisationIdOf(tx, code));
  const usual = { requestTimeoutMs: 20_000, rates: { normal: 60_000, heavy: 60_000 } };
  const configuration: Configuration = {
    organisation: { code, name: code, timeZone: 'Europe/Paris' },
    accounts: edusigns.flatMap((url, index) => [
      { code: `alcuin-${index}`, system: 'alcuin', settings: { url: alcuin }, ...usual, rates: { normal: 60_000 } },
      { code: `edusign-${index}`, system: 'edusign', settings: { url }, ...usual },
    ]),
    connections: edusigns.map((_, index) => ({
      code: `timetable-${index}`,
      name: 'Timetable',
      sourceAccount: `alcuin-${index}`,
      targetAccount: `edusign-${index}`,
      sourceOptions: { nbDaysToGet: 14, groups: true },
      targetOptions: {},
      sourceIdentity: alcuin,
    })),
  };
  await db.organisation(id, async (tx) => {
    await applyConfiguration(tx, id, configuration);
    for (const { code: account, system } of configuration.accounts) {
      const accountId = (await findAccount(tx, account))?.accountId ?? '';
      await setSecret(
        tx,
        master,
        { organisationId: id, accountId },
        system === 'alcuin' ? 'password' : 'apiKey',
        'bench',
      );
    }
  });
  const names = (await db.operator(listConnectionNames)).filter(({ organisationId }) => organisationId === id);
  await db.organisation(id, async (tx) => {
    for (const { connectionId } of names) await goLive(tx, connectionId);
  });
}

interface Floor {
  readonly first: number;
  readonly unchanged: number;
  readonly peakMemory: number;
}

async function direct({ env }: World): Promise<Floor> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'bench/many-direct.ts'], {
    env,
    cwd: repository,
  });
  const { seconds, peakMemory } = JSON.parse(stdout) as { seconds: [number, number]; peakMemory: number };
  return { first: seconds[0], unchanged: seconds[1], peakMemory };
}

/** How evenly the windows are used: connections that begin in one minute of 11:00-13:00. */
function spread(): void {
  const perMinute = new Map<string, number>();
  for (let slot = 0; slot < count; slot += 1) {
    const [times] = localTimes({ zone: 'Europe/Paris', windows: usualWindows }, slot);
    const minute = `${times?.hours[0]}:${times?.minutes[0]}`;
    perMinute.set(minute, (perMinute.get(minute) ?? 0) + 1);
  }
  const counts = [...perMinute.values()];
  say(
    `spread: ${count} connections over ${perMinute.size} of 120 minutes, ${Math.min(...counts)} to ${Math.max(...counts)} in one`,
  );
}

async function startWorker({ env }: World, stack: Stack, closing: Closing) {
  const worker = await serve('The worker', ['worker/main.ts'], {
    env,
    cwd: repository,
    logFile: join(stack.folder, 'worker.log'),
    isReady: (line) => line.includes('"worker ready"'),
  });
  closing.add(() => worker.stop());
  return worker;
}

interface Asked {
  readonly runId: string;
  readonly organisationCode: string;
  readonly trigger: Trigger;
  readonly at: number;
  readonly workflowId: string;
}

async function ask({ temporal, taskQueue }: World, name: ConnectionName, trigger: Trigger): Promise<Asked> {
  const { organisationId, connectionId, organisationCode } = name;
  const runId = randomUUID();
  const at = Date.now();
  const request = { organisationId, connectionId, runId, trigger, preview: false, commandId: null };
  return { runId, organisationCode, trigger, at, workflowId: await startSync(temporal, taskQueue, name, request) };
}

/** Seconds from request to end of each run; an error where one did not complete. */
async function ends({ url }: World, asked: readonly Asked[]): Promise<Map<Asked, number>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (;;) {
      const { rows } = await client.query<{ runId: string; state: string; code: string | null; ended: Date }>(
        `select run_id as "runId", state, code, ended_at as ended from run where run_id = any($1) and state <> 'working'`,
        [asked.map(({ runId }) => runId)],
      );
      if (rows.length === asked.length) {
        const byId = new Map(rows.map((row) => [row.runId, row]));
        const bad = rows.find(({ state }) => state !== 'completed');
        if (bad !== undefined) throw new Error(`A run ended ${bad.state} (${bad.code}).`);
        return new Map(asked.map((one) => [one, ((byId.get(one.runId)?.ended.getTime() ?? 0) - one.at) / 1_000]));
      }
      await delay(200);
    }
  } finally {
    await client.end();
  }
}

/** What PostgreSQL has done and holds. */
async function storeFigures({ url }: World): Promise<{ commits: number; log: number; size: number }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client
    .query<{ commits: string; log: string; size: string }>(
      `select xact_commit as commits, pg_current_wal_lsn() - '0/0'::pg_lsn as log, pg_database_size(datname) as size
         from pg_stat_database where datname = current_database()`,
    )
    .finally(() => client.end());
  return { commits: Number(rows[0]?.commits), log: Number(rows[0]?.log), size: Number(rows[0]?.size) };
}

async function smallAlone(world: World): Promise<number> {
  const small = world.connections.filter(({ organisationCode }) => organisationCode !== 'huge').slice(0, 5);
  const seconds = [];
  for (const name of small)
    seconds.push([...(await ends(world, [await ask(world, name, 'schedule')])).values()][0] ?? 0);
  return median(seconds);
}

interface AllAtOnce {
  readonly seconds: number;
  readonly huge: readonly number[];
  readonly small: readonly number[];
  readonly person: readonly number[];
  readonly events: readonly number[];
}

/** The huge organisation asks for everything first; the small ones, and a person of one, come after its whole queue. */
async function allAtOnce(world: World): Promise<AllAtOnce> {
  const isHuge = ({ organisationCode }: { organisationCode: string }) => organisationCode === 'huge';
  const small = world.connections.filter((name) => !isHuge(name));
  const begun = performance.now();
  const asked: Asked[] = [];
  const askAll = async (names: readonly ConnectionName[], trigger: Trigger) => {
    for (let from = 0; from < names.length; from += 50) {
      asked.push(...(await Promise.all(names.slice(from, from + 50).map((name) => ask(world, name, trigger)))));
    }
  };
  await askAll(world.connections.filter(isHuge), 'schedule');
  await askAll(small.slice(5), 'schedule');
  await askAll(small.slice(0, 5), 'person');
  const ended = await ends(world, asked);
  const seconds = (performance.now() - begun) / 1_000;
  const of = (which: (one: Asked) => boolean) => asked.filter(which).map((one) => ended.get(one) ?? Number.NaN);
  const sample = asked.filter((_, index) => index % Math.ceil(asked.length / 10) === 0);
  const events = await Promise.all(
    sample.map(
      async ({ workflowId }) =>
        (await world.temporal.workflow.getHandle(workflowId).fetchHistory()).events?.length ?? 0,
    ),
  );
  return {
    seconds,
    huge: of(isHuge),
    small: of((one) => !isHuge(one) && one.trigger === 'schedule'),
    person: of(({ trigger }) => trigger === 'person'),
    events,
  };
}

/** Most memory that processes held, looked at twice a second. */
function watchMemory(pids: Readonly<Record<string, number>>) {
  const peaks = new Map<string, number>();
  const look = async () => {
    for (const [name, pid] of Object.entries(pids)) {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const bytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
      peaks.set(name, Math.max(peaks.get(name) ?? 0, bytes));
    }
  };
  const timer = setInterval(() => void look(), 500);
  return {
    stop: () => {
      clearInterval(timer);
      return peaks;
    },
  };
}

function tell(floor: Floor, alone: number, all: AllAtOnce, peaks: ReadonlyMap<string, number>): void {
  const ratio = all.seconds / floor.unchanged;
  say(`through Temporal, all at once, nothing to do: ${all.seconds.toFixed(1)} s, ${ratio.toFixed(2)} times the floor`);
  say(`history events of a run: ${Math.min(...all.events)} to ${Math.max(...all.events)} (aim 60)`);
  say(`peak memory: worker ${megabytes(peaks.get('worker') ?? 0)}, Temporal ${megabytes(peaks.get('temporal') ?? 0)}`);
  say(`a run alone: ${alone.toFixed(1)} s from request to end`);
  for (const [who, seconds] of [
    [`the huge organisation (${all.huge.length} runs)`, all.huge],
    [`small organisations, asked for after its whole queue (${all.small.length} runs)`, all.small],
    [`people of small organisations, the same (${all.person.length} runs)`, all.person],
  ] as const) {
    if (seconds.length > 0)
      say(`${who}: half within ${median(seconds).toFixed(1)} s, all within ${Math.max(...seconds).toFixed(1)} s`);
  }
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`;

function say(line: string): void {
  console.log(line);
}

await main();
