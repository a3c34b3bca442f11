import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { localTime, paint, print } from '../client/cli/output.ts';
import { searchAttributes } from '../roster/search-attributes.ts';
import { migrate } from '../store/migrate.ts';
import { homeOf, readMasterKeys, readStackFile, type StackFile } from '../worker/settings.ts';
import { type Served, serve } from './child-process.ts';
import {
  demoConnection,
  demoMorning,
  demoPace,
  demoSecrets,
  letDemoDayPass,
  raiseDemoPace,
  rollcall,
  setDemoClock,
  setUpDemo,
} from './demo.ts';
import { aurigaConnection, aurigaSecrets, setUpAurigaDemo } from './demo-auriga.ts';
import { freePort } from './free-port.ts';
import { type MailCatcher, startMailCatcher } from './mail-catcher.ts';
import { startPostgres } from './postgres.ts';
import { findTemporal } from './temporal-finder.ts';
import { startTemporal } from './temporal-server-process.ts';

const repository = join(import.meta.dirname, '..');

/** Something that runs and can be stopped; stopped in the reverse order of its start. */
interface Part {
  readonly name: string;
  /** Resolves with a sentence when it ends without being asked to. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Everything on this machine: PostgreSQL, Temporal, the simulated systems, a worker, and a first sync of the demo school.
 * State lies in the home folder, so that a second start goes on where the first one ended.
 *
 * @returns The exit status.
 */
export async function start(options: { once?: boolean }): Promise<number> {
  const home = homeOf(process.env);
  mkdirSync(join(home, 'logs'), { recursive: true });
  const running = readStackFile(home);
  if (running !== undefined && isAlive(running.pid)) {
    print(
      `Rollcall runs already here (process ${running.pid}). Stop that one, or set ROLLCALL_HOME to another folder.`,
    );
    return 4;
  }
  const stopping = stopSignal();
  const parts: Part[] = [];
  try {
    const stack = await startParts(home, parts, stopping);
    const result = await firstSync(stack);
    if (options.once || stopping.aborted) return result;
    printInvitation(stack);
    const died = await Promise.race([...parts.map((part) => part.died), aborted(stopping)]);
    if (died === undefined) return 0;
    print(paint('red', `${died} Stopping the rest; the logs are in ${near(join(home, 'logs'))}.`));
    return 5;
  } catch (error) {
    if (stopping.aborted) return 0;
    throw error;
  } finally {
    await stopAll(parts);
    rmSync(join(home, 'stack.json'), { force: true });
  }
}

interface Stack {
  readonly file: StackFile;
  readonly env: NodeJS.ProcessEnv;
  readonly urls: SimulatorsReady;
  /** Of the second school. */
  readonly aurigaUrls: AurigaReady;
  readonly home: string;
  /** Undefined where a mail server is configured. */
  readonly mails: MailCatcher | undefined;
  /** Whether nothing of an earlier start is there. */
  readonly isFirst: boolean;
}

/** Starts one part after the other; a stop that is asked for meanwhile ends it between two of them. */
async function startParts(home: string, parts: Part[], stopping: AbortSignal): Promise<Stack> {
  readMasterKeys(process.env, { makeIfMissing: true });
  const databaseUrl = await startDatabase(home, parts);
  stopping.throwIfAborted();
  const temporal = await startTemporalServer(home, parts, stopping);
  stopping.throwIfAborted();
  const isFirst = !existsSync(join(home, 'simulators'));
  const simulators = await startSimulators(home, parts, isFirst);
  stopping.throwIfAborted();
  const urls = simulatorsReady.parse(JSON.parse(simulators.readyLine));
  const second = await startAurigaSimulators(home, parts, isFirst);
  stopping.throwIfAborted();
  const aurigaUrls = aurigaReady.parse(JSON.parse(second.readyLine));
  const file: StackFile = {
    databaseUrl,
    temporalAddress: temporal.address,
    temporalUi: temporal.uiUrl,
    allowHosts: ['127.0.0.1'],
    pid: process.pid,
  };
  writeFileSync(join(home, 'stack.json'), `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  const mails = await startMails(parts);
  const env = { ...process.env, ROLLCALL_HOME: home, ...mailEnv(mails) };
  if (temporal.uiUrl !== null) await startCodecServer(home, env, temporal, parts);
  await startWorker(home, env, parts);
  stopping.throwIfAborted();
  return { file, env, urls, aurigaUrls, home, mails, isFirst };
}

async function startDatabase(home: string, parts: Part[]): Promise<string> {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined && given !== '') {
    say('PostgreSQL', 'the one of DATABASE_URL');
    await tellMigrations(given);
    return given;
  }
  const port = await freePort(5434);
  const postgres = await startPostgres({
    dataDir: join(home, 'postgres'),
    port,
    logFile: join(home, 'logs', 'postgres.log'),
    say: (line) => say('PostgreSQL', line),
  });
  parts.push({ name: 'PostgreSQL', died: postgres.exited.then(() => 'PostgreSQL ended.'), stop: postgres.stop });
  say('PostgreSQL', `embedded, port ${port}, data in ${near(join(home, 'postgres'))}`);
  await tellMigrations(postgres.url);
  return postgres.url;
}

async function tellMigrations(url: string): Promise<void> {
  const applied = await migrate(url);
  if (applied.length > 0) say('Migrations', `${applied.length} applied`);
}

async function startTemporalServer(
  home: string,
  parts: Part[],
  stopping: AbortSignal,
): Promise<{ address: string; uiUrl: string | null; codecPort: number }> {
  const found = await findTemporal({ env: process.env, say: tellSearch, signal: stopping });
  if (found.kind === 'running') return { address: found.address, uiUrl: null, codecPort: 0 };
  const codecPort = await freePort(8234);
  const temporal = await startTemporal({
    binary: found.path,
    port: await freePort(7233),
    uiPort: await freePort(8233),
    // Its schema is made with the file: another version needs another one.
    dbFile: join(home, `temporal-${found.serverVersion}.db`),
    logFile: join(home, 'logs', 'temporal.log'),
    searchAttributes: Object.values(searchAttributes),
    codecEndpoint: `http://127.0.0.1:${codecPort}`,
  });
  parts.push({ name: 'Temporal', died: temporal.exited.then(() => 'Temporal ended.'), stop: temporal.stop });
  say('Temporal', `server on ${temporal.address}, UI on ${temporal.uiUrl}`);
  return { ...temporal, codecPort };
}

/**
 * Where a server was looked for in vain is told only when that takes time; the error that ends an unsuccessful search names
 * every attempt in full.
 */
function tellSearch(line: string): void {
  if (/: (not set|no "temporal" there)$/.test(line)) return;
  if (/: using /.test(line)) say('Temporal', line);
  else print(`${paint('dim', '·')} ${'Temporal'.padEnd(11)} ${line.length > 110 ? `${line.slice(0, 109)}…` : line}`);
}

const simulatorsReady = z.object({
  ready: z.literal(true),
  alcuin: z.object({ url: z.string(), control: z.string() }),
  edusign: z.object({ url: z.string(), control: z.string() }),
});
type SimulatorsReady = z.infer<typeof simulatorsReady>;

async function startSimulators(home: string, parts: Part[], isFirst: boolean): Promise<Served> {
  const flags: Record<string, string> = {
    'alcuin-port': String(await freePort(4711)),
    'edusign-port': String(await freePort(4712)),
    'alcuin-password': demoSecrets.alcuinPassword,
    'edusign-key': demoSecrets.edusignApiKey,
    state: join(home, 'simulators'),
    school: 'grande-ecole',
    // The school is made for the day on which the demo begins.
    ...(isFirst ? { now: demoMorning(new Date()) } : {}),
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const simulators = await serve('The simulators', [join(repository, 'simulators', 'main.ts'), ...args], {
    env: process.env,
    cwd: repository,
    logFile: join(home, 'logs', 'simulators.log'),
    isReady: (line) => line.includes('"ready":true'),
  });
  parts.push({ name: 'The simulators', ...simulators });
  say('Simulators', `Alcuin on port ${flags['alcuin-port']}, Edusign on port ${flags['edusign-port']}`);
  return simulators;
}

const aurigaReady = simulatorsReady.extend({
  auriga: z.object({ url: z.string(), keycloakUrl: z.string(), control: z.string() }),
});
type AurigaReady = z.infer<typeof aurigaReady>;

/** The second school has an Auriga, and an Edusign of its own: one key is one school there. */
async function startAurigaSimulators(home: string, parts: Part[], isFirst: boolean): Promise<Served> {
  const port = String(await freePort(4713));
  const flags: Record<string, string> = {
    'auriga-port': port,
    'auriga-password': aurigaSecrets.password,
    'auriga-client-secret': aurigaSecrets.clientSecret,
    'auriga-school': 'small-class',
    'edusign-key': aurigaSecrets.edusignApiKey,
    state: join(home, 'simulators-aurore'),
    ...(isFirst ? { now: demoMorning(new Date()) } : {}),
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
  const simulators = await serve('The second simulators', [join(repository, 'simulators', 'main.ts'), ...args], {
    env: process.env,
    cwd: repository,
    logFile: join(home, 'logs', 'simulators-aurore.log'),
    isReady: (line) => line.includes('"ready":true'),
  });
  parts.push({ name: 'The second simulators', ...simulators });
  say('Simulators', `Auriga and its Keycloak on port ${port}, with an Edusign of its own`);
  return simulators;
}

/** Mails go to a page on this machine, unless a mail server is configured. */
async function startMails(parts: Part[]): Promise<MailCatcher | undefined> {
  const given = process.env['ROLLCALL_SMTP_URL'];
  if (given !== undefined && given !== '') {
    say('Mails', 'by the server of ROLLCALL_SMTP_URL');
    return undefined;
  }
  const mails = await startMailCatcher({ smtp: await freePort(1025), page: await freePort(8025) });
  parts.push({ name: 'The mail catcher', died: new Promise(() => {}), stop: mails.stop });
  say('Mails', `caught on this machine, sent nowhere: ${mails.pageUrl}`);
  return mails;
}

function mailEnv(mails: MailCatcher | undefined): NodeJS.ProcessEnv {
  if (mails === undefined) return {};
  return { ROLLCALL_SMTP_URL: mails.smtpUrl, ROLLCALL_MAIL_FROM: 'Rollcall <rollcall@demo.example>' };
}

/** Opens for the Temporal UI what is sealed; this machine only, without a token. */
async function startCodecServer(
  home: string,
  env: NodeJS.ProcessEnv,
  temporal: { uiUrl: string | null; codecPort: number },
  parts: Part[],
): Promise<void> {
  const codecServer = await serve('The codec server', [join(repository, 'worker', 'codec-main.ts')], {
    env: {
      ...env,
      ROLLCALL_CODEC_ORIGIN: temporal.uiUrl ?? '',
      ROLLCALL_CODEC_ADDRESS: `127.0.0.1:${temporal.codecPort}`,
    },
    cwd: repository,
    logFile: join(home, 'logs', 'codec-server.log'),
    isReady: (line) => line.includes('"codec server ready"'),
  });
  parts.push({ name: 'The codec server', ...codecServer });
}

async function startWorker(home: string, env: NodeJS.ProcessEnv, parts: Part[]): Promise<void> {
  const metricsAddress = process.env['ROLLCALL_METRICS_ADDRESS'] || `127.0.0.1:${await freePort(9464)}`;
  const worker = await serve('The worker', [join(repository, 'worker', 'main.ts')], {
    env: { ...env, ROLLCALL_METRICS_ADDRESS: metricsAddress },
    cwd: repository,
    logFile: join(home, 'logs', 'worker.log'),
    isReady: (line) => line.includes('"worker ready"'),
  });
  parts.push({ name: 'The worker', ...worker });
  say('Worker', `ready, metrics on ${metricsAddress}, log in ${near(join(home, 'logs', 'worker.log'))}`);
}

/**
 * The first start lives through a day: a sync on the morning of the last school day, the day itself, and a sync now, which
 * brings attendance back. Later starts sync once.
 */
async function firstSync(stack: Stack): Promise<number> {
  const { env, home, urls, aurigaUrls, isFirst } = stack;
  const controls = {
    alcuin: urls.alcuin.control,
    edusign: urls.edusign.control,
    auriga: aurigaUrls.auriga.control,
    aurigaEdusign: aurigaUrls.edusign.control,
  };
  await raiseDemoPace(controls);
  say('Rate', `${demoPace.perMinute} requests a minute on both sides, twenty times what Edusign documents`);
  print();
  const morning = demoMorning(new Date());
  if (isFirst) await setDemoClock(morning, controls, env);
  await setUpDemo(home, { alcuin: urls.alcuin.url, edusign: urls.edusign.url }, env);
  const { auriga, edusign } = aurigaUrls;
  await setUpAurigaDemo(home, { auriga: auriga.url, keycloak: auriga.keycloakUrl, edusign: edusign.url }, env);
  if (isFirst) {
    headline(`A first sync, as on the morning of ${localTime(morning)}`);
    const first = await syncDemo('first sync of the demo', env);
    if (first !== 0) return first;
    const sheets = await letDemoDayPass(morning, controls);
    await setDemoClock(undefined, controls, env);
    headline(`The day has passed: ${sheets} lessons were held, signed, missed. A second sync, now`);
  } else headline('A sync, now');
  return syncDemo('sync of the demo', env);
}

function headline(words: string): void {
  print();
  print(paint('bold', words));
}

/** Of both schools, one after the other; the second one is left out when the first one fails. */
async function syncDemo(reason: string, env: NodeJS.ProcessEnv): Promise<number> {
  const sync = (connection: string) =>
    rollcall(['sync', connection, '--wait', '--reason', reason], env, { quiet: false });
  const first = await sync(demoConnection);
  return first || (await sync(aurigaConnection));
}

function printInvitation({ file, urls, mails }: Stack): void {
  const command = (line: string) => print(`  ${paint('cyan', line)}`);
  print();
  print(paint('bold', 'Rollcall is running. In another terminal, try:'));
  command(`npx rollcall findings ${demoConnection}`);
  command(`npx rollcall check ${aurigaConnection}`);
  command(`npx rollcall why ${demoConnection} person:19002`);
  command(`curl -X POST ${urls.alcuin.control}/school -d '{"edit":"churn","count":1,"kinds":["move"]}'`);
  command(`npx rollcall sync ${demoConnection} --wait`);
  if (mails !== undefined) print(`The mails of these runs are at ${mails.pageUrl}.`);
  if (file.temporalUi !== null) print(`The workflows are at ${file.temporalUi}. Ctrl-C stops everything.`);
  else print('Ctrl-C stops everything.');
}

/** A path as one would type it here. */
function near(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}

function say(part: string, line: string): void {
  print(`${paint('green', '✓')} ${part.padEnd(11)} ${line}`);
}

async function stopAll(parts: Part[]): Promise<void> {
  for (const part of parts.reverse()) {
    await part.stop().catch((error: Error) => print(`${part.name} did not stop cleanly: ${error.message}`));
  }
}

/** Aborted at the first Ctrl-C or SIGTERM; a second one ends this process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    print('\nStopping …');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
