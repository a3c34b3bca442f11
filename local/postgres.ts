import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { takeLock } from './lock.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { initialise, passwordOf, placeData, postgresEnv, SUPERUSER } from './postgres-data.ts';
import { postgresUser } from './postgres-user.ts';
import { commandLine, isAlive, stopOrphan } from './process-info.ts';
import { launch } from './server-process.ts';

/** How to start the PostgreSQL that comes with npm. */
export interface StartPostgresOptions {
  /** Made when missing. The lock, the password and the log lie beside it. */
  dataDir: string;
  port: number;
  logFile?: string;
  /** Server settings, over our defaults. */
  settings?: Readonly<Record<string, string>>;
  /** Told what people should know, for example that the data lies elsewhere. */
  say?: (line: string) => void;
}

/** A running PostgreSQL. */
export interface LocalPostgres {
  /** The superuser's, with its password. */
  url: string;
  pid: number;
  /** Resolves when the server has ended, for whatever reason. */
  exited: Promise<void>;
  /** Ends all sessions, and writes everything. */
  stop(): Promise<void>;
  /** Ends at once, as a power cut would: the next start recovers, and UNLOGGED tables are empty. */
  crash(): Promise<void>;
}

const HOST = '127.0.0.1';
const DEFAULTS: Readonly<Record<string, string>> = { max_connections: '200', timezone: 'UTC', log_timezone: 'UTC' };
const STOP_GRACE_MS = 30_000;
// Recovery after a crash may take long, and counts as life.
const READY_MS = 120_000;

/**
 * Starts a PostgreSQL on 127.0.0.1, as an ordinary user or as root.
 *
 * @example
 * const postgres = await startPostgres({ dataDir: '.rollcall/postgres', port: await freePort(5434) });
 */
export async function startPostgres(options: StartPostgresOptions): Promise<LocalPostgres> {
  const say = options.say ?? (() => undefined);
  const settings = { ...DEFAULTS, ...options.settings };
  const dataDir = resolve(options.dataDir);
  const lock = await takeLock(`${dataDir}.lock`, (holder) => {
    throw new Error(`Process ${holder.pid} already runs a PostgreSQL in ${dataDir}. Stop it first.`);
  });
  try {
    const user = await postgresUser(dataDir, say);
    const binaries = await postgresBinaries(user, say);
    const data = await placeData(dataDir, user, say);
    const passwordFile = `${dataDir}.password`;
    await initialise(data, binaries, user, passwordFile, settings);
    const password = await passwordOf(passwordFile);
    await clearPidFile(data);
    const server = await launch({
      name: 'PostgreSQL',
      command: binaries.postgres,
      args: serverArgs(data, options.port, settings),
      logFile: resolve(options.logFile ?? `${dataDir}.log`),
      env: postgresEnv(),
      ...(user && { user: { uid: user.uid, gid: user.gid } }),
    });
    const url = `postgres://${SUPERUSER}:${encodeURIComponent(password)}@${HOST}:${options.port}/postgres`;
    try {
      await server.untilReady(() => saysReady(data, server.pid), READY_MS);
      await tryPassword(url, passwordFile);
    } catch (error) {
      await server.stop('SIGINT', STOP_GRACE_MS);
      throw error;
    }
    const end = async (signal: NodeJS.Signals) => {
      await server.stop(signal, STOP_GRACE_MS);
      await lock.release();
    };
    return { url, pid: server.pid, exited: server.exited, stop: () => end('SIGINT'), crash: () => end('SIGQUIT') };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function serverArgs(data: string, port: number, settings: Readonly<Record<string, string>>): string[] {
  const flags = { ...settings, listen_addresses: HOST, unix_socket_directories: '' };
  return [
    '-D',
    data,
    '-p',
    String(port),
    ...Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

// We hold the lock, so a PostgreSQL that still runs here has lost the process that started it.
async function clearPidFile(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  if (!(pid > 0)) return;
  if ((await stopOrphan(pid, data, 'SIGINT', STOP_GRACE_MS)) === 'stopped' || !isAlive(pid)) return;
  if ((await commandLine(pid)) === '') {
    throw new Error(`Process ${pid} may be a PostgreSQL that runs in ${data}, and cannot be looked at. Stop it first.`);
  }
  // The id was given to another process, and PostgreSQL would refuse to start. It takes the id of its own parent for
  // stale, and still checks by the rest of the file that no shared memory of the dead server is in use.
  await writeFile(file, text.replace(/^\d+/, String(process.pid)));
}

// As pg_ctl does it: the server writes its state into line 8.
async function saysReady(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

async function tryPassword(url: string, passwordFile: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') throw error;
    throw new Error(
      `The password in ${passwordFile} is not the one of the local database. ` +
        'Put the right file back, or remove the data folder beside it to start with an empty database.',
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}
