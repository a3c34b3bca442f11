import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { rollcallCommand } from '../support/command.ts';
import { asSuperuser } from '../support/database.ts';
import { recordHistory } from '../support/record-history.ts';
import { resetWorkflow } from '../support/reset-workflow.ts';
import { SchoolDay, until } from '../support/school-day.ts';

// What people decide and the buttons of the Temporal UI, on a real server with real workers; everything at the same time.

async function openDay(test: TestContext, env: Record<string, string> = {}): Promise<SchoolDay> {
  const day = await SchoolDay.open({ env });
  test.onTestFinished(() => day.close());
  return day;
}

const query = <Row extends object>(day: SchoolDay, sql: string, values: unknown[] = []): Promise<Row[]> =>
  asSuperuser(day.database.url, async (client) => (await client.query<Row>(sql, values)).rows);

/** Any single delete of a lesson is over the limit. */
const holdEveryDelete = (day: SchoolDay) =>
  query(day, `update connection set limits = '{"lesson": {"delete": {"percent": 0, "floor": 0}}}'`);

const edusignWrites = async (day: SchoolDay) =>
  (await day.journal('edusign')).filter(({ method }) => method !== 'GET').length;

/** A lesson that is at Edusign was cancelled in the source, and its removal is held. */
async function heldRemoval(day: SchoolDay): Promise<void> {
  await holdEveryDelete(day);
  expect(await day.sync()).toMatchObject({ state: 'completed' });
  await day.control('alcuin', 'school', { edit: 'cancel', event: 5001 });
  const run = await day.sync();
  expect(run.summary).toMatchObject({ held: 1 });
  expect(await day.courses()).toHaveLength(1);
}

describe.concurrent('a hold on the real server', () => {
  it('is approved by command, and a run that follows at once removes what was shown', async (test) => {
    const day = await openDay(test);
    await day.worker();
    await heldRemoval(day);
    const rollcall = rollcallCommand(day.env);
    expect((await rollcall('holds')).stdout).toMatch(/timetable 1 +delete lessons +1 +1/);
    expect((await rollcall('hold', 'timetable', '1')).stdout).toContain('Comptabilité générale');
    const approved = await rollcall('approve', 'timetable', '--hold', '1', '--reason', 'end of term');
    expect(approved).toMatchObject({ status: 0, stdout: expect.stringContaining('1 change approved') });
    await until(async () => (await day.courses()).length === 0 || undefined);
    const workflow = day.temporal.workflow.getHandle(`${day.connection.organisationCode}/timetable/hold/1`);
    await workflow.result();
    await recordHistory(day.temporal, workflow.workflowId, 'hold-approved');
    const [command] = await query(
      day,
      `select action, reason, used_at is not null as used from command where action = 'approve'`,
    );
    expect(command).toEqual({ action: 'approve', reason: 'end of term', used: true });
    expect(await rollcall('approve', 'timetable', '--hold', '1', '--reason', 'again')).toMatchObject({ status: 4 });
  });

  it('a decision while no worker runs is recorded, and carried out once one does', async (test) => {
    const day = await openDay(test, { ROLLCALL_SWEEP_MS: '2000' });
    const worker = await day.worker();
    await heldRemoval(day);
    await worker.kill();
    const recorded = await rollcallCommand(day.env)('approve', 'timetable', '--reason', 'end of term');
    expect(recorded).toMatchObject({ status: 0, stdout: expect.stringContaining('no worker is running') });
    await day.worker();
    await until(async () => (await day.courses()).length === 0 || undefined, 90_000);
  });

  it('goes on waiting when its workflow was closed in the Temporal UI: the sweep starts it again', async (test) => {
    const day = await openDay(test, { ROLLCALL_SWEEP_MS: '2000' });
    await day.worker();
    await heldRemoval(day);
    const handle = day.temporal.workflow.getHandle(`${day.connection.organisationCode}/timetable/hold/1`);
    // It is started after the run has ended.
    await until(() => handle.describe().catch(() => undefined));
    await handle.terminate('button');
    await until(async () => (await handle.describe()).status.name === 'RUNNING' || undefined);
    await rollcallCommand(day.env)('approve', 'timetable', '--reason', 'end of term');
    await until(async () => (await day.courses()).length === 0 || undefined);
  });

  it('race: an approval while the source puts the lesson back removes nothing', async (test) => {
    const day = await openDay(test);
    await day.worker();
    await heldRemoval(day);
    await day.control('alcuin', 'school', { edit: 'set-state', event: 5001, state: 'ACT' });
    await rollcallCommand(day.env)('approve', 'timetable', '--reason', 'end of term');
    await until(async () => {
      const [change] = await query<{ state: string }>(day, `select state from hold_change`);
      return change?.state === 'void' || undefined;
    });
    expect(await day.courses()).toHaveLength(1);
  });
});

describe.concurrent('a failed run', () => {
  it('is retried at the step it stopped at, from what was stored', async (test) => {
    const day = await openDay(test);
    await day.worker();
    const fault = { match: { method: 'POST', path: '/v1/professor' }, fault: 'status', status: 403, count: 1 };
    await day.control('edusign', 'faults', fault);
    expect(await day.sync()).toMatchObject({ state: 'failed', failedStep: 'upsert', number: 1 });
    const reads = (await day.journal('alcuin')).length;
    const retried = await rollcallCommand(day.env)('retry', 'timetable#1', '--wait');
    expect(retried).toMatchObject({ status: 0 });
    expect(await day.courses()).toHaveLength(1);
    const since = (await day.journal('alcuin')).slice(reads).filter(({ path }) => path.includes('evenements'));
    expect(since).toEqual([]);
  });

  it('race: a retry against a newer run is refused', async (test) => {
    const day = await openDay(test);
    await day.worker();
    const fault = { match: { method: 'POST', path: '/v1/professor' }, fault: 'status', status: 403, count: 1 };
    await day.control('edusign', 'faults', fault);
    await day.sync();
    await day.sync();
    const refused = await rollcallCommand(day.env)('retry', 'timetable#1');
    expect(refused).toMatchObject({ status: 4, stdout: expect.stringContaining('RETRY_OVERTAKEN') });
    expect(await rollcallCommand(day.env)('retry', 'timetable#2')).toMatchObject({ status: 4 });
  });

  it('for refused credentials is retried by itself once they are changed', async (test) => {
    const day = await openDay(test);
    await day.worker();
    await day.control('alcuin', 'secret', { secret: 'another' });
    expect(await day.sync()).toMatchObject({ code: 'SOURCE_AUTH_REFUSED' });
    const account = `${day.connection.organisationCode}/alcuin`;
    const set = await rollcallCommand({ ...day.env, NEW: 'another' })(
      'secret',
      'set',
      account,
      'password',
      '--from-env',
      'NEW',
    );
    expect(set.stdout).toMatch(/Taken up again by itself: .*timetable#1/);
    await until(async () => (await day.courses()).length === 1 || undefined);
  });
});

describe.concurrent('what support sends and ops see', () => {
  it('a bundle of a run holds nothing of anybody, and incidents count what fails', async (test) => {
    const day = await openDay(test);
    await day.worker();
    await day.sync();
    await day.control('alcuin', 'secret', { secret: 'another' });
    await day.sync();
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-bundle-'));
    test.onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const rollcall = rollcallCommand(day.env);
    for (const run of ['timetable#1', 'timetable#2']) {
      const out = join(folder, `${run}.json`);
      expect(await rollcall('bundle', run, '--out', out)).toMatchObject({ status: 0 });
      const text = await readFile(out, 'utf8');
      const people = [
        'Zoé',
        'Lefèvre',
        'zoe.lefevre',
        'Garnier',
        'Comptabilité',
        '5001',
        '1001',
        '2001',
        '127.0.0.1',
        'another',
      ];
      expect(people.filter((word) => text.includes(word))).toEqual([]);
      const told = JSON.parse(text);
      expect(told.history.map(({ type }: { type: string }) => type)).toContain('EVENT_TYPE_ACTIVITY_TASK_SCHEDULED');
      expect(told.steps.length).toBeGreaterThan(1);
      expect(told.versions.temporal).toMatch(/^\d+\.\d+/);
      expect(Object.keys(told.settings)).toEqual(['local', 'sliceMs', 'allowHosts', 'proxy']);
    }
    const failed = JSON.parse(await readFile(join(folder, 'timetable#2.json'), 'utf8'));
    expect(JSON.stringify(failed.history)).toContain('SOURCE_AUTH_REFUSED');
    expect((await rollcall('incidents')).stdout).toMatch(/SOURCE_AUTH_REFUSED +alcuin +1 +1 /);
    await day.control('alcuin', 'secret', { secret: 'pw' });
    expect((await rollcall('retry', '--code', 'SOURCE_AUTH_REFUSED')).stdout).toMatch(
      /1 run taken up again[\s\S]*timetable#2 +now/,
    );
    await until(async () => (await rollcall('incidents')).stdout.startsWith('No connection') || undefined);
  });
});

describe.concurrent('a global stop', () => {
  it('reaches a run in mid-slice, refuses new ones, and "go" takes up what it stopped', async (test) => {
    const day = await openDay(test);
    await day.worker();
    await query(day, `update account_rate set per_minute = 120 where rate_class <> 'heavy'`);
    const start = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10);
    for (let id = 6001; id <= 6030; id += 1) {
      const event = { edit: 'add-lesson', id, name: `Lesson ${id}`, instructors: [2001], learners: [1001] };
      await day.control('alcuin', 'school', { ...event, start: `${start}T09:00`, end: `${start}T10:00` });
    }
    const started = await day.startSync();
    await until(async () => (await edusignWrites(day)) >= 4 || undefined);
    const rollcall = rollcallCommand(day.env);
    expect(await rollcall('stop', '--target', 'edusign', '--reason', 'maintenance')).toMatchObject({ status: 0 });
    expect(await day.endOf(started)).toMatchObject({ state: 'failed', code: 'STOPPED', failedStep: 'upsert' });
    const written = await edusignWrites(day);
    expect(written).toBeLessThan(25);
    expect(await rollcall('sync', 'timetable', '--wait')).toMatchObject({ status: 4 });
    expect((await rollcall('stops')).stdout).toContain('maintenance');
    expect(await edusignWrites(day)).toBe(written);
    await query(day, `update account_rate set per_minute = 9600`);
    expect((await rollcall('go', '--target', 'edusign')).stdout).toContain('1 stopped run taken up again');
    await until(async () => (await day.courses()).length === 31 || undefined);
  });
});

describe.concurrent('skip-step', () => {
  it('ends attendance that cannot go out, says what is left, and the next run sends it', async (test) => {
    const day = await openDay(test);
    await day.worker();
    await day.sync();
    await day.finishLesson();
    await day.control('alcuin', 'faults', { match: { method: 'PUT', path: '/' }, fault: 'status', status: 503 });
    const started = await day.startSync();
    await until(async () => (await day.journal('alcuin')).some(({ method }) => method === 'PUT') || undefined);
    const rollcall = rollcallCommand(day.env);
    const skipped = await rollcall('skip-step', 'timetable', 'attendance', '--reason', 'Alcuin is down');
    expect(skipped).toMatchObject({ status: 0, stdout: expect.stringContaining('1 attendance line not returned yet') });
    expect(await day.endOf(started)).toMatchObject({ state: 'completed', code: 'STEP_SKIPPED' });
    await recordHistory(day.temporal, started.workflowId, 'attendance-skipped');
    expect(await rollcall('skip-step', 'timetable', 'fetch', '--reason', 'x')).toMatchObject({ status: 2 });
    await day.clearFaults('alcuin');
    await day.sync();
    const [line] = await query<{ state: string }>(day, 'select state from attendance_line');
    expect(line?.state).toBe('acknowledged');
  });
});

describe.concurrent('buttons of the Temporal UI', () => {
  it('terminate: the run is lost by the Temporal operator, the sweep says so, and it can be retried', async (test) => {
    const day = await openDay(test, { ROLLCALL_SWEEP_MS: '2000' });
    await day.worker();
    await day.control('edusign', 'faults', {
      match: { method: 'POST', path: '/v1/course' },
      fault: 'status',
      status: 503,
    });
    const started = await day.startSync();
    await until(async () => (await day.journal('edusign')).some(({ path }) => path === '/v1/course') || undefined);
    await day.temporal.workflow.getHandle(started.workflowId).terminate('button');
    expect(await day.endOf(started)).toMatchObject({ state: 'lost', code: 'RUN_LOST' });
    const [audit] = await query(day, `select action, role from command where role = 'temporal-operator'`);
    expect(audit).toEqual({ action: 'run-lost', role: 'temporal-operator' });
    await day.clearFaults('edusign');
    expect(await rollcallCommand(day.env)('retry', 'timetable#1', '--wait')).toMatchObject({ status: 0 });
    expect(await day.courses()).toHaveLength(1);
  });

  it('reset of a run that has ended repeats nothing, and is in the audit', async (test) => {
    const day = await openDay(test);
    await day.worker();
    const started = await day.startSync();
    await day.endOf(started);
    await day.temporal.workflow.getHandle(started.workflowId).result();
    const writes = await edusignWrites(day);
    await resetWorkflow(day.temporal, started.workflowId);
    await expect(day.temporal.workflow.getHandle(started.workflowId).result()).resolves.toEqual({ state: 'refused' });
    expect(await edusignWrites(day)).toBe(writes);
    const [audit] = await query(day, `select action from command where role = 'temporal-operator'`);
    expect(audit).toEqual({ action: 'run-reset' });
  });

  it('reset of a run at work goes on with it: done steps are not done again, and nothing is doubled', async (test) => {
    const day = await openDay(test, { ROLLCALL_SWEEP_MS: '2000' });
    await day.worker();
    await day.control('edusign', 'faults', {
      match: { method: 'POST', path: '/v1/course' },
      fault: 'status',
      status: 503,
      count: 4,
    });
    const started = await day.startSync();
    await until(async () => (await day.journal('edusign')).some(({ path }) => path === '/v1/course') || undefined);
    await resetWorkflow(day.temporal, started.workflowId);
    expect(await day.endOf(started)).toMatchObject({ state: 'completed' });
    expect(await day.courses()).toHaveLength(1);
  });
});
