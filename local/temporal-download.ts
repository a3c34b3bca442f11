import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Env, TEMPORAL_VERSION, temporalCache } from './cache-folder.ts';
import { askVersion } from './temporal-version.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FETCHER = fileURLToPath(new URL('./temporal-fetch.ts', import.meta.url));

// A network that swallows packets answers nothing at all: what counts is that bytes keep coming.
const SILENT_MS = 20_000;

/** Lets the SDK download the pinned Temporal CLI, and moves it into our cache. Offline it fails at once. */
export async function downloadTemporal(env: Env): Promise<string> {
  const cache = temporalCache(env);
  await mkdir(cache.folder, { recursive: true });
  const folder = await mkdtemp(join(cache.folder, 'download-'));
  try {
    const why = await fetchInto(folder, env);
    for (const name of await readdir(folder)) {
      const file = join(folder, name);
      const version = await askVersion(file, env).catch(() => undefined);
      if (version === undefined) continue;
      await rename(file, cache.binary);
      return cache.binary;
    }
    throw new Error(why);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// In a process of its own: the SDK's download cannot be stopped otherwise, and its native runtime, once loaded, could no
// longer be configured by the caller.
function fetchInto(folder: string, env: Env): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', FETCHER, folder, TEMPORAL_VERSION], {
      cwd: ROOT,
      env: { ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    let timedOut = false;
    let [bytes, lastGrowth] = [-1, Date.now()];
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    const watching = setInterval(async () => {
      const now = await sizeOf(folder);
      if (now !== bytes) [bytes, lastGrowth] = [now, Date.now()];
      else if (Date.now() - lastGrowth > SILENT_MS) {
        timedOut = true;
        child.kill('SIGKILL');
      }
    }, 500);
    child.once('error', (error) => {
      clearInterval(watching);
      reject(error);
    });
    child.once('close', () => {
      clearInterval(watching);
      resolve(timedOut ? `nothing came for ${SILENT_MS / 1000} s` : said.trim() || 'the SDK gave no reason');
    });
  });
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (file) => file.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
