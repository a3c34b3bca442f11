import { randomBytes } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { searchAttributes } from '../../roster/search-attributes.ts';
import type { RunRow } from '../../store/runs.ts';
import { rollcallCommand } from '../support/command.ts';
import { SchoolDay, until } from '../support/school-day.ts';

let day: SchoolDay;
let run: RunRow;
let handle: WorkflowHandle;

beforeAll(async () => {
  day = await SchoolDay.open();
  await day.worker();
  run = await day.sync();
  handle = day.temporal.workflow.getHandle(run.workflowId);
  await handle.result();
});
afterAll(() => day.close());

const metadata = z.looseObject({ currentDetails: z.string() });

async function currentDetails(of: WorkflowHandle): Promise<string> {
  return metadata.parse(await of.query('__temporal_workflow_metadata')).currentDetails;
}

describe('a run in the Temporal UI', () => {
  it('has a readable id and a line that says what it is, in codes', async () => {
    const { organisationCode, connectionCode } = day.connection;
    expect(run.workflowId).toBe(`${organisationCode}/${connectionCode}/sync/${run.runId}`);
    const summary = await (await handle.describe()).staticSummary();
    expect(summary).toBe(`Sync of ${organisationCode}/${connectionCode}, asked for by: person`);
  });

  it('shows its steps with their states and counts while it is there, and how it ended', async () => {
    const text = await currentDetails(handle);
    const lines = text.split('\n');
    expect(lines[0]).toBe(`Run ${run.number} (work), asked for by: person`);
    expect(lines).toContain('| step | state | counts |');
    for (const step of ['fetch', 'validate and dedupe', 'plan', 'safety filter', 'upsert', 'attendance', 'report']) {
      expect(text).toContain(`| ${step} | done |`);
    }
    expect(lines.find((line) => line.startsWith('| upsert '))).toMatch(/applied: 3/);
    expect(lines.at(-1)).toBe('**completed**');
  });

  it('names nobody there', async () => {
    const school = JSON.stringify(await day.courses());
    const text = `${await currentDetails(handle)} ${await (await handle.describe()).staticSummary()}`;
    const names = [
      'Comptabilité',
      'ecole',
      '@',
      ...[...school.matchAll(/"(?:NAME|FIRSTNAME)":"([^"]+)"/g)].map(([, name]) => name),
    ];
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) expect(text).not.toContain(name);
  });

  it('adds nothing to its history for that', async () => {
    const { events } = await handle.fetchHistory();
    const commands = (events ?? []).filter((event) => event.upsertWorkflowSearchAttributesEventAttributes);
    expect(commands).toHaveLength(2);
    expect((events ?? []).length).toBeLessThan(70);
  });

  it('tells a failure by its step and code, and is found by the saved queries', async () => {
    await day.control('alcuin', 'secret', { secret: 'another' });
    const failed = await day.sync();
    const closed = day.temporal.workflow.getHandle(failed.workflowId);
    await expect(closed.result()).rejects.toThrow();
    const text = await currentDetails(closed);
    expect(text).toContain('| fetch | failed |');
    expect(text).toMatch(/\*\*failed\*\*: `SOURCE_AUTH_REFUSED`$/);
    const { organisation, state, code } = searchAttributes;
    const ours = `${organisation} = "${day.connection.organisationCode}"`;
    expect(await found(`${ours} AND ${state} = "completed"`)).toEqual([run.workflowId]);
    expect(await found(`${ours} AND ${state} = "failed"`)).toEqual([failed.workflowId]);
    expect(await found(`${ours} AND ${code} = "SOURCE_AUTH_REFUSED"`)).toEqual([failed.workflowId]);
  });
});

/** Lists are eventually consistent: looked at until something is there. */
function found(query: string): Promise<string[]> {
  return until(async () => {
    const ids: string[] = [];
    for await (const { workflowId } of day.temporal.workflow.list({ query })) ids.push(workflowId);
    return ids.length > 0 ? ids : undefined;
  });
}

describe('the search attributes', () => {
  it('are registered by the migration where it knows the server, once', async () => {
    const namespace = `ns-${randomBytes(4).toString('hex')}`;
    await day.temporal.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    const migrate = rollcallCommand({ ...day.env, TEMPORAL_NAMESPACE: namespace });
    // A new namespace is not known to every part of the server at once.
    const first = await until(async () => {
      const { status, stdout } = await migrate('migrate', '--json');
      return status === 0 ? answer.parse(JSON.parse(stdout)) : undefined;
    });
    expect([...first.searchAttributes].sort()).toEqual(Object.values(searchAttributes).sort());
    expect((await migrate('migrate')).stdout).toContain('search attributes of Temporal are registered');
  });

  it('take at most seven of the ten slots that SQL visibility has', () => {
    expect(Object.keys(searchAttributes).length).toBeLessThanOrEqual(7);
  });
});

const answer = z.object({ searchAttributes: z.array(z.string()) });
