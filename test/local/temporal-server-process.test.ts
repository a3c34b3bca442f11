import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { freePort } from '../../local/free-port.ts';
import { isAlive } from '../../local/process-info.ts';
import { findTemporal } from '../../local/temporal-finder.ts';
import { whyTemporalIsSilent } from '../../local/temporal-health.ts';
import { type StartTemporalOptions, startTemporal } from '../../local/temporal-server-process.ts';
import { scratchFolder, script } from './support.ts';

async function world() {
  const folder = await scratchFolder();
  const start = async (options: Partial<StartTemporalOptions> = {}) => {
    const temporal = await startTemporal({
      binary: inject('temporalBinary'),
      dbFile: join(folder, 'temporal.db'),
      logFile: join(folder, 'temporal.log'),
      ...options,
    });
    onTestFinished(() => temporal.stop());
    return temporal;
  };
  return { folder, start };
}

async function withClient<Result>(address: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const connection = await Connection.connect({ address });
  try {
    return await work(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

describe('startTemporal', () => {
  it('answers, keeps its workflows over a restart, and is gone after stop()', async () => {
    const { start } = await world();
    const first = await start({ uiPort: await freePort(), searchAttributes: ['SyncState'] });
    expect(await findTemporal({ env: { TEMPORAL_ADDRESS: first.address }, say: () => undefined })).toEqual({
      kind: 'running',
      address: first.address,
    });
    expect((await fetch(first.uiUrl ?? '')).status).toBe(200);
    await withClient(first.address, (client) =>
      client.workflow.start('aSync', {
        taskQueue: 'nobody',
        workflowId: 'kept',
        searchAttributes: { SyncState: ['running'] },
      }),
    );
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    expect(await whyTemporalIsSilent(first.address)).toBeDefined();

    const second = await start({ searchAttributes: ['SyncState'] });
    expect(second.uiUrl).toBeNull();
    const kept = await withClient(second.address, (client) => client.workflow.getHandle('kept').describe());
    expect(kept).toMatchObject({ type: 'aSync', status: { name: 'RUNNING' } });
  });

  it('has one server at a time on a database file, and replaces one that lost its starter', async () => {
    const { folder, start } = await world();
    const first = await start();
    await expect(start()).rejects.toThrow(`Process ${process.pid} already runs a Temporal server on`);
    await writeFile(join(folder, 'temporal.db.lock'), '');
    const second = await start();
    expect(isAlive(first.pid)).toBe(false);
    expect(await whyTemporalIsSilent(second.address)).toBeUndefined();
  });

  it('does not take a server of somebody else for its own', async () => {
    const { folder, start } = await world();
    const first = await start();
    const port = Number(first.address.split(':')[1]);
    await expect(start({ port, dbFile: join(folder, 'other.db') })).rejects.toThrow(/already answers on 127\.0\.0\.1/);
  });

  it('tells the last words of a server that dies', async () => {
    const { folder, start } = await world();
    const binary = await script(join(folder, 'dies'), 'echo "no such flag" >&2', 'exit 3');
    await expect(start({ binary })).rejects.toThrow(
      /Temporal server ended with code 3\.\nIts last words:\nno such flag/,
    );
  });

  it('stops a server that never answers, and one that does not listen to SIGTERM', async () => {
    const { folder, start } = await world();
    const binary = await script(
      join(folder, 'deaf'),
      `echo $$ > "${folder}/pid"`,
      'trap "" TERM',
      'while :; do sleep 1; done',
    );
    await expect(start({ binary, timeoutMs: 500 })).rejects.toThrow(/did not answer within/);
    expect(isAlive(Number(await readFile(join(folder, 'pid'), 'utf8')))).toBe(false);
  });
});
