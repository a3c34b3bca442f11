import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Env } from './cache-folder.ts';

/** The versions a Temporal CLI says it has. */
export interface TemporalVersion {
  cli: string;
  server: string;
}

/** Runs `temporal --version`; fails with a reason when that does not work or is not the Temporal CLI. */
export async function askVersion(binary: string, env: Env): Promise<TemporalVersion> {
  const { stdout } = await promisify(execFile)(binary, ['--version'], { env: { ...env }, timeout: 20_000 }).catch(
    (error: NodeJS.ErrnoException & { killed?: boolean; stderr?: string }) => {
      throw new Error(whyNot(error));
    },
  );
  const found = /^temporal version (\S+) \(Server (\d+\.\d+\.\d+)/.exec(stdout);
  if (!found?.[1] || !found[2]) throw new Error('it does not say it is the Temporal CLI when asked for its version');
  return { cli: found[1], server: found[2] };
}

function whyNot(error: NodeJS.ErrnoException & { killed?: boolean; stderr?: string }): string {
  if (error.code === 'ENOENT') return 'there is no such file';
  if (error.code === 'EACCES') return 'it may not be executed';
  if (error.killed) return 'it did not tell its version within 20 s';
  const said = error.stderr?.trim().split('\n')[0];
  return said ? `it does not run: ${said}` : `it does not run (${error.code ?? error.message})`;
}
