import { ScheduleOverlapPolicy } from '@temporalio/client';
import { describe, expect, it, type TestContext } from 'vitest';
import { setClock } from '../../store/clock.ts';
import { rollcallCommand } from '../support/command.ts';
import { asSuperuser } from '../support/database.ts';
import { recordHistory } from '../support/record-history.ts';
import { SchoolDay, until } from '../support/school-day.ts';

// Schedules and pauses on a real server with real workers; those of Schedules at the same time.

async function openDay(test: TestContext, env: Record<string, string> = {}): Promise<SchoolDay> {
  const day = await SchoolDay.open({ env: { ROLLCALL_SWEEP_MS: '2000', ...env } });
  test.onTestFinished(() => day.close());
  return day;
}

const query = <Row extends object>(day: SchoolDay, sql: string, values: unknown[] = []): Promise<Row[]> =>
  asSuperuser(day.database.url, async (client) => (await client.query<Row>(sql, values)).rows);

const noon = { zone: 'Europe/Paris', windows: ['11:00-13:00'] };
const setSchedule = (day: SchoolDay, schedule: object | null) =>
  query(day, 'update connection set schedule = $1, slot = 0', [schedule === null ? null : JSON.stringify(schedule)]);

const scheduleOf = (day: SchoolDay) =>
  day.temporal.schedule.getHandle(`${day.taskQueue}/${day.connection.organisationCode}/timetable`);
const described = (day: SchoolDay) =>
  scheduleOf(day)
    .describe()
    .catch(() => undefined);
const hourOf = async (day: SchoolDay) => (await described(day))?.spec.calendars?.[0]?.hour?.[0]?.start;
const commands = (day: SchoolDay, action: string) =>
  query<{ actor: string; reason: string }>(day, 'select actor, reason from command where action = $1', [action]);
const runs = (day: SchoolDay) =>
  query<{ trigger: string; state: string; code: string | null; kind: string }>(
    day,
    'select trigger, state, code, kind from run order by number',
  );
const noRunAtWork = (day: SchoolDay) =>
  until(async () => (await runs(day)).every(({ state }) => state !== 'working') || undefined);

/** The turns that the steps and the child of a run were queued with, each once. */
async function turnsOf(day: SchoolDay, workflowId: string) {
  const turns = new Map<string, { priorityKey: number; fairnessKey: string }>();
  for (const id of [workflowId, `${workflowId}/attendance`]) {
    const { events } = await day.temporal.workflow.getHandle(id).fetchHistory();
    for (const { activityTaskScheduledEventAttributes: scheduled } of events ?? []) {
      if (scheduled == null) continue;
      // A step without a turn of its own is queued with that of its workflow.
      const own = scheduled.priority ?? events?.[0]?.workflowExecutionStartedEventAttributes?.priority;
      const turn = { priorityKey: own?.priorityKey ?? 0, fairnessKey: own?.fairnessKey ?? '' };
      turns.set(JSON.stringify(turn), turn);
    }
  }
  return [...turns.values()];
}

describe.concurrent('the Schedule of a connection', () => {
  it('is made by a worker that starts, and what it starts is a run', async (test) => {
    const day = await openDay(test);
    await setSchedule(day, noon);
    await day.worker();
    const schedule = await until(() => described(day));
    expect(schedule.spec.timezone).toBe('Europe/Paris');
    expect(schedule.policies.overlap).toBe('ALLOW_ALL');
    expect(schedule.info.nextActionTimes[0]?.getUTCMinutes()).toBe(0);
    await scheduleOf(day).trigger(ScheduleOverlapPolicy.ALLOW_ALL);
    const done = (state: string) => state === 'completed' || undefined;
    await until(async () => done((await runs(day))[0]?.state ?? ''), 60_000);
    expect(await runs(day)).toMatchObject([{ trigger: 'schedule', state: 'completed', kind: 'sync' }]);
    expect(await day.courses()).toHaveLength(1);
    const [run] = await query<{ workflowId: string }>(day, 'select workflow_id as "workflowId" from run');
    expect(run?.workflowId).toMatch(new RegExp(`^${day.connection.organisationCode}/timetable/sync-\\d{4}-`));
    await day.temporal.workflow.getHandle(run?.workflowId ?? '').result();
    await recordHistory(day.temporal, run?.workflowId ?? '', 'by-schedule');
    expect(await turnsOf(day, run?.workflowId ?? '')).toEqual([
      { priorityKey: 4, fairnessKey: day.connection.organisationId },
    ]);
    const asked = await day.startSync();
    await day.endOf(asked);
    expect(await turnsOf(day, asked.workflowId)).toEqual([
      { priorityKey: 2, fairnessKey: day.connection.organisationId },
    ]);
  });

  it('follows the store: another window, none, and the trial', async (test) => {
    const day = await openDay(test);
    await setSchedule(day, noon);
    await day.worker();
    await until(async () => (await hourOf(day)) === 11 || undefined);
    await setSchedule(day, { ...noon, windows: ['18:00-21:00'] });
    await until(async () => (await hourOf(day)) === 18 || undefined);
    expect(await commands(day, 'schedule-changed')).toEqual([]);
    await setSchedule(day, null);
    await until(async () => (await described(day)) === undefined || undefined);
    await setSchedule(day, noon);
    await until(async () => (await hourOf(day)) === 11 || undefined);
    await query(day, `update connection set mode = 'trial'`);
    await until(async () => (await described(day)) === undefined || undefined);
    expect(await commands(day, 'schedule-deleted')).toEqual([]);
  });

  it('that was changed or deleted in the Temporal UI is put right, and audited', async (test) => {
    const day = await openDay(test);
    await setSchedule(day, noon);
    await day.worker();
    await until(() => described(day));
    await until(async () => (await query(day, 'select from connection where schedule_told is not null'))[0]);
    await scheduleOf(day).update((known) => ({ ...known, spec: { calendars: [{ hour: 3 }] } }));
    await until(async () => (await hourOf(day)) === 11 || undefined);
    await until(async () => (await commands(day, 'schedule-changed'))[0]);
    expect(await commands(day, 'schedule-changed')).toMatchObject([{ actor: 'Temporal operator' }]);
    await scheduleOf(day).delete();
    await until(async () => (await hourOf(day)) === 11 || undefined);
    await until(async () => (await commands(day, 'schedule-deleted'))[0]);
    expect(await commands(day, 'schedule-deleted')).toMatchObject([{ actor: 'Temporal operator' }]);
  });

  it('that was paused in the Temporal UI becomes an incident pause, which a command lifts', async (test) => {
    const day = await openDay(test);
    await setSchedule(day, noon);
    await day.worker();
    await until(() => described(day));
    await scheduleOf(day).pause('the school called');
    await until(async () => (await commands(day, 'pause'))[0]);
    const schedule = await until(async () => {
      const now = await described(day);
      return now?.state.paused === false ? now : undefined;
    });
    expect(schedule.state.note).toContain('rollcall pauses');
    const rollcall = rollcallCommand(day.env);
    expect((await rollcall('pauses')).stdout).toMatch(
      /timetable +in force +incident +nothing moves.*the school called/,
    );
    expect(await day.sync()).toMatchObject({ state: 'refused', code: 'PAUSED' });
    expect(await rollcall('resume', 'timetable', '--reason', 'they called again')).toMatchObject({ status: 0 });
    await until(async () => (await day.courses()).length === 1 || undefined, 60_000);
    expect((await runs(day)).at(-1)).toMatchObject({ trigger: 'pause-end' });
  });
});

describe('a pause by command', () => {
  it('begins and ends by the clock, tells people, and has the connection catch up', async (test) => {
    const day = await openDay(test, { ROLLCALL_SWEEP_MS: '300000' });
    await day.worker();
    expect(await day.sync()).toMatchObject({ state: 'completed' });
    const rollcall = rollcallCommand(day.env);
    const set = await rollcall(
      ...['pause', 'timetable', '--from', '2027-07-03', '--until', '2027-08-30'],
      ...['--reason', 'summer holidays'],
    );
    expect(set).toMatchObject({ status: 0, stdout: expect.stringContaining('records rest, attendance goes on') });
    expect((await rollcall('pauses')).stdout).toMatch(/1 +\S+\/timetable +planned +summer/);
    expect((await rollcall('calendar', 'timetable')).stdout).toContain('has no schedule');

    await rollcall('clock', 'set', '2027-07-10T08:00:00+02:00');
    const phases = async () =>
      (
        await query<{ phase: string }>(day, `select detail ->> 'phase' as phase from message where kind = 'paused'`)
      ).map(({ phase }) => phase);
    await until(async () => (await phases()).includes('began') || undefined);
    expect(await day.sync()).toMatchObject({ state: 'refused', code: 'PAUSED' });

    await rollcall('clock', 'set', '2027-08-30T08:00:00+02:00');
    await until(async () => (await phases()).includes('ended') || undefined);
    await until(async () => (await runs(day)).some(({ trigger }) => trigger === 'pause-end') || undefined);
    await noRunAtWork(day);
    const workflow = `${day.connection.organisationCode}/pause/1`;
    await day.temporal.workflow.getHandle(workflow).result();
    await recordHistory(day.temporal, workflow, 'pause');
    expect((await runs(day)).filter(({ trigger }) => trigger === 'pause-end')).toHaveLength(1);
  });

  it('ends although no worker runs on its date, and catches up once when one comes', async (test) => {
    const day = await openDay(test);
    const worker = await day.worker();
    const rollcall = rollcallCommand(day.env);
    await rollcall('pause', 'timetable', '--until', '2027-08-30', '--reason', 'summer');
    await worker.kill();
    await day.database.db.operator((tx) => setClock(tx, '2027-09-02T08:00:00Z'));
    await day.worker();
    await until(async () => (await runs(day)).some(({ trigger }) => trigger === 'pause-end') || undefined, 90_000);
    await noRunAtWork(day);
    expect((await runs(day)).filter(({ trigger }) => trigger === 'pause-end')).toHaveLength(1);
    expect((await rollcall('pauses')).stdout).toContain('Nothing is paused.');
  });

  it('race: an approval during it writes nothing, and is used when it is over', async (test) => {
    const day = await openDay(test);
    await day.worker();
    await query(day, `update connection set limits = '{"lesson": {"delete": {"percent": 0, "floor": 0}}}'`);
    await day.sync();
    await day.control('alcuin', 'school', { edit: 'cancel', event: 5001 });
    await day.sync();
    const rollcall = rollcallCommand(day.env);
    expect(await rollcall('pause', 'timetable', '--reason', 'summer')).toMatchObject({ status: 0 });
    expect(await rollcall('approve', 'timetable', '--reason', 'end of term')).toMatchObject({ status: 0 });
    await until(async () => (await runs(day)).find(({ trigger }) => trigger === 'approval'));
    await noRunAtWork(day);
    expect((await runs(day)).at(-1)).toMatchObject({ trigger: 'approval', state: 'refused', code: 'PAUSED' });
    expect(await day.courses()).toHaveLength(1);
    expect(await rollcall('resume', 'timetable')).toMatchObject({ status: 0 });
    await until(async () => (await day.courses()).length === 0 || undefined, 60_000);
  });

  const down = { match: { method: 'POST', path: '/v1/course' }, fault: 'status', status: 503 };

  it('race: set while a run writes, it stops that run at once, and the catch-up does the rest', async (test) => {
    const day = await openDay(test);
    await day.worker();
    await day.control('edusign', 'faults', down);
    const started = await day.startSync();
    await until(async () => (await day.journal('edusign')).some(({ path }) => path === '/v1/course') || undefined);
    const rollcall = rollcallCommand(day.env);
    await rollcall('pause', 'timetable', '--stop-now', '--reason', 'wrong data');
    expect(await day.endOf(started)).toMatchObject({ state: 'failed', code: 'PAUSED' });
    await day.clearFaults('edusign');
    expect(await day.sync()).toMatchObject({ state: 'refused', code: 'PAUSED' });
    expect(await day.courses()).toEqual([]);
    await rollcall('resume', 'timetable');
    await until(async () => (await day.courses()).length === 1 || undefined, 60_000);
  });

  it('race: set while a run writes, it lets that run finish where nobody says otherwise', async (test) => {
    const day = await openDay(test);
    await day.worker();
    await day.control('edusign', 'faults', down);
    const started = await day.startSync();
    await until(async () => (await day.journal('edusign')).some(({ path }) => path === '/v1/course') || undefined);
    await rollcallCommand(day.env)('pause', 'timetable', '--finish', '--reason', 'summer');
    await day.clearFaults('edusign');
    expect(await day.endOf(started)).toMatchObject({ state: 'completed' });
    expect(await day.courses()).toHaveLength(1);
    expect(await day.sync()).toMatchObject({ state: 'refused', code: 'PAUSED' });
  });

  it('is refused with a reason where it makes no sense', async (test) => {
    const day = await openDay(test);
    const rollcall = rollcallCommand(day.env);
    for (const [args, why] of [
      [['pause', '--reason', 'x'], 'Say what'],
      [['pause', 'timetable', '--until', '2020-01-01', '--reason', 'x'], 'would end'],
      [['pause', 'timetable', '--until', 'soon', '--reason', 'x'], 'is no date'],
      [['pause', 'timetable', '--add-only', '--reason', 'x'], '--until DATE'],
      [['resume', 'timetable'], 'Nothing is paused'],
      [['resume', 'timetable', '--pause', '9'], 'no pause 9'],
    ] as const) {
      expect(await rollcall(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining(why) });
    }
  });
});
