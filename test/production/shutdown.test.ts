import { describe, expect, it, type TestContext } from 'vitest';
import { SchoolDay, until } from '../support/school-day.ts';
import { StepGate } from '../support/step-gate.ts';

// A platform that replaces a worker gives it thirty seconds.
const patience = 30;

async function openDay(test: TestContext): Promise<SchoolDay> {
  const day = await SchoolDay.open({ requestTimeoutMs: 20_000 });
  test.onTestFinished(() => day.close());
  return day;
}

const writes = async (day: SchoolDay) => (await day.journal('edusign')).filter(({ path }) => path === '/v1/course');

describe('a worker that is asked to end', () => {
  it('in the middle of a request without an answer ends in time, and the next one finishes the run, nothing doubled', async (test) => {
    const day = await openDay(test);
    const worker = await day.worker();
    await day.control('edusign', 'faults', {
      match: { method: 'POST', path: '/v1/course' },
      fault: 'commit-late',
      ms: 16_000,
      count: 1,
    });
    const started = await day.startSync();
    await until(async () => (await writes(day)).find(({ method }) => method === 'POST'));
    const { status, seconds } = await worker.stop('SIGTERM');
    expect(status).toBe(0);
    expect(seconds).toBeLessThan(patience);
    await day.worker();
    expect(await day.endOf(started)).toMatchObject({ state: 'completed' });
    expect(await day.sync()).toMatchObject({ state: 'completed' });
    expect(await day.courses()).toHaveLength(1);
  });

  it('between two requests ends the run’s step, not the run', async (test) => {
    const day = await openDay(test);
    const worker = await day.worker();
    await day.control('edusign', 'faults', { match: { method: 'POST', path: '/v1/' }, fault: 'status', status: 503 });
    const started = await day.startSync();
    await until(async () => (await day.journal('edusign')).find(({ method }) => method === 'POST'));
    const { status, seconds } = await worker.stop('SIGINT');
    expect(status).toBe(0);
    expect(seconds).toBeLessThan(patience);
    await day.clearFaults('edusign');
    await day.worker();
    expect(await day.endOf(started)).toMatchObject({ state: 'completed' });
    expect(await day.courses()).toHaveLength(1);
  });

  it('while PostgreSQL does not come back to a step ends in time all the same', async (test) => {
    const day = await openDay(test);
    const gate = await StepGate.close(day.database, 'plan');
    const worker = await day.worker();
    const started = await day.startSync();
    await gate.reached();
    const { status, seconds } = await worker.stop('SIGTERM');
    expect(status, worker.lines.join('\n')).toBe(0);
    expect(seconds).toBeLessThan(patience);
    await gate.open();
    await day.worker();
    expect(await day.endOf(started)).toMatchObject({ state: 'completed' });
    expect(await day.courses()).toHaveLength(1);
  });

  it('with nothing to do ends at once', async (test) => {
    const day = await openDay(test);
    const worker = await day.worker();
    const { status, seconds } = await worker.stop('SIGTERM');
    expect(status).toBe(0);
    expect(seconds).toBeLessThan(10);
  });
});
