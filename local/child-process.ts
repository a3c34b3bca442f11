import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** A process of ours that serves until it is stopped. */
export interface Served {
  /** The line it was ready with. */
  readonly readyLine: string;
  readonly pid: number;
  /** Resolves with a description when the process ends without being asked to. */
  readonly died: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts a TypeScript program of ours and waits for its ready line. It is put into a process group of its own, so that a
 * Ctrl-C reaches only us and the parts can be stopped in order. Its output goes to a log file.
 */
export async function serve(
  name: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd: string; logFile: string; isReady: (line: string) => boolean },
): Promise<Served> {
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(options.logFile, { flags: 'a' });
  child.stderr.pipe(log, { end: false });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`${name} could not be started: ${error.message}.`));
    child.once('exit', (code, signal) => resolve(`${name} ended (${signal ?? `exit status ${code}`}).`));
  });
  const readyLine = await firstReadyLine(child, log, options.isReady, exited).catch((error: Error) => {
    child.kill('SIGKILL');
    throw new Error(`${error.message} See ${options.logFile}.`);
  });
  let stopping = false;
  return {
    readyLine,
    pid: child.pid ?? 0,
    died: exited.then((how) => (stopping ? new Promise<string>(() => {}) : how)),
    stop: async () => {
      stopping = true;
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const forced = delay(25_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'));
      await Promise.race([exited, forced.then(() => exited)]);
      log.end();
    },
  };
}

function firstReadyLine(
  child: ChildProcess,
  log: WriteStream,
  isReady: (line: string) => boolean,
  exited: Promise<string>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stdout === null) throw new Error('The output of the process is not piped.');
    createInterface({ input: child.stdout }).on('line', (line) => {
      log.write(`${line}\n`);
      if (isReady(line)) resolve(line);
    });
    void exited.then((how) => reject(new Error(how)));
  });
}
