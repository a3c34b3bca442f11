import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** The environment as the logic sees it: passed in, so that every step can be tried with any environment. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The Temporal CLI that `local/temporal-server/go.mod` pins, and that we download. */
export const TEMPORAL_VERSION = '1.8.2';

/** What takes long to fetch or build lies there, shared by all checkouts of one user. */
export function cacheFolder(env: Env): string {
  return resolve(
    env['ROLLCALL_CACHE'] || join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'rollcall'),
  );
}

/** Where the finished Temporal binary lies: building it takes minutes. */
export function temporalCache(env: Env): { folder: string; binary: string } {
  const folder = join(cacheFolder(env), `temporal-${TEMPORAL_VERSION}`);
  return { folder, binary: join(folder, process.platform === 'win32' ? 'temporal.exe' : 'temporal') };
}
