import { execFile } from 'node:child_process';
import { chmod, chown, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The user that PostgreSQL runs as when we are root: it refuses to run as root itself. */
export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

/** Where PostgreSQL's user finds what it cannot reach in the home of root. Only root may write there. */
export const REACHABLE = '/var/lib/rollcall';

const run = promisify(execFile);

/**
 * Whom to run PostgreSQL as: nobody else for an ordinary user; for root the owner of the data if there is one, else the
 * system's user `postgres`, who is made when missing.
 */
export async function postgresUser(dataDir: string, say: (line: string) => void): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(dataDir).catch(() => undefined);
  if (owner !== undefined && owner.uid !== 0) return { name: `with id ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  const known = await lookUp();
  if (known) return known;
  say('PostgreSQL refuses to run as root: the system user "postgres" is made for it.');
  await run('useradd', [
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    'postgres',
  ]).catch((error: Error) => {
    throw new Error(
      'PostgreSQL refuses to run as root, and a user "postgres" could not be made for it ' +
        `(${error.message.trim()}). Start as an ordinary user, or make that user yourself.`,
    );
  });
  const made = await lookUp();
  if (!made) throw new Error('The user "postgres" was made, but is not known afterwards. Start as an ordinary user.');
  return made;
}

async function lookUp(): Promise<SystemUser | undefined> {
  const ask = async (flag: string) => Number((await run('id', [flag, 'postgres'])).stdout);
  try {
    return { name: 'postgres', uid: await ask('-u'), gid: await ask('-g') };
  } catch {
    return undefined;
  }
}

/** Whether that user may run a program, with all the libraries it needs. */
export async function mayRun(program: string, { uid, gid }: SystemUser): Promise<boolean> {
  return run(program, ['--version'], { uid, gid, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/**
 * Makes sure that the user may pass through a folder, if that takes nothing from anybody: a folder of ours that its
 * group has no use for is given to the user's group, to pass only. Returns whether the user may pass now.
 */
export async function letThrough(folder: string, { uid, gid }: SystemUser): Promise<boolean> {
  const mayPass = () =>
    // The kernel's own answer, which also knows of access lists and of every folder above.
    run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { uid, gid, cwd: '/' }).then(
      () => true,
      () => false,
    );
  if (await mayPass()) return true;
  const { uid: owner, mode } = await stat(folder);
  if (owner !== 0 || (mode & 0o070) !== 0) return false;
  await chown(folder, owner, gid);
  await chmod(folder, (mode & 0o7777) | 0o010);
  return mayPass();
}
