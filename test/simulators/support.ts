import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axios, { type AxiosInstance } from 'axios';
import { onTestFinished, vi } from 'vitest';
import { type AlcuinOptions, demoPassword, startAlcuin } from '../../simulators/alcuin/server.ts';
import { demoKey, type EdusignOptions, startEdusign } from '../../simulators/edusign/server.ts';
import type { JournalEntry } from '../../simulators/kit/journal.ts';
import type { Running } from '../../simulators/kit/server.ts';

/** A started simulator with a client for each of its doors. No status makes a client throw. */
export interface Started {
  readonly running: Running;
  readonly api: AxiosInstance;
  readonly control: AxiosInstance;
  /** Requests that the API has seen, in order. */
  journal(): Promise<readonly JournalEntry[]>;
  edit(body: object): Promise<unknown>;
  fault(rule: object): Promise<unknown>;
  state<T>(): Promise<T>;
}

export async function alcuin(options: AlcuinOptions = {}): Promise<Started> {
  return started(await startAlcuin(options), demoPassword);
}

export async function edusign(options: EdusignOptions = {}): Promise<Started> {
  return started(await startEdusign(options), demoKey);
}

/** A folder that goes when the test is over. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'rollcall-simulators-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Waits until the simulator has seen what the check looks for. */
export function eventually<T>(check: () => Promise<T> | T): Promise<T> {
  return vi.waitFor(check, { timeout: 5_000, interval: 10 });
}

function started(running: Running, secret: string): Started {
  onTestFinished(() => running.close());
  const common = { validateStatus: () => true, maxRedirects: 0, proxy: false } as const;
  const api = axios.create({ ...common, baseURL: running.url, headers: { Authorization: `Bearer ${secret}` } });
  const control = axios.create({ ...common, baseURL: running.controlUrl });
  const ok = async (answer: Promise<{ status: number; data: unknown }>) => {
    const { status, data } = await answer;
    if (status !== 200) throw new Error(`control answered ${status}: ${JSON.stringify(data)}`);
    return data;
  };
  return {
    running,
    api,
    control,
    journal: async () => (await control.get('/journal')).data.entries,
    edit: async (body) => ((await ok(control.post('/school', body))) as { result: unknown }).result,
    fault: (rule) => ok(control.post('/faults', rule)),
    state: async <T>() => (await control.get('/state')).data as T,
  };
}
