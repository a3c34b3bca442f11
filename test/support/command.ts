import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const executable = join(import.meta.dirname, '..', '..', 'bin', 'rollcall.js');

export interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line as a user calls it, in the environment of a test's world. */
export function rollcallCommand(env: NodeJS.ProcessEnv): (...args: string[]) => Promise<Ended> {
  return async (...args) => {
    const child = spawn(process.execPath, [executable, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'exit');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [status] = (await ended) as [number];
    return { status, stdout, stderr };
  };
}
