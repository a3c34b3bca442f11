import { readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { freePort } from './free-port.ts';
import { type Lock, takeLock } from './lock.ts';
import { stopOrphan } from './process-info.ts';
import { launch } from './server-process.ts';
import { whyTemporalIsSilent } from './temporal-health.ts';

/** How to start the development server of the Temporal CLI. */
export interface StartTemporalOptions {
  binary: string;
  /** A free one when left out. */
  port?: number;
  /** No UI when left out. */
  uiPort?: number;
  /** In memory when left out. Put the version of the server into its name: another version cannot read it. */
  dbFile?: string;
  logFile: string;
  /** Where the UI asks for what is sealed to be opened. */
  codecEndpoint?: string;
  /** Names of Keyword search attributes. */
  searchAttributes?: readonly string[];
  env?: NodeJS.ProcessEnv;
  timeoutMs?: number;
}

/** A running Temporal server. */
export interface LocalTemporal {
  address: string;
  /** Nothing when it was started without a UI. */
  uiUrl: string | null;
  pid: number;
  /** Resolves when the server has ended, for whatever reason. */
  exited: Promise<void>;
  stop(): Promise<void>;
}

const IP = '127.0.0.1';
const STOP_GRACE_MS = 10_000;

/** Starts a Temporal server on 127.0.0.1 and waits until it answers. */
export async function startTemporal(options: StartTemporalOptions): Promise<LocalTemporal> {
  const dbFile = options.dbFile === undefined ? undefined : resolve(options.dbFile);
  const lock = dbFile === undefined ? undefined : await own(dbFile);
  try {
    const port = options.port ?? (await freePort());
    const address = `${IP}:${port}`;
    // Another server there would answer in place of ours, and ours would look as if it had started.
    if ((await whyTemporalIsSilent(address, 1_000)) === undefined) {
      throw new Error(
        `A Temporal server already answers on ${address}. Stop it, or use it: TEMPORAL_ADDRESS=${address}`,
      );
    }
    const server = await launch({
      name: 'The Temporal server',
      command: resolve(options.binary),
      args: serverArgs(options, port, dbFile),
      logFile: options.logFile,
      env: options.env ?? process.env,
    });
    if (dbFile !== undefined) await writeFile(pidFile(dbFile), String(server.pid));
    try {
      await server.untilReady(
        async () => (await whyTemporalIsSilent(address, 1_000)) === undefined,
        options.timeoutMs ?? 60_000,
      );
    } catch (error) {
      await server.stop('SIGTERM', STOP_GRACE_MS);
      throw error;
    }
    return {
      address,
      uiUrl: options.uiPort === undefined ? null : `http://${IP}:${options.uiPort}`,
      pid: server.pid,
      exited: server.exited,
      async stop() {
        await server.stop('SIGTERM', STOP_GRACE_MS);
        if (dbFile !== undefined) await rm(pidFile(dbFile), { force: true });
        await lock?.release();
      },
    };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

function serverArgs(options: StartTemporalOptions, port: number, dbFile: string | undefined): string[] {
  return [
    ...['server', 'start-dev', '--ip', IP, '--port', String(port)],
    ...(options.uiPort === undefined ? ['--headless'] : ['--ui-port', String(options.uiPort)]),
    ...(options.codecEndpoint === undefined ? [] : ['--ui-codec-endpoint', options.codecEndpoint]),
    ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
    ...['--namespace', 'default', '--log-level', 'warn'],
    ...['--dynamic-config-value', 'system.forceSearchAttributesCacheRefreshOnRead=true'],
    ...['--dynamic-config-value', 'matching.enableFairness=true'],
    ...(options.searchAttributes ?? []).flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
  ];
}

const pidFile = (dbFile: string) => `${dbFile}.pid`;

// The file has one server at a time: sqlite would answer a second one with "database is locked" much later.
async function own(dbFile: string): Promise<Lock> {
  const lock = await takeLock(`${dbFile}.lock`, (holder) => {
    throw new Error(`Process ${holder.pid} already runs a Temporal server on ${dbFile}. Stop it first.`);
  });
  const pid = Number(await readFile(pidFile(dbFile), 'utf8').catch(() => ''));
  if (pid > 0) await stopOrphan(pid, dbFile, 'SIGTERM', STOP_GRACE_MS);
  return lock;
}
