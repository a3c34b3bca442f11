import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Whether a process with this id exists, ours or not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The command line of a live process, or an empty text. */
export async function commandLine(pid: number): Promise<string> {
  // Slim container images have no `ps`, macOS has no /proc.
  const fromProc = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (fromProc !== '') return fromProc.replaceAll('\0', ' ').trim();
  const ps = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => undefined);
  return ps?.stdout.trim() ?? '';
}

/**
 * Stops a server that outlived the process which started it, for example because that one was killed. It is only
 * touched when its command line holds `proof`, since process ids are used again.
 */
export async function stopOrphan(
  pid: number,
  proof: string,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<'stopped' | 'not there'> {
  const isOurs = async () => isAlive(pid) && (await commandLine(pid)).includes(proof);
  if (!(await isOurs())) return 'not there';
  process.kill(pid, signal);
  const deadline = Date.now() + graceMs;
  while (await isOurs()) {
    if (Date.now() > deadline) {
      process.kill(pid, 'SIGKILL');
      break;
    }
    await pause(100);
  }
  return 'stopped';
}
