import { readdir, readFile } from 'node:fs/promises';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
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

// The id of the child workflow is made of the parent's, so the replay must run under the recorded one.
const historyFile = z.looseObject({
  events: z.tuple(
    [z.looseObject({ workflowExecutionStartedEventAttributes: z.looseObject({ workflowId: z.string() }) })],
    z.unknown(),
  ),
});

function replay(text: string): Promise<void> {
  const history = historyFile.parse(JSON.parse(text));
  const dataConverter = dataConverterWith(parseMasterKeys(testMasterKey));
  const { workflowId } = history.events[0].workflowExecutionStartedEventAttributes;
  return Worker.runReplayHistory({ workflowBundle, dataConverter }, history, workflowId);
}

describe('recorded histories', () => {
  it('are there', () => {
    expect(files.length).toBeGreaterThanOrEqual(6);
  });

  for (const file of files) {
    it(`replay with today's workflow code: ${file}`, async () => {
      await replay(await readFile(new URL(file, folder), 'utf8'));
    });
  }

  it('would show a change that was not made by patched', async () => {
    const recorded = await readFile(new URL('first-first.json', folder), 'utf8');
    const altered = recorded.replaceAll('"validate"', '"valuate"');
    expect(altered).not.toBe(recorded);
    await expect(replay(altered)).rejects.toThrow(DeterminismViolationError);
  });
});
