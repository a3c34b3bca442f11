import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { inject } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { freePort } from '../../local/free-port.ts';
import { postgresBinaries } from '../../local/postgres-binaries.ts';
import { postgresUser, type SystemUser } from '../../local/postgres-user.ts';
import { until } from '../support/school-day.ts';
import { temporalServer } from './temporal-server.ts';

export const repository = join(import.meta.dirname, '..', '..');

const conditions = ['service_started', 'service_healthy', 'service_completed_successfully'] as const;
const serviceShape = z.object({
  image: z.string(),
  user: z.string().optional(),
  entrypoint: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  env_file: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.enum(conditions) })).default({}),
  volumes: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  configs: z.array(z.object({ source: z.string(), target: z.string() })).default([]),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  profiles: z.array(z.string()).default([]),
  restart: z.string().optional(),
  stop_signal: z.enum(['SIGTERM', 'SIGINT']).default('SIGTERM'),
  stop_grace_period: z.string().optional(),
  deploy: z.object({ resources: z.object({ limits: z.object({ memory: z.string() }) }) }).optional(),
});
const composeShape = z.object({
  services: z.record(z.string(), serviceShape),
  configs: z.record(z.string(), z.object({ file: z.string() })),
  secrets: z.record(z.string(), z.object({ file: z.string() })),
});
export type Service = z.infer<typeof serviceShape>;

/** The file as YAML says it, and as the test reads it. */
export const composeText = readFileSync(join(repository, 'docker-compose.yml'), 'utf8');
export const composeDocument: unknown = parse(composeText, { merge: true });
export const compose = composeShape.parse(composeDocument);

/** The services that `docker compose up` starts, each behind those it depends on. */
export function startOrder(): string[] {
  const order: string[] = [];
  const add = (name: string) => {
    if (order.includes(name)) return;
    for (const before of Object.keys(service(name).depends_on)) add(before);
    order.push(name);
  };
  for (const [name, { profiles }] of Object.entries(compose.services)) if (profiles.length === 0) add(name);
  return order;
}

/** Whether others wait for the end of a service, as for a step of the installation. */
export function isOneShot(name: string): boolean {
  const waited = Object.values(compose.services).map(({ depends_on }) => depends_on[name]?.condition);
  return waited.includes('service_completed_successfully');
}

function service(name: string): Service {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`There is no service "${name}" in docker-compose.yml.`);
  return found;
}

interface Started {
  readonly name: string;
  readonly child: ChildProcess;
}

/**
 * The services of docker-compose.yml as processes of this machine. Their commands, variables and files are those of the file; only
 * hosts, ports, paths and, for an ordinary user, the user are replaced by what is free here.
 */
export class ComposeRun {
  readonly #folder: string;
  readonly #user: SystemUser | undefined;
  readonly #ports: Readonly<Record<string, number>>;
  readonly #started: Started[] = [];

  private constructor(folder: string, user: SystemUser | undefined, ports: Record<string, number>) {
    this.#folder = folder;
    this.#user = user;
    this.#ports = ports;
  }

  /** @param folder An empty one that stands for the volumes and the file systems of the containers. */
  static async prepare(folder: string, variables: Record<string, string>): Promise<ComposeRun> {
    await chmod(folder, 0o755);
    const user = await postgresUser(folder, () => {});
    const ports: Record<string, number> = {};
    for (const port of ['5432', '7233', '8234']) ports[port] = await lowPort();
    const run = new ComposeRun(folder, user, ports);
    for (const volume of ['volumes/postgres', 'volumes/backup']) {
      await mkdir(join(folder, volume), { recursive: true });
      if (user !== undefined) await chown(join(folder, volume), user.uid, user.gid);
    }
    await run.#linkPrograms();
    await run.#makeSecrets(variables);
    return run;
  }

  get databasePort(): number {
    return this.#ports['5432'] ?? 0;
  }

  get codecPort(): number {
    return this.#ports['8234'] ?? 0;
  }

  /** Where PostgreSQL archives its log. */
  get backupFolder(): string {
    return join(this.#folder, 'volumes', 'backup');
  }

  /** As `docker compose up` does it: one after the other, each when what it depends on is there. */
  async up(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (isOneShot(name)) {
        const { status, output } = await this.run(name);
        if (status !== 0) throw new Error([`${name} ended with ${status}:`, output, ...this.ended()].join('\n'));
      } else {
        this.#started.push({ name, child: await this.#start(name) });
        if (service(name).healthcheck !== undefined) await this.#untilHealthy(name);
      }
    }
  }

  /** As `docker compose run --rm NAME …` does it. */
  async run(
    name: string,
    args: readonly string[] = [],
    options: { input?: string; env?: Record<string, string> } = {},
  ): Promise<{ status: number | null; output: string }> {
    const child = await this.#start(name, args, options.env);
    const closed = once(child, 'close');
    child.stdin?.end(options.input ?? '');
    const [status] = (await closed) as [number | null];
    return { status, output: this.#outputs.get(child) ?? '' };
  }

  /** The health check of a service, once. */
  async isHealthy(name: string, env: Record<string, string> = {}): Promise<boolean> {
    const [how = '', ...rest] = service(name).healthcheck?.test ?? [];
    const argv = how === 'CMD-SHELL' ? ['/bin/sh', '-c', ...rest] : rest;
    const child = await this.#spawn(name, argv, env);
    const closed = once(child, 'close');
    child.stdin?.end();
    const [status] = (await closed) as [number | null];
    return status === 0;
  }

  /** Services that have ended although nobody stopped them, with what they said. */
  ended(): string[] {
    return this.#started.flatMap(({ name, child }) =>
      child.exitCode === null && child.signalCode === null ? [] : [`${name}: ${this.#outputs.get(child)}`],
    );
  }

  outputOf(name: string): string {
    const found = this.#started.find((started) => started.name === name);
    return found === undefined ? '' : (this.#outputs.get(found.child) ?? '');
  }

  /** As `docker compose down` does it: the last first, with its signal. Gives the seconds each one took. */
  async down(): Promise<Record<string, number>> {
    const seconds: Record<string, number> = {};
    for (const { name, child } of this.#started.splice(0).reverse()) {
      const begun = performance.now();
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill(service(name).stop_signal);
      const tooLong = setTimeout(() => child.kill('SIGKILL'), 60_000);
      await ended;
      clearTimeout(tooLong);
      seconds[name] = (performance.now() - begun) / 1000;
    }
    return seconds;
  }

  readonly #outputs = new WeakMap<ChildProcess, string>();

  async #start(name: string, args: readonly string[] = [], env: Record<string, string> = {}): Promise<ChildProcess> {
    const { entrypoint, command } = service(name);
    return this.#spawn(name, [...entrypoint, ...(args.length > 0 ? args : command)], env);
  }

  async #spawn(name: string, given: readonly string[], extra: Record<string, string>): Promise<ChildProcess> {
    const root = await this.#mount(name);
    const [program = '', ...args] = given.map((word) => this.#here(interpolate(word), root));
    const asUser = service(name).user === 'postgres' && this.#user !== undefined ? this.#user : undefined;
    const child = spawn(program, args, {
      cwd: service(name).image.startsWith('rollcall:') ? repository : root,
      env: { ...(await this.#environment(name, root)), ...extra },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(asUser && { uid: asUser.uid, gid: asUser.gid }),
    });
    child.on('error', (error) => this.#note(child, `${program}: ${error.message}\n`));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data: Buffer) => this.#note(child, data.toString()));
    }
    return child;
  }

  #note(child: ChildProcess, text: string): void {
    this.#outputs.set(child, (this.#outputs.get(child) ?? '') + text);
  }

  async #untilHealthy(name: string): Promise<void> {
    await until(async () => {
      const [gone] = this.ended();
      if (gone !== undefined) throw new Error(`It ended: ${gone}`);
      return (await this.isHealthy(name)) || undefined;
    }, 120_000).catch((error: Error) => {
      throw new Error(`${name} did not become healthy: ${error.message}\n${this.outputOf(name)}`);
    });
  }

  /** The variables of a service and no other of this machine's but those that programs need to run. */
  async #environment(name: string, root: string): Promise<Record<string, string>> {
    const { env_file, environment } = service(name);
    const files = await Promise.all(env_file.map((file) => readFile(this.#hostFile(file), 'utf8')));
    const told: Record<string, string> = Object.assign({}, ...files.map((text) => parseEnv(text)), environment);
    const here = Object.entries(told).map(([key, value]) => [key, this.#valueHere(key, interpolate(value), root)]);
    const search = `${join(this.#folder, 'bin')}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;
    return {
      PATH: search,
      HOME: root,
      ...(name === 'temporal' ? await freeTemporalPorts(this.#ports) : {}),
      ...Object.fromEntries(here),
    };
  }

  #valueHere(key: string, value: string, root: string): string {
    if (['POSTGRES_SEEDS', 'SQL_HOST'].includes(key) && value === 'postgres') return '127.0.0.1';
    const port = this.#ports[value];
    return port === undefined ? this.#here(value, root) : String(port);
  }

  /** Hosts, ports and paths of the containers, as they are on this machine. */
  #here(text: string, root: string): string {
    const owner = `${this.#user?.uid ?? process.getuid?.()}:${this.#user?.gid ?? process.getgid?.()}`;
    return text
      .replace(/^999:999$/, owner)
      .replace(/\b(postgres|temporal):(\d{4})\b/g, (_, _host, port: string) => `127.0.0.1:${this.#ports[port]}`)
      .replace(/^0\.0\.0\.0(:(\d{4}))?$/, (_, rest, port: string) => `127.0.0.1${rest ? `:${this.#ports[port]}` : ''}`)
      .replace('--listen_addresses=*', '--listen_addresses=127.0.0.1')
      .replace(/^(--port=|)(5432|7233)$/, (_, flag: string, port: string) => `${flag}${this.#ports[port]}`)
      .replace(/(?<![\w./-])\/(deploy|run\/secrets)(?=\/)/g, (_, path: string) => join(root, path))
      .replace(/(?<![\w./-])\/var\/lib\/postgresql(?![\w-])/g, join(this.#folder, 'volumes', 'postgres'))
      .replace(/(?<![\w./-])\/backup(?![\w-])/g, this.backupFolder)
      .replace(/^\/tmp\/rollcall$/, join(root, 'tmp'));
  }

  /** The file system of a container: the secrets and files it is given, and nothing that it is not. */
  async #mount(name: string): Promise<string> {
    const root = join(this.#folder, 'containers', name);
    if (existsSync(root)) return root;
    const { configs, secrets } = service(name);
    for (const folder of ['deploy', 'run/secrets']) await mkdir(join(root, folder), { recursive: true });
    for (const { source, target } of configs) {
      const from = join(repository, compose.configs[source]?.file ?? '');
      await writeFile(join(root, target), this.#here(await readFile(from, 'utf8'), root), { mode: 0o644 });
    }
    for (const secret of secrets) {
      await cp(this.#hostFile(compose.secrets[secret]?.file ?? ''), join(root, 'run', 'secrets', secret));
    }
    return root;
  }

  #hostFile(path: string): string {
    return path.replace(/^deploy\/secrets\//, `${join(this.#folder, 'secrets')}/`);
  }

  async #makeSecrets(variables: Record<string, string>): Promise<void> {
    const folder = join(this.#folder, 'secrets');
    const child = spawn('/bin/sh', [join(repository, 'deploy', 'make-secrets.sh'), folder], { stdio: 'ignore' });
    const [status] = await once(child, 'exit');
    if (status !== 0) throw new Error(`deploy/make-secrets.sh ended with ${status}.`);
    const file = join(folder, 'rollcall.env');
    const lines = Object.entries(variables).map(([key, value]) => `${key}=${value}\n`);
    await writeFile(file, (await readFile(file, 'utf8')) + lines.join(''));
  }

  /** The programs of the images, under the names they have there. */
  async #linkPrograms(): Promise<void> {
    const bin = join(this.#folder, 'bin');
    await mkdir(bin);
    const postgres = await postgresBinaries(this.#user, () => {});
    if (temporalServer === undefined) throw new Error('There is no Temporal server to run.');
    for (const [name, path] of Object.entries({
      initdb: postgres.initdb,
      postgres: postgres.postgres,
      'temporal-server': temporalServer.server,
      'temporal-sql-tool': temporalServer.sqlTool,
      temporal: inject('temporalBinary'),
    })) {
      await symlink(path, join(bin, name));
    }
    // Not on every machine; in the image it is BusyBox's.
    const knock = `require("net").connect(process.argv[2], process.argv[1]).on("connect", () => process.exit(0)).on("error", () => process.exit(1))`;
    await writeFile(join(bin, 'nc'), `#!/bin/sh\nexec node -e '${knock}' "$2" "$3"\n`, { mode: 0o755 });
  }
}

/** Compose's own writing: `$$` is a dollar, `${NAME:-default}` a variable, which no test sets. */
function interpolate(text: string): string {
  return text.replace(/\$\{\w+:-([^}]*)\}|\$\$/g, (found, fallback: string | undefined) =>
    found === '$$' ? '$' : (fallback ?? ''),
  );
}

/** The server keeps its ports in PostgreSQL as numbers below 32768; the system gives others. */
async function lowPort(): Promise<number> {
  for (;;) {
    const port = await freePort(randomInt(10_000, 32_000));
    if (port < 32_768) return port;
  }
}

/** The ports inside the server, which in a container are its own. */
const temporalPorts: Record<string, number> = {};
async function freeTemporalPorts(ports: Readonly<Record<string, number>>): Promise<Record<string, string>> {
  const names = ['FRONTEND_HTTP_PORT', 'FRONTEND_MEMBERSHIP_PORT'];
  for (const part of ['MATCHING', 'HISTORY', 'WORKER']) names.push(`${part}_GRPC_PORT`, `${part}_MEMBERSHIP_PORT`);
  const own = String(ports['7233']);
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => {
        const key = `${own}/${name}`;
        temporalPorts[key] ??= await lowPort();
        return [name, String(temporalPorts[key])] as const;
      }),
    ),
  );
}
