import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Env, TEMPORAL_VERSION, temporalCache } from './cache-folder.ts';
import { takeLock } from './lock.ts';
import { askVersion } from './temporal-version.ts';

const SOURCE = fileURLToPath(new URL('./temporal-server', import.meta.url));
const MAIN = 'github.com/temporalio/cli/cmd/temporal';

/** A program of the pinned module, and its name in the cache. */
interface Program {
  readonly main: string;
  readonly file: string;
}
const CLI: Program = { main: MAIN, file: process.platform === 'win32' ? 'temporal.exe' : 'temporal' };
const SERVER: Program = { main: 'go.temporal.io/server/cmd/server', file: 'temporal-server' };
const SQL_TOOL: Program = { main: 'go.temporal.io/server/cmd/tools/sql', file: 'temporal-sql-tool' };

// Counted in a real build on Linux; they only feed the percentage, so they may drift a little.
const MODULES = 192;
const PACKAGES = 1_717;

// A build was seen to need 3.5 GB of modules and compiler cache.
const NEEDED_BYTES = 4_000_000_000;

/** What a build needs to know. */
export interface BuildOptions {
  env: Env;
  say: (line: string) => void;
  /** How often the stage is told. */
  everyMs?: number;
  signal?: AbortSignal;
  /** The server and the schema tool too: in one go they cost half a minute more, alone as long as the CLI. */
  withServer?: boolean;
}

/** The build was stopped by Ctrl-C, SIGTERM or its signal; nothing of it is left behind. */
export class BuildInterrupted extends Error {
  override readonly name = 'BuildInterrupted';
}

/**
 * Builds the pinned Temporal CLI with Go into the cache, and returns its path. Modules and compiler cache lie in a
 * temporary folder beside it, which is removed whatever happens. Two builds at once become one: the second waits.
 */
export async function buildTemporal(options: BuildOptions): Promise<string> {
  await buildMissing(options, options.withServer ? [CLI, SERVER, SQL_TOOL] : [CLI]);
  return temporalCache(options.env).binary;
}

/**
 * The Temporal server as it runs in production, on PostgreSQL, and the tool that makes its schema: from the cache, else
 * built into it. Only tests need them.
 */
export async function buildTemporalServer(options: BuildOptions): Promise<{ server: string; sqlTool: string }> {
  const { folder } = temporalCache(options.env);
  const programs = { server: join(folder, SERVER.file), sqlTool: join(folder, SQL_TOOL.file) };
  if ((await missingOf([SERVER, SQL_TOOL], folder, options.env)).length > 0) {
    await buildMissing(options, [SERVER, SQL_TOOL]);
  }
  return programs;
}

async function buildMissing(options: BuildOptions, programs: readonly Program[]): Promise<void> {
  const { env, say } = options;
  const cache = temporalCache(env);
  const interrupt = listenForInterrupt(say, options.signal);
  try {
    await checkGo(env);
    const lock = await takeLock(
      join(cache.folder, 'build.lock'),
      (holder) => say(`Another start (process ${holder.pid}) is building the Temporal server. Waiting for it.`),
      interrupt.signal,
    );
    try {
      const missing = await missingOf(programs, cache.folder, env);
      if (missing.length === 0) return;
      await removeLeftovers(cache.folder, env);
      await checkSpace(cache.folder);
      await build(options, cache.folder, missing, interrupt.signal);
    } finally {
      await lock.release();
    }
  } catch (error) {
    if (interrupt.signal.aborted) {
      throw new BuildInterrupted(
        'The build of the Temporal server was stopped. Start again to build it from the beginning.',
      );
    }
    throw error;
  } finally {
    interrupt.stopListening();
  }
}

async function missingOf(programs: readonly Program[], folder: string, env: Env): Promise<Program[]> {
  const missing: Program[] = [];
  for (const program of programs) {
    if (!(await runs(program, join(folder, program.file), env))) missing.push(program);
  }
  return missing;
}

function runs(program: Program, path: string, env: Env): Promise<boolean> {
  const asked =
    program === CLI
      ? askVersion(path, env)
      : promisify(execFile)(path, ['--version'], { env: { ...env }, timeout: 20_000 });
  return asked.then(
    () => true,
    () => false,
  );
}

/** Fails unless the Go on the PATH is new enough, or may fetch the toolchain it needs by itself. */
export async function checkGo(env: Env): Promise<void> {
  const go = (...args: string[]) =>
    // Outside the module, since its go.mod would already make Go fetch another toolchain.
    promisify(execFile)('go', args, { env: { ...env }, cwd: tmpdir(), timeout: 20_000 });
  const told = await go('version').catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      error.code === 'ENOENT' ? 'Go is not installed' : `"go version" failed: ${firstLine(error.message)}`,
    );
  });
  const found = /go(\d+)\.(\d+)(?:\.(\d+))?/.exec(told.stdout);
  if (!found) throw new Error(`"go version" said something unexpected: ${firstLine(told.stdout)}`);
  const [major, minor, patch] = [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
  if (major > 1 || minor > 26 || (minor === 26 && patch >= 4)) return;
  const version = found[0].slice(2);
  if (minor < 21) throw new Error(`Go ${version} is too old: 1.26.4 or newer is needed`);
  const toolchain = (await go('env', 'GOTOOLCHAIN')).stdout.trim();
  if (!/auto/.test(toolchain)) {
    throw new Error(
      `Go ${version} is older than 1.26.4 and may not fetch a newer one (GOTOOLCHAIN=${toolchain}): set GOTOOLCHAIN=auto`,
    );
  }
}

async function build(
  options: BuildOptions,
  folder: string,
  programs: readonly Program[],
  signal: AbortSignal,
): Promise<void> {
  const { env, say } = options;
  const begun = Date.now();
  const work = await mkdtemp(join(folder, 'build-'));
  const goEnv: NodeJS.ProcessEnv = {
    ...env,
    CGO_ENABLED: '0',
    GOMODCACHE: join(work, 'modules'),
    GOCACHE: join(work, 'compiled'),
    GOTMPDIR: join(work, 'tmp'),
    GOWORK: 'off',
  };
  try {
    await mkdir(join(work, 'tmp'));
    say(
      `Building the Temporal server ${TEMPORAL_VERSION} with Go. This happens once, and usually takes about six minutes`,
    );
    say('on two cores: fetch the modules, compile, link. Then the local services start.');
    for (const program of programs) {
      const binary = join(work, program.file);
      await runGo(program.main, binary, goEnv, options, signal);
      const version = program === CLI ? await askVersion(binary, env) : undefined;
      await chmod(binary, 0o755);
      await rename(binary, join(folder, program.file));
      const what = version ? `Temporal ${version.cli} (server ${version.server})` : program.file;
      say(`Built ${what} in ${seconds(begun)} s.`);
    }
  } finally {
    await removeWork(work, goEnv);
  }
}

function runGo(
  main: string,
  binary: string,
  env: NodeJS.ProcessEnv,
  options: BuildOptions,
  signal: AbortSignal,
): Promise<void> {
  const begun = Date.now();
  const version = `-X github.com/temporalio/cli/internal/temporalcli.Version=${TEMPORAL_VERSION}`;
  const args = ['build', '-v', '-mod=readonly', '-modcacherw', '-buildvcs=false', '-trimpath'];
  args.push('-ldflags', `-s -w ${version}`, '-o', binary, main);
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    // Its own process group, so that the compilers it started end with it.
    const go = spawn('go', args, { cwd: SOURCE, env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    const progress = new Progress(main);
    const telling = setInterval(
      () => options.say(`  ${progress.describe()} (${seconds(begun)} s)`),
      options.everyMs ?? 15_000,
    );
    const stop = () => {
      if (go.pid === undefined) return;
      try {
        process.kill(-go.pid, 'SIGTERM');
      } catch {
        // It ended by itself in the meantime.
      }
    };
    signal.addEventListener('abort', stop, { once: true });
    // Whoever ends this process in the middle of it must not leave compilers at work.
    process.once('exit', stop);
    createInterface({ input: go.stderr }).on('line', (line) => progress.read(line));
    const end = (error?: Error) => {
      clearInterval(telling);
      signal.removeEventListener('abort', stop);
      process.off('exit', stop);
      if (error) reject(error);
      else resolve();
    };
    go.once('error', (error) => end(new Error(`Go could not be started: ${error.message}`)));
    go.once('close', (code, killedBy) => {
      if (code === 0) return end();
      end(new Error(`"go build" ended with ${killedBy ?? `code ${code}`}:\n${progress.lastWords()}`));
    });
  });
}

/** Reads what `go build -v` prints, and says how far it is. */
export class Progress {
  private modules = 0;
  private packages = 0;
  private linking = false;
  private readonly complaints: string[] = [];
  private readonly main: string;

  constructor(main = MAIN) {
    this.main = main;
  }

  read(line: string): void {
    if (line.startsWith('go: downloading ')) this.modules += 1;
    else if (line === this.main) this.linking = true;
    else if (/^[\w.~-]+(\/[\w.~-]+)*$/.test(line)) this.packages += 1;
    else if (line.trim() !== '') this.complaints.push(line);
  }

  describe(): string {
    if (this.linking) return 'step 3 of 3: linking';
    if (this.packages > 0) {
      return `step 2 of 3: compiling, ${this.packages} of about ${PACKAGES} packages (${percent(this.packages, PACKAGES)})`;
    }
    return `step 1 of 3: fetching modules, ${this.modules} of about ${MODULES} (${percent(this.modules, MODULES)})`;
  }

  lastWords(): string {
    return this.complaints.slice(-20).join('\n') || '(it said nothing)';
  }
}

function listenForInterrupt(say: (line: string) => void, outer?: AbortSignal) {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) return;
    say('Stopping the build and removing its temporary files.');
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  outer?.addEventListener('abort', interrupt);
  if (outer?.aborted) interrupt();
  return {
    signal: controller.signal,
    stopListening() {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
      outer?.removeEventListener('abort', interrupt);
    },
  };
}

// A killed build leaves gigabytes; whoever holds the lock may clear them.
async function removeLeftovers(folder: string, env: Env): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith('build-'))
      await removeWork(join(folder, name), { ...env, GOMODCACHE: join(folder, name, 'modules') });
  }
}

async function removeWork(work: string, env: NodeJS.ProcessEnv): Promise<void> {
  const remove = () => rm(work, { recursive: true, force: true, maxRetries: 5 });
  try {
    await remove();
  } catch {
    // A toolchain that Go fetched for itself is read-only.
    await promisify(execFile)('go', ['clean', '-modcache'], { env, cwd: tmpdir() }).catch(() => undefined);
    await remove();
  }
}

async function checkSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= NEEDED_BYTES) return;
  const gigabytes = (free / 1e9).toFixed(1);
  throw new Error(
    `The build needs 4 GB for a while, and ${folder} has ${gigabytes} GB free. Set ROLLCALL_CACHE to another disk`,
  );
}

const percent = (done: number, of: number) => `${Math.min(99, Math.floor((done * 100) / of))} %`;
const seconds = (since: number) => Math.round((Date.now() - since) / 1000);
const firstLine = (text: string) => text.trim().split('\n')[0] ?? '';
