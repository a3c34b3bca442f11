import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { type Env, TEMPORAL_VERSION, temporalCache } from './cache-folder.ts';
import { BuildInterrupted, buildTemporal } from './temporal-build.ts';
import { downloadTemporal } from './temporal-download.ts';
import { whyTemporalIsSilent } from './temporal-health.ts';
import { askVersion } from './temporal-version.ts';

/** Where a binary was found. */
export type BinarySource = 'ROLLCALL_TEMPORAL_BINARY' | 'PATH' | 'cache' | 'download' | 'build';

/** A server that already runs, or a binary to start one with. */
export type FoundTemporal =
  | { kind: 'running'; address: string }
  | { kind: 'binary'; path: string; version: string; serverVersion: string; from: BinarySource };

/** Where to look. The last two steps take long, so a caller may leave them out or bring its own. */
export interface FindTemporalOptions {
  env: Env;
  /** Told of every attempt, one line each. */
  say: (line: string) => void;
  /** Fetches the binary and returns its path. */
  download?: ((env: Env) => Promise<string>) | false;
  build?: ((options: { env: Env; say: (line: string) => void; signal?: AbortSignal }) => Promise<string>) | false;
  /** Gives up before the next long step, and stops the build. */
  signal?: AbortSignal;
}

/** No way led to a Temporal server. The message names every attempt, and how to mend it. */
export class TemporalNotFound extends Error {
  override readonly name = 'TemporalNotFound';
  readonly attempts: readonly string[];

  constructor(attempts: readonly string[]) {
    super(
      [
        'No Temporal server was found, and none could be made:',
        ...attempts.map((attempt) => `  - ${attempt}`),
        'Two ways to mend it:',
        '  1. Install the Temporal CLI so that "temporal" is on the PATH, or name it in ROLLCALL_TEMPORAL_BINARY,',
        '     or name a running server in TEMPORAL_ADDRESS (host:port).',
        '  2. Install Go 1.26.4 or newer (on Debian from backports), and start again: the server is then built from',
        '     source through the Go module proxy, once, in about six minutes.',
      ].join('\n'),
    );
    this.attempts = attempts;
  }
}

// The first server with everything we use: updates with start, user metadata, priority and fairness.
const OLDEST_SERVER = [1, 29, 0] as const;

/**
 * Finds a Temporal server: a running one, a binary that somebody named or installed, our cache, the SDK's download, or
 * a build with Go, in this order.
 */
export async function findTemporal(options: FindTemporalOptions): Promise<FoundTemporal> {
  const { env, say, signal } = options;
  const attempts: string[] = [];
  const failed = (where: string, why: string) => {
    attempts.push(`${where}: ${why}`);
    say(`${where}: ${why}`);
  };
  const accept = async (where: string, path: string, from: BinarySource): Promise<FoundTemporal | undefined> => {
    try {
      const { cli, server } = await askVersion(path, env);
      if (isOlder(server)) {
        failed(where, `${path} has server ${server}, and ${OLDEST_SERVER.join('.')} is the oldest that can be used`);
        return undefined;
      }
      say(`${where}: using ${path} (${cli}, server ${server})`);
      return { kind: 'binary', path, version: cli, serverVersion: server, from };
    } catch (error) {
      failed(where, `${path}: ${message(error)}`);
      return undefined;
    }
  };

  const address = env['TEMPORAL_ADDRESS'];
  if (address) {
    const why = await whyTemporalIsSilent(address);
    if (why === undefined) {
      say(`TEMPORAL_ADDRESS: using the server at ${address}`);
      return { kind: 'running', address };
    }
    failed('TEMPORAL_ADDRESS', `no answer from ${address} (${why})`);
  } else failed('TEMPORAL_ADDRESS', 'not set');

  const named = env['ROLLCALL_TEMPORAL_BINARY'];
  if (named) {
    const found = await accept('ROLLCALL_TEMPORAL_BINARY', resolve(named), 'ROLLCALL_TEMPORAL_BINARY');
    if (found) return found;
  } else failed('ROLLCALL_TEMPORAL_BINARY', 'not set');

  const onPath = await findOnPath(env);
  if (onPath) {
    const found = await accept('PATH', onPath, 'PATH');
    if (found) return found;
  } else failed('PATH', 'no "temporal" there');

  const cached = temporalCache(env).binary;
  if (await isFile(cached)) {
    const found = await accept('cache', cached, 'cache');
    if (found) return found;
  } else failed('cache', `no ${cached}`);

  const make = async (where: BinarySource, how: () => Promise<string>): Promise<FoundTemporal | undefined> => {
    signal?.throwIfAborted();
    try {
      return await accept(where, await how(), where);
    } catch (error) {
      // Whoever pressed Ctrl-C wants to leave, not to read a list of attempts.
      if (error instanceof BuildInterrupted) throw error;
      failed(where, message(error));
      return undefined;
    }
  };

  const download = options.download ?? downloadTemporal;
  if (download === false) failed('download', 'left out');
  else {
    say(`download: asking the SDK for ${TEMPORAL_VERSION}`);
    const found = await make('download', () => download(env));
    if (found) return found;
  }

  const build = options.build ?? buildTemporal;
  if (build === false) failed('build', 'left out');
  else {
    const found = await make('build', () => build({ env, say, ...(signal && { signal }) }));
    if (found) return found;
  }
  throw new TemporalNotFound(attempts);
}

async function findOnPath(env: Env): Promise<string | undefined> {
  const name = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const file = join(resolve(folder), name);
    if (folder !== '' && (await isFile(file)) && (await mayRun(file))) return file;
  }
  return undefined;
}

const isFile = (path: string) =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
const mayRun = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

function isOlder(server: string): boolean {
  const parts = server.split('.').map(Number);
  const differs = OLDEST_SERVER.findIndex((oldest, index) => parts[index] !== oldest);
  return differs >= 0 && (parts[differs] ?? 0) < (OLDEST_SERVER[differs] ?? 0);
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
