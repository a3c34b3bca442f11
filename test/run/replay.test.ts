import { readdir, readFile } from 'node:fs/promises';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseMasterKeys } from '../../store/envelope.ts';
import { dataConverterWith } from '../../worker/temporal.ts';
import { bundleWorkflows } from '../../worker/worker.ts';
import { testMasterKey } from '../support/school-day.ts';

const folder = new URL('../histories/', import.meta.url);
const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));

let workflowBundle: WorkflowBundleWithSourceMap;
beforeAll(async () => {
  workflowBundle = await bundleWorkflows();
});

function replay(history: unknown): Promise<void> {
  const dataConverter = dataConverterWith(parseMasterKeys(testMasterKey));
  return Worker.runReplayHistory({ workflowBundle, dataConverter }, history);
}

describe('recorded histories', () => {
  it('are there', () => {
    expect(files.length).toBeGreaterThanOrEqual(6);
  });

  for (const file of files) {
    it(`replay with today's workflow code: ${file}`, async () => {
      await replay(JSON.parse(await readFile(new URL(file, folder), 'utf8')));
    });
  }

  it('would show a change that was not made by patched', async () => {
    const history: unknown = JSON.parse(await readFile(new URL(files[0] ?? '', folder), 'utf8'));
    const altered = JSON.parse(JSON.stringify(history).replaceAll('"validate"', '"valuate"')) as unknown;
    await expect(replay(altered)).rejects.toThrow(DeterminismViolationError);
  });
});
