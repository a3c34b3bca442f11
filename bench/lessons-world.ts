import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import axios from 'axios';
import pg from 'pg';
import { requestSync } from '../client/request-sync.ts';
import { type Served, serve } from '../local/child-process.ts';
import { freePort } from '../local/free-port.ts';
import { startPostgres } from '../local/postgres.ts';
import { findTemporal } from '../local/temporal-finder.ts';
import { startTemporal } from '../local/temporal-server-process.ts';
import { searchAttributes } from '../roster/search-attributes.ts';
import type { AlcuinState } from '../simulators/alcuin/state.ts';
import type { EdusignState } from '../simulators/edusign/state.ts';
import type { JournalEntry } from '../simulators/kit/journal.ts';
import { setClock } from '../store/clock.ts';
import { applyConfiguration, findAccount, organisationIdOf } from '../store/configuration.ts';
import { type ConnectionName, goLive, listConnectionNames } from '../store/connections.ts';
import { Database } from '../store/database.ts';
import { newMasterKey, parseMasterKeys } from '../store/envelope.ts';
import { migrate } from '../store/migrate.ts';
import { findRun, listSteps, type RunRow, type StepRow } from '../store/runs.ts';
import { setSecret } from '../store/secrets.ts';
import { connectTemporal } from '../worker/temporal.ts';
import { type BenchSchool, morning } from './lessons-school.ts';

const repository = join(import.meta.dirname, '..');
const masterKey = newMasterKey('k1');
const master = parseMasterKeys(masterKey);

/** Requests a minute that are allowed, the same on our side and at the simulator. */
export interface Rates {
  readonly alcuin: number;
  readonly normal: number;
  readonly heavy: number;
}

/** Things to be stopped, last one first. */
export class Closing {
  readonly #stops: (() => Promise<unknown>)[] = [];

  add(stop: () => Promise<unknown>): void {
    this.#stops.push(stop);
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) {
      await stop().catch((error: Error) => process.stderr.write(`Not stopped cleanly: ${error.message}\n`));
    }
  }
}

/** What all schools of a bench share: a folder, PostgreSQL, Temporal. */
export interface Stack {
  readonly folder: string;
  readonly databaseServer: string;
  readonly temporalAddress: string;
  readonly temporalPid: number;
}

export async function startStack(closing: Closing): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-lessons-'));
  closing.add(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    // As on a small server of its own; everything that makes commits durable is on.
    settings: { shared_buffers: '512MB', max_wal_size: '4GB' },
  });
  closing.add(() => postgres.stop());
  // A server that somebody uses is not for measuring.
  const found = await findTemporal({ env: { ...process.env, TEMPORAL_ADDRESS: undefined }, say: () => undefined });
  if (found.kind !== 'binary') throw new Error('The bench needs a Temporal binary of its own.');
  const temporal = await startTemporal({
    binary: found.path,
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    searchAttributes: Object.values(searchAttributes),
  });
  closing.add(() => temporal.stop());
  return { folder, databaseServer: postgres.url, temporalAddress: temporal.address, temporalPid: temporal.pid };
}

interface Address {
  readonly url: string;
  readonly control: string;
}
type System = 'alcuin' | 'edusign';

/** How long a run may take. */
const longestRunMs = 25 * 60_000;

/** One school under measurement: its database, both simulators and one worker, each a process of its own. */
export class World {
  readonly db: Database;
  readonly temporal: Client;
  readonly #connection: ConnectionName;
  readonly #systems: Readonly<Record<System, Address>>;
  readonly #worker: Served;
  readonly #taskQueue: string;
  readonly #databaseUrl: string;

  private constructor(parts: {
    db: Database;
    temporal: Client;
    connection: ConnectionName;
    systems: Readonly<Record<System, Address>>;
    worker: Served;
    taskQueue: string;
    databaseUrl: string;
  }) {
    this.db = parts.db;
    this.temporal = parts.temporal;
    this.#connection = parts.connection;
    this.#systems = parts.systems;
    this.#worker = parts.worker;
    this.#taskQueue = parts.taskQueue;
    this.#databaseUrl = parts.databaseUrl;
  }

  static async open(stack: Stack, closing: Closing, name: string, school: BenchSchool, rates: Rates): Promise<World> {
    const folder = join(stack.folder, name);
    await mkdir(folder);
    const url = await newDatabase(stack.databaseServer, name);
    const db = new Database(url);
    closing.add(() => db.close());
    const systems = await startSimulators(folder, closing, school, rates);
    await db.operator((tx) => setClock(tx, morning));
    const connection = await configure(db, systems, school, rates);
    const taskQueue = `bench-${name}`;
    const env = {
      ...process.env,
      DATABASE_URL: url,
      TEMPORAL_ADDRESS: stack.temporalAddress,
      ROLLCALL_TASK_QUEUE: taskQueue,
      ROLLCALL_MASTER_KEYS: masterKey,
      ROLLCALL_ALLOW_HOSTS: '127.0.0.1',
      ROLLCALL_HOME: folder,
    };
    const worker = await serve('The worker', ['worker/main.ts'], {
      env,
      cwd: repository,
      logFile: join(folder, 'worker.log'),
      isReady: (line) => line.includes('"worker ready"'),
    });
    closing.add(() => worker.stop());
    const temporal = await connectTemporal(
      { temporalAddress: stack.temporalAddress, temporalNamespace: 'default' },
      master,
    );
    closing.add(() => temporal.connection.close());
    return new World({ db, temporal, connection, systems, worker, taskQueue, databaseUrl: url });
  }

  /** One sync from request to end. One that does not complete is an error: its figures would mean nothing. */
  async sync(): Promise<{ run: RunRow; steps: StepRow[] }> {
    const services = { db: this.db, temporal: this.temporal, taskQueue: this.#taskQueue };
    const started = await requestSync(services, this.#connection, {
      preview: false,
      reason: 'bench',
      actor: { name: 'bench', role: 'operator' },
    });
    const late = new AbortController();
    await Promise.race([
      this.temporal.workflow.getHandle(started.workflowId).result(),
      this.#worker.died.then((how) => Promise.reject(new Error(how))),
      delay(longestRunMs, undefined, { signal: late.signal }).then(() =>
        Promise.reject(new Error('A run took too long.')),
      ),
    ]).finally(() => late.abort());
    const run = await findRun(this.db, started);
    if (run?.state !== 'completed') throw new Error(`A run ended as ${run?.state} (${run?.code}).`);
    return { run, steps: await listSteps(this.db, run) };
  }

  /** Business time, here and there. */
  async setTime(instant: string): Promise<void> {
    await axios.post(`${this.#systems.alcuin.control}/clock`, { now: instant });
    await this.db.operator((tx) => setClock(tx, instant));
  }

  async edit<T>(system: System, body: unknown): Promise<T> {
    const { data } = await axios.post<{ result: T }>(`${this.#systems[system].control}/school`, body);
    return data.result;
  }

  /** What came in since the last look. */
  async takeJournal(system: System): Promise<readonly JournalEntry[]> {
    const url = `${this.#systems[system].control}/journal`;
    const { data } = await axios.get<{ entries: JournalEntry[] }>(url);
    await axios.delete(url);
    return data.entries;
  }

  alcuinState(): Promise<AlcuinState> {
    return this.#state<AlcuinState>('alcuin');
  }

  edusignState(): Promise<EdusignState> {
    return this.#state<EdusignState>('edusign');
  }

  async #state<T>(system: System): Promise<T> {
    return (await axios.get<T>(`${this.#systems[system].control}/state`)).data;
  }

  /** Peak memory of the worker since the last call, in bytes; nothing where the system does not tell. */
  async takePeakMemory(): Promise<number | undefined> {
    const folder = `/proc/${this.#worker.pid}`;
    const status = await readFile(`${folder}/status`, 'utf8').catch(() => '');
    // Documented in proc(5): 5 sets the peak back to what is held now.
    await writeFile(`${folder}/clear_refs`, '5').catch(() => undefined);
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
  }

  /** Bytes of the database, under the empty name, and of each table with its indexes. */
  async sizes(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#asSuperuser<{ name: string; size: string }>(
      `select '' as name, pg_database_size(current_database()) as size
       union all select oid::regclass::text, pg_total_relation_size(oid) from pg_class where relkind = 'r'`,
    );
    return new Map(rows.map(({ name, size }) => [name, Number(size)]));
  }

  async vacuum(): Promise<void> {
    await this.#asSuperuser('vacuum (analyze)');
  }

  async #asSuperuser<Row extends object>(text: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.#databaseUrl });
    await client.connect();
    return client
      .query<Row>(text)
      .then(({ rows }) => rows)
      .finally(() => client.end());
  }
}

async function newDatabase(server: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${name}`).finally(() => client.end());
  const url = new URL(server);
  url.pathname = `/${name}`;
  await migrate(url.href);
  return url.href;
}

async function startSimulators(
  folder: string,
  closing: Closing,
  school: BenchSchool,
  rates: Rates,
): Promise<Record<System, Address>> {
  await writeFile(join(folder, 'alcuin.json'), JSON.stringify(school.state));
  const flags = { folder, now: morning, normal: String(rates.normal), heavy: String(rates.heavy) };
  const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
  const simulators = await serve('The simulators', ['bench/lessons-simulators.ts', ...args], {
    env: process.env,
    cwd: repository,
    logFile: join(folder, 'simulators.log'),
    isReady: (line) => line.includes('"ready":true'),
  });
  closing.add(() => simulators.stop());
  return JSON.parse(simulators.readyLine) as Record<System, Address>;
}

/** As a file would set it up, with the options a school of this kind has, and live from this morning on. */
async function configure(
  db: Database,
  systems: Readonly<Record<System, Address>>,
  school: BenchSchool,
  rates: Rates,
): Promise<ConnectionName> {
  const { id } = await db.operator((tx) => organisationIdOf(tx, 'bench'));
  const account = { requestTimeoutMs: 20_000 };
  const sourceOptions = {
    nbDaysToGet: school.days,
    groups: true,
    annuaireIdInitialStudents: 11,
    annuaireIdContinuousStudents: 12,
    annuaireIdProfessors: 13,
    annuaireIdStudentsGroups: 14,
    motifs: { 1: 'MAL', 2: 'FAM', 3: 'FAM', 4: 'MED', 5: 'ENT', 6: 'ENT', 7: 'AUT' },
  };
  const alcuin = { code: 'alcuin', system: 'alcuin', settings: { url: systems.alcuin.url }, ...account };
  const edusign = { code: 'edusign', system: 'edusign', settings: { url: systems.edusign.url }, ...account };
  const timetable = {
    code: 'timetable',
    name: 'Timetable',
    sourceAccount: 'alcuin',
    targetAccount: 'edusign',
    sourceOptions,
    targetOptions: {},
    sourceIdentity: systems.alcuin.url,
  };
  await db.organisation(id, async (tx) => {
    await applyConfiguration(tx, id, {
      organisation: { code: 'bench', name: 'Bench', timeZone: 'Europe/Paris' },
      accounts: [
        { ...alcuin, rates: { normal: rates.alcuin } },
        { ...edusign, rates: { normal: rates.normal, heavy: rates.heavy } },
      ],
      connections: [timetable],
    });
    const secrets = { alcuin: 'password', edusign: 'apiKey' };
    for (const [code, secret] of Object.entries(secrets)) {
      const accountId = (await findAccount(tx, code))?.accountId ?? '';
      await setSecret(tx, master, { organisationId: id, accountId }, secret, 'bench');
    }
  });
  const [connection] = await db.operator(listConnectionNames);
  if (connection === undefined) throw new Error('The connection was not made.');
  await db.organisation(id, (tx) => goLive(tx, connection.connectionId));
  return connection;
}
