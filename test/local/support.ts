import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** A folder that is gone after the test. Call it before starting anything that lives in it. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-local-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A program made of a few lines of shell. */
export async function script(file: string, ...lines: string[]): Promise<string> {
  await writeFile(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(file, 0o755);
  return file;
}

/** A binary that says it is the Temporal CLI. */
export function fakeTemporal(file: string, version = '1.8.2', server = '1.31.2'): Promise<string> {
  return script(file, `echo "temporal version ${version} (Server ${server}, UI 2.50.1)"`);
}

/** Waits for a condition, and fails when it never comes true. */
export async function until(condition: () => Promise<boolean> | boolean, what: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Never came true: ${what}`);
    await pause(10);
  }
}
