import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import axios from 'axios';
import { vi } from 'vitest';
import { cacheFolder, type Env } from '../../local/cache-folder.ts';
import { freePort } from '../../local/free-port.ts';
import { takeLock } from '../../local/lock.ts';
import { launch, type ServerProcess } from '../../local/server-process.ts';
import { realmFile, realms } from './realms.ts';

const version = '26.4.0';
const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:zip`;
const unpack = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:unpack';

/** Keycloak 26 asks for it. */
const leastJava = 21;

/** It was seen to start in 45 to 75 seconds, on a machine with nothing else to do. */
const startMs = 300_000;

type Say = (line: string) => void;

export interface LocalKeycloak {
  /** Where its realms are; it has the prefix of older servers. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a real Keycloak in its development mode, in memory, with the realms of the tests. */
export async function startKeycloak(env: Env, say: Say): Promise<LocalKeycloak> {
  const javaHome = await findJava(env);
  const home = await findDistribution(env, say);
  // Two of one folder would read each other's realms.
  const lock = await takeLock(`${home}.lock`, ({ pid }) => say(`Process ${pid} runs one. Waiting for it.`));
  const logs = await mkdtemp(join(tmpdir(), 'rollcall-keycloak-'));
  const put = async () => {
    await rm(logs, { recursive: true, force: true });
    await lock.release();
  };
  try {
    await writeRealms(home);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/auth`;
    const options = ['--import-realm', '--db=dev-mem', `--http-port=${port}`, '--http-host=127.0.0.1'];
    const server = await launch({
      name: 'Keycloak',
      command: 'bash',
      args: [
        join(home, 'bin', 'kc.sh'),
        'start-dev',
        ...options,
        '--http-relative-path=/auth',
        '--health-enabled=false',
      ],
      logFile: join(logs, 'keycloak.log'),
      env: { ...env, JAVA_HOME: javaHome, JAVA_OPTS_APPEND: '-Xmx512m' },
    });
    const stop = () => stopGroup(server);
    say(`starting on ${url}`);
    try {
      await server.untilReady(() => answers(url), startMs);
    } catch (error) {
      await stop();
      throw error;
    }
    return { url, stop: () => stop().finally(put) };
  } catch (error) {
    await put();
    throw error;
  }
}

/**
 * Its script stays in front of the server, and a signal to the script alone would leave the server behind: the whole group,
 * which is theirs alone, is told.
 */
async function stopGroup({ pid, exited }: ServerProcess): Promise<void> {
  signalGroup(pid, 'SIGTERM');
  await vi
    .waitUntil(() => !isGroupAlive(pid), { timeout: 30_000, interval: 50 })
    .catch(() => signalGroup(pid, 'SIGKILL'));
  await exited;
}

function isGroupAlive(pid: number): boolean {
  return signalGroup(pid, 0);
}

function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    // Nobody of it is left.
    return false;
  }
}

async function answers(url: string): Promise<boolean> {
  const address = `${url}/realms/${realms.school.realm}/.well-known/openid-configuration`;
  const answer = await axios
    .get(address, { validateStatus: () => true, proxy: false, timeout: 5_000 })
    .catch(() => undefined);
  return answer?.status === 200;
}

async function writeRealms(home: string): Promise<void> {
  const folder = join(home, 'data', 'import');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const realm of Object.values(realms)) {
    await writeFile(join(folder, `${realm.realm}-realm.json`), JSON.stringify(realmFile(realm)));
  }
}

/** The unpacked server: from the cache, else fetched into it by Maven. */
async function findDistribution(env: Env, say: Say): Promise<string> {
  const folder = join(cacheFolder(env), `keycloak-${version}`);
  const home = join(folder, `keycloak-${version}`);
  if (await isThere(join(home, 'bin', 'kc.sh'))) return home;
  const lock = await takeLock(`${folder}.fetch.lock`, ({ pid }) => say(`Process ${pid} fetches it. Waiting for it.`));
  try {
    if (await isThere(join(home, 'bin', 'kc.sh'))) return home;
    say(`fetching ${artifact} with Maven`);
    const aside = `${folder}.part`;
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside, { recursive: true });
    await maven([unpack, `-Dartifact=${artifact}`, `-DoutputDirectory=${aside}`], aside, env);
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
    return home;
  } finally {
    await lock.release();
  }
}

async function maven(args: readonly string[], cwd: string, env: Env): Promise<void> {
  try {
    await promisify(execFile)('mvn', ['-B', '-q', ...args], { cwd, env: { ...env }, timeout: 900_000 });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error('Maven is not installed. Install it (Debian: apt-get install maven): it fetches Keycloak.');
    }
    const told = error instanceof Error && 'stdout' in error ? String(error.stdout).trim().split('\n').slice(0, 5) : [];
    throw new Error(`Maven could not fetch ${artifact}.\n${told.join('\n')}`);
  }
}

/** A Java that Keycloak runs on: the one that was chosen, the one on the PATH, or one beside it. */
async function findJava(env: Env): Promise<string> {
  const seen: string[] = [];
  for (const home of await javaHomes(env)) {
    const found = await javaVersion(home, env);
    if (found === undefined) continue;
    if (found.major >= leastJava) return found.home;
    seen.push(`${found.major} in ${found.home}`);
  }
  const found = seen.length === 0 ? 'none was found' : `found: ${seen.join(', ')}`;
  throw new Error(
    `Keycloak ${version} needs Java ${leastJava} or newer; ${found}. Install one (Debian: apt-get install openjdk-21-jre-headless), ` +
      'or name the one you have in JAVA_HOME.',
  );
}

/** `''` stands for the one on the PATH. */
async function javaHomes(env: Env): Promise<string[]> {
  const parent = '/usr/lib/jvm';
  const beside = await readdir(parent).catch(() => []);
  return [...(env['JAVA_HOME'] ? [env['JAVA_HOME']] : []), '', ...beside.sort().map((name) => join(parent, name))];
}

async function javaVersion(home: string, env: Env): Promise<{ major: number; home: string } | undefined> {
  const java = home === '' ? 'java' : join(home, 'bin', 'java');
  // What is no folder fails before there is a process.
  const told = await (async () =>
    promisify(execFile)(java, ['-XshowSettings:properties', '-version'], { env: { ...env } }))().catch(() => undefined);
  const value = (name: string) => new RegExp(`^\\s*${name} = (.+)$`, 'm').exec(told?.stderr ?? '')?.[1]?.trim();
  const major = Number(/^\d+/.exec(value('java\\.version') ?? '')?.[0]);
  const where = value('java\\.home');
  return Number.isNaN(major) || where === undefined ? undefined : { major, home: where };
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
