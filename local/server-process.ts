import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** What to run, and where its words go. */
export interface LaunchOptions {
  /** How people call it, in messages. */
  name: string;
  command: string;
  args: readonly string[];
  logFile: string;
  env: NodeJS.ProcessEnv;
  /** Run as this user; only root may choose. */
  user?: { uid: number; gid: number };
}

/** A server that runs as a child of this process. */
export interface ServerProcess {
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<void>;
  /** Resolves once `isReady` does; fails with the last lines of the log when the process ends or time is up. */
  untilReady(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void>;
  /** Sends the signal, after the grace SIGKILL, and waits until the process is gone. */
  stop(signal: NodeJS.Signals, graceMs: number): Promise<void>;
}

/** Starts a server whose output goes to a log file. */
export async function launch(options: LaunchOptions): Promise<ServerProcess> {
  const { name, logFile } = options;
  mkdirSync(dirname(logFile), { recursive: true });
  const logStart = (await stat(logFile).catch(() => undefined))?.size ?? 0;
  const log = openSync(logFile, 'a', 0o600);
  let child: ChildProcess;
  try {
    child = spawn(options.command, options.args, {
      cwd: '/',
      env: options.env,
      stdio: ['ignore', log, log],
      // Ctrl-C reaches the whole process group at once. In a group of its own a server is stopped by us, in order.
      detached: true,
      ...options.user,
    });
  } finally {
    closeSync(log);
  }
  let ending: string | undefined;
  const exited = new Promise<void>((resolve) => {
    const ended = (how: string) => {
      ending ??= how;
      resolve();
    };
    child.once('error', (error) => ended(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => ended(`ended with ${signal ?? `code ${code}`}`));
  });
  const failure = async (what: string) =>
    new Error(`${name} ${what}.\n${await lastLines(logFile, logStart)}\nThe whole log: ${logFile}`);
  if (child.pid === undefined) {
    await exited;
    throw await failure(ending ?? 'could not be started');
  }
  const stop = async (signal: NodeJS.Signals, graceMs: number) => {
    if (ending !== undefined) return;
    child.kill(signal);
    const killing = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await exited;
    clearTimeout(killing);
  };
  return {
    pid: child.pid,
    exited,
    stop,
    async untilReady(isReady, timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (!(await isReady())) {
        if (ending === undefined && Date.now() > deadline) {
          await stop('SIGTERM', 2_000);
          throw await failure(`did not answer within ${Math.round(timeoutMs / 1000)} s`);
        }
        if (ending !== undefined) throw await failure(ending);
        await Promise.race([exited, pause(50)]);
      }
    },
  };
}

async function lastLines(logFile: string, from: number): Promise<string> {
  const text = (await readFile(logFile).catch(() => Buffer.alloc(0))).subarray(from).toString('utf8').trim();
  return text === '' ? 'It wrote nothing to its log.' : `Its last words:\n${text.split('\n').slice(-15).join('\n')}`;
}
