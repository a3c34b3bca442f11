import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { letThrough, REACHABLE, type SystemUser } from './postgres-user.ts';

/** The superuser of the local cluster. */
export const SUPERUSER = 'postgres';

/**
 * Where the data really lies. That is `dataDir`, unless PostgreSQL's user cannot get there (a checkout in the home of
 * root): then `dataDir` becomes a link to a folder that it can reach, and removing the link starts afresh.
 */
export async function placeData(
  dataDir: string,
  user: SystemUser | undefined,
  say: (line: string) => void,
): Promise<string> {
  const parent = dirname(dataDir);
  await mkdir(parent, { recursive: true });
  const present = await lstat(dataDir).catch(() => undefined);
  if (present?.isSymbolicLink()) {
    const target = await realpath(dataDir).catch(() => undefined);
    if (target !== undefined) return target;
    await rm(dataDir);
  }
  if (user === undefined || (await letThrough(parent, user))) return dataDir;
  if (present?.isDirectory()) {
    throw new Error(
      `PostgreSQL runs as the user ${user.name}, who cannot reach its data in ${dataDir}. ` +
        `Start Rollcall as the user who made it, or open the folders above it: chmod o+x.`,
    );
  }
  const place = join(REACHABLE, `data-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`);
  say(`PostgreSQL runs as the user ${user.name}, who cannot reach ${parent}: its data lies in ${place}.`);
  await mkdir(REACHABLE, { recursive: true });
  await chmod(REACHABLE, 0o755);
  // What an earlier link led to: its password is gone with the link's folder.
  await rm(place, { recursive: true, force: true });
  await mkdir(place, { mode: 0o700 });
  await chown(place, user.uid, user.gid);
  await symlink(place, dataDir);
  return place;
}

/** Makes a cluster unless there is one, and fails with advice when the one there cannot be used. */
export async function initialise(
  data: string,
  binaries: PostgresBinaries,
  user: SystemUser | undefined,
  passwordFile: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const major = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  if (major !== '') {
    if (major !== binaries.major) {
      throw new Error(
        `The data in ${data} was made by PostgreSQL ${major}, and this is ${binaries.major}. ` +
          'Move the folder away to start with an empty database, or start with the release that made it.',
      );
    }
    const { uid } = await stat(data);
    const runner = user?.uid ?? process.getuid?.();
    if (runner !== undefined && uid !== runner) {
      throw new Error(`The data in ${data} belongs to the user with id ${uid}. Start as that user, or as root.`);
    }
    return;
  }
  if ((await readdir(data).catch(() => [])).length > 0) {
    throw new Error(`${data} holds something that is not a PostgreSQL cluster. Name another folder.`);
  }
  const password = await passwordOf(passwordFile, true);
  // Under another name until it is whole: a start that was cut leaves nothing that looks like a cluster.
  const draft = `${data}.new`;
  const handed = `${data}.handed-password`;
  try {
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { mode: 0o700 });
    await rm(handed, { force: true });
    await writeFile(handed, password, { mode: 0o600, flag: 'wx' });
    if (user) for (const path of [draft, handed]) await chown(path, user.uid, user.gid);
    await promisify(execFile)(binaries.initdb, initdbArgs(draft, handed, settings), {
      cwd: '/',
      env: postgresEnv(),
      ...(user && { uid: user.uid, gid: user.gid }),
    }).catch((error: Error & { stderr?: string }) => {
      throw new Error(`PostgreSQL could not make its data folder ${data}: ${error.stderr?.trim() || error.message}`);
    });
    await rmdir(data).catch(() => undefined);
    await rename(draft, data);
  } finally {
    await rm(handed, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

/** The superuser's password, from its file; made by chance when it may be. */
export async function passwordOf(file: string, mayMake = false): Promise<string> {
  if (mayMake) {
    const made = randomBytes(32).toString('base64url');
    await writeFile(file, made, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  return (
    await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new Error(
        `The password of the local database cannot be read from ${file} (${error.code}). ` +
          'Put the file back, or remove the data folder beside it to start with an empty database.',
      );
    })
  ).trim();
}

/** What PostgreSQL gets to see of our environment: no secrets, and none of the PG… variables. */
export function postgresEnv(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot } = process.env;
  return { LC_ALL: 'C', ...(PATH && { PATH }), ...(SystemRoot && { SystemRoot }) };
}

function initdbArgs(data: string, passwordFile: string, settings: Readonly<Record<string, string>>): string[] {
  return [
    `--pgdata=${data}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // PostgreSQL's own C.UTF-8: bytes decide the order, Unicode decides upper and lower case, on every system alike.
    ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'],
    '--no-instructions',
    ...(settings['fsync'] === 'off' ? ['--no-sync'] : []),
  ];
}
