import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from './process-info.ts';

/** A lock file that this process holds until it is released or the process dies. */
export interface Lock {
  release(): Promise<void>;
}

/** Who holds a lock, as written in its file. */
export interface Holder {
  pid: number;
  host: string;
  id: string;
}

// The holder touches its file far more often than it is declared dead, so that a busy machine steals no lock.
const TOUCH_MS = 5_000;
const SILENT_MS = 60_000;
const POLL_MS = 200;

/**
 * Takes a lock file. While another live process holds it, `onBusy` is asked once: it throws to give up, or returns to
 * wait. The lock of a dead process is taken over.
 *
 * Two waiters may, in a very rare race, both take over one stale lock. What a lock guards must survive that.
 */
export async function takeLock(file: string, onBusy: (holder: Holder) => void, signal?: AbortSignal): Promise<Lock> {
  await mkdir(dirname(file), { recursive: true });
  const own: Holder = { pid: process.pid, host: hostname(), id: randomUUID() };
  const draft = `${file}.${own.id}`;
  await writeFile(draft, JSON.stringify(own));
  try {
    for (let asked = false; !(await linked(draft, file)); ) {
      signal?.throwIfAborted();
      const holder = await holderOf(file);
      if (holder === 'none') continue;
      if (holder === 'dead') {
        await removeStale(file);
        continue;
      }
      if (!asked) onBusy(holder);
      asked = true;
      await pause(POLL_MS, undefined, signal ? { signal } : {});
    }
  } finally {
    await rm(draft, { force: true });
  }
  const touching = setInterval(
    () => void utimes(file, new Date(), new Date()).catch(() => undefined),
    TOUCH_MS,
  ).unref();
  return {
    async release() {
      clearInterval(touching);
      const now = await read(file);
      if (now?.id === own.id) await rm(file, { force: true });
    },
  };
}

// A hard link fails when the name exists, and the file has its content from the first moment.
async function linked(draft: string, file: string): Promise<boolean> {
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function holderOf(file: string): Promise<Holder | 'none' | 'dead'> {
  const touched = await stat(file).catch(() => undefined);
  if (touched === undefined) return 'none';
  const holder = await read(file);
  if (holder === undefined) return 'dead';
  // Process ids say nothing across machines and containers, and are used again: there only the touching counts.
  if (holder.host === hostname() && !isAlive(holder.pid)) return 'dead';
  return Date.now() - touched.mtimeMs > SILENT_MS ? 'dead' : holder;
}

async function removeStale(file: string): Promise<void> {
  const before = await read(file);
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const moved = await read(aside);
  // Another waiter was faster and its new lock was caught: it goes back to its place.
  if (moved?.id !== before?.id) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function read(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
