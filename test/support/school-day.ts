import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import axios from 'axios';
import { inject } from 'vitest';
import { requestSync } from '../../client/request-sync.ts';
import { startAlcuin } from '../../simulators/alcuin/server.ts';
import { startEdusign } from '../../simulators/edusign/server.ts';
import { setClock } from '../../store/clock.ts';
import { findAccount } from '../../store/configuration.ts';
import { type MasterKeys, parseMasterKeys } from '../../store/envelope.ts';
import { findRun, type RunRow } from '../../store/runs.ts';
import { setSecret } from '../../store/secrets.ts';
import { connectTemporal } from '../../worker/temporal.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { makeOrganisation } from './organisation.ts';

/** Fixed, so that recorded histories can be read by every later test run. It guards invented data only. */
export const testMasterKey = `k1:${Buffer.alloc(32, 'recorded histories').toString('base64')}`;

/** Environment of a worker or command of a test: nothing of this machine's own installation is found. */
export function workerEnv(of: { databaseUrl: string; temporalAddress: string; taskQueue: string }): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DATABASE_URL: of.databaseUrl,
    TEMPORAL_ADDRESS: of.temporalAddress,
    ROLLCALL_TASK_QUEUE: of.taskQueue,
    ROLLCALL_MASTER_KEYS: testMasterKey,
    ROLLCALL_ALLOW_HOSTS: '127.0.0.1',
    ROLLCALL_HOME: '/nonexistent',
    ROLLCALL_LOCAL: '1',
  };
}

const repository = new URL('../..', import.meta.url).pathname;

/**
 * A whole small world for one test: its own database and task queue, both simulators over real HTTP, and workers as
 * processes that may be killed or frozen. Everything is put away by {@link close}.
 */
export class SchoolDay {
  readonly database: TestDatabase;
  readonly temporal: Client;
  readonly alcuin: Awaited<ReturnType<typeof startAlcuin>>;
  readonly edusign: Awaited<ReturnType<typeof startEdusign>>;
  readonly connection: Awaited<ReturnType<typeof makeOrganisation>>;
  readonly taskQueue: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #workers: WorkerProcess[] = [];

  private constructor(parts: {
    database: TestDatabase;
    temporal: Client;
    alcuin: Awaited<ReturnType<typeof startAlcuin>>;
    edusign: Awaited<ReturnType<typeof startEdusign>>;
    connection: Awaited<ReturnType<typeof makeOrganisation>>;
    taskQueue: string;
    env: NodeJS.ProcessEnv;
  }) {
    this.database = parts.database;
    this.temporal = parts.temporal;
    this.alcuin = parts.alcuin;
    this.edusign = parts.edusign;
    this.connection = parts.connection;
    this.taskQueue = parts.taskQueue;
    this.#env = parts.env;
  }

  static async open(
    options: {
      requestTimeoutMs?: number;
      temporalAddress?: string;
      database?: TestDatabase;
      /** Whether the connection writes already; it does when left out. */
      live?: boolean;
      /** Settings of its workers and commands beside those of every test. */
      env?: Record<string, string>;
    } = {},
  ): Promise<SchoolDay> {
    const database = options.database ?? (await freshDatabase());
    const master: MasterKeys = parseMasterKeys(testMasterKey);
    const alcuin = await startAlcuin({ password: 'pw', school: 'one-lesson' });
    const edusign = await startEdusign({ apiKey: 'key' });
    const connection = await makeOrganisation(database.db, {
      alcuinUrl: alcuin.url,
      edusignUrl: edusign.url,
      requestTimeoutMs: options.requestTimeoutMs ?? 5_000,
      live: options.live ?? true,
    });
    await database.db.organisation(connection.organisationId, async (tx) => {
      for (const [account, name, value] of [
        ['alcuin', 'password', 'pw'],
        ['edusign', 'apiKey', 'key'],
      ] as const) {
        const found = await findAccount(tx, account);
        const owner = { organisationId: connection.organisationId, accountId: found?.accountId ?? '' };
        await setSecret(tx, master, owner, name, value);
      }
    });
    const temporalAddress = options.temporalAddress ?? inject('temporalAddress');
    const temporal = await connectTemporal({ temporalAddress, temporalNamespace: 'default' }, master);
    const taskQueue = `test-${randomBytes(6).toString('hex')}`;
    const env = { ...workerEnv({ databaseUrl: database.url, temporalAddress, taskQueue }), ...options.env };
    return new SchoolDay({ database, temporal, alcuin, edusign, connection, taskQueue, env });
  }

  /** Environment of a command or worker of this world. */
  get env(): NodeJS.ProcessEnv {
    return this.#env;
  }

  async worker(): Promise<WorkerProcess> {
    const worker = await WorkerProcess.start(this.#env);
    this.#workers.push(worker);
    return worker;
  }

  startSync(options: { preview?: boolean } = {}): Promise<{ runId: string; workflowId: string }> {
    const services = { db: this.database.db, temporal: this.temporal, taskQueue: this.taskQueue };
    return requestSync(services, this.connection, {
      preview: options.preview ?? false,
      reason: 'test',
      actor: { name: 'test', role: 'operator' },
    });
  }

  /** Starts a sync and waits for its end. */
  async sync(options: { preview?: boolean } = {}): Promise<RunRow> {
    return this.endOf(await this.startSync(options));
  }

  async endOf(started: { runId: string }): Promise<RunRow> {
    return until(async () => {
      const run = await findRun(this.database.db, started).catch(() => undefined);
      return run !== undefined && run.state !== 'working' ? run : undefined;
    }, 200_000).catch((error: Error) => {
      const last = this.#workers.flatMap((worker, index) => worker.lines.slice(-15).map((line) => `${index} ${line}`));
      throw new Error(`${error.message}\nThe workers last said:\n${last.join('\n')}`);
    });
  }

  /** The only lesson has been held, and its sheet signed, with the learner late. */
  async finishLesson(): Promise<void> {
    const [course] = await this.courses();
    const after = new Date(Date.parse(course?.START ?? '') + 4 * 3_600_000).toISOString();
    await this.control('edusign', 'clock', { now: after });
    await this.control('alcuin', 'clock', { now: after });
    await this.database.db.operator((tx) => setClock(tx, after));
    await this.control('edusign', 'school', { edit: 'finish', course: course?.ID, late: { 'timetable:1001': 12 } });
  }

  /** The sheets at Edusign. */
  async courses(): Promise<EdusignCourse[]> {
    const { data } = await axios.get<{ result: EdusignCourse[] }>(`${this.edusign.url}/v1/course`, {
      headers: { authorization: 'Bearer key' },
    });
    return data.result;
  }

  /** Posts to a simulator's control endpoint. */
  async control(system: 'alcuin' | 'edusign', path: string, body: unknown): Promise<void> {
    await axios.post(`${this[system].controlUrl}/${path}`, body);
  }

  async clearFaults(system: 'alcuin' | 'edusign'): Promise<void> {
    await axios.delete(`${this[system].controlUrl}/faults`);
  }

  async journal(system: 'alcuin' | 'edusign'): Promise<JournalEntry[]> {
    const { data } = await axios.get<{ entries: JournalEntry[] }>(`${this[system].controlUrl}/journal`);
    return data.entries;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.kill()));
    await forgetSchedules(this.temporal, this.taskQueue, this.connection.organisationCode);
    await this.temporal.connection.close();
    await this.alcuin.close();
    await this.edusign.close();
    await this.database.drop();
  }
}

/** The Schedules of a world that is put away: they would go on asking a server that others use. */
export async function forgetSchedules(temporal: Client, taskQueue: string, organisationCode: string): Promise<void> {
  for (const id of [`${taskQueue}/sweep`, `${taskQueue}/${organisationCode}/timetable`]) {
    // A server of the test's own may be gone already.
    await temporal.withDeadline(Date.now() + 3_000, () => temporal.schedule.getHandle(id).delete()).catch(() => {});
  }
}

export interface EdusignCourse {
  readonly ID: string;
  readonly NAME: string;
  readonly START: string;
  readonly API_ID: string;
  readonly STUDENTS: readonly { readonly studentId: string }[];
}

export interface JournalEntry {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly handled: boolean;
}

/** A worker as its own process. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  /** Everything it logged. */
  readonly lines: string[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    }
  }

  static async start(env: NodeJS.ProcessEnv): Promise<WorkerProcess> {
    const child = spawn(process.execPath, ['--import', 'tsx', 'worker/main.ts'], { cwd: repository, env });
    const worker = new WorkerProcess(child);
    await until(() => {
      if (child.exitCode !== null) throw new Error(`The worker ended: ${worker.lines.join('\n')}`);
      return worker.lines.some((line) => line.includes('worker ready')) || undefined;
    }, 60_000);
    return worker;
  }

  /** SIGKILL: gone without a word. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  /** Asks it to end, as an operator or a platform does. Gives how it ended, and after how long. */
  async stop(signal: 'SIGTERM' | 'SIGINT'): Promise<{ status: number | null; seconds: number }> {
    const exit = once(this.#child, 'exit');
    const begun = performance.now();
    this.#child.kill(signal);
    const [status] = (await exit) as [number | null];
    return { status, seconds: (performance.now() - begun) / 1_000 };
  }

  /** SIGSTOP: frozen in the middle of whatever it does. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  wake(): void {
    this.#child.kill('SIGCONT');
  }
}

/** Waits until a look gives something, and says what it waited for in vain. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>, timeoutMs = 60_000): Promise<T> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > endsAt) throw new Error(`Waited ${timeoutMs} ms in vain for: ${look}`);
    await delay(50);
  }
}
