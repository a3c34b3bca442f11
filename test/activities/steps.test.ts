import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { admit } from '../../activities/admit.ts';
import { dedupe } from '../../activities/dedupe.ts';
import { fetch } from '../../activities/fetch.ts';
import { filter } from '../../activities/filter.ts';
import { plan } from '../../activities/plan.ts';
import { pushAttendanceSlice } from '../../activities/push-attendance.ts';
import { readAttendance } from '../../activities/read-attendance.ts';
import { report } from '../../activities/report.ts';
import type { Services } from '../../activities/services.ts';
import { upsertSlice } from '../../activities/upsert.ts';
import { validate } from '../../activities/validate.ts';
import { setClock } from '../../store/clock.ts';
import { findRun, type RunRow } from '../../store/runs.ts';
import type { RunRef } from '../../store/steps.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation, masterKeys } from '../support/organisation.ts';
import { lesson, person } from '../support/records.ts';
import { lost, ToyWorld } from '../support/toy-systems.ts';

let database: TestDatabase;
let world: ToyWorld;
let services: Services;
let connection: Awaited<ReturnType<typeof makeOrganisation>>;

const neverAborted = new AbortController().signal;
// Steps here never ask Temporal: a run at work would be a mistake of the test.
const noTemporal = new Proxy(
  {},
  {
    get: () => {
      throw new Error('These tests have no Temporal.');
    },
  },
) as Client;

beforeEach(async () => {
  database = await freshDatabase();
  world = new ToyWorld();
  connection = await makeOrganisation(database.db, { requestTimeoutMs: 500 });
  services = {
    db: database.db,
    master: masterKeys(),
    temporal: noTemporal,
    taskQueue: 'none',
    systems: world.systems,
    allowHosts: [],
    sliceMs: 20_000,
  };
});
afterEach(() => database.drop());

/** A run, step by step, as the workflow does it; a failed slice is called again, as Temporal would. */
async function sync(options: { preview?: boolean; between?: (step: string) => Promise<void> } = {}): Promise<RunRow> {
  const run: RunRef = {
    organisationId: connection.organisationId,
    connectionId: connection.connectionId,
    runId: randomUUID(),
  };
  const { answer } = await admit(services, {
    ...run,
    workflowId: `test/${run.runId}`,
    kind: 'sync',
    trigger: 'person',
    planOnly: options.preview ?? false,
    commandId: null,
  });
  const between = options.between ?? (async () => {});
  await fetch(services, run, neverAborted);
  await between('fetch');
  await validate(services, run, neverAborted);
  await between('validate');
  await dedupe(services, run, neverAborted);
  await between('dedupe');
  await plan(services, run, neverAborted);
  await filter(services, run);
  if (answer === 'work') {
    for (let slices = 0, done = false; !done; slices += 1) {
      if (slices > 20) throw new Error('The slices do not end.');
      ({ done } = await upsertSlice(services, run, neverAborted).catch((error: Error) => {
        if (!('code' in error) || error.code !== 'TARGET_UNREACHABLE') throw error;
        return { done: false };
      }));
    }
    await readAttendance(services, run, neverAborted);
    await pushAttendanceSlice(services, run, neverAborted);
  }
  await report(services, run, { state: 'completed', code: null, step: null, attendanceCode: null });
  const row = await findRun(database.db, run);
  if (row === undefined) throw new Error('The run has no row.');
  return row;
}

const oneLesson = () => [person('i1'), person('l1'), lesson('e1', 30)];

async function findingCodes(): Promise<string[]> {
  return asSuperuser(database.url, async (client) => {
    const { rows } = await client.query<{ code: string }>(
      'select code from finding where closed_run is null order by 1',
    );
    return rows.map((row) => row.code);
  });
}

describe('a run', () => {
  it('creates, then leaves alone, then changes, then removes', async () => {
    world.records = oneLesson();
    await sync();
    expect(world.calls).toEqual([
      'insert instructor timetable:i1',
      'insert learner timetable:l1',
      expect.stringContaining('insert lesson timetable:e1@'),
    ]);

    world.calls.length = 0;
    const unchanged = await sync();
    expect(world.calls).toEqual([]);
    expect(unchanged.summary).toMatchObject({ changes: [] });

    world.records = [person('i1'), person('l1'), lesson('e1', 30, { title: 'Renamed' })];
    await sync();
    expect(world.calls).toEqual([expect.stringContaining('update lesson')]);

    world.calls.length = 0;
    world.records = [person('i1'), person('l1'), lesson('e1', 30, { state: 'cancelled' })];
    await sync();
    expect(world.calls).toEqual([expect.stringContaining('delete lesson')]);
    expect(await findingCodes()).toEqual(['LESSON_CANCELLED']);

    world.calls.length = 0;
    await sync();
    expect(world.calls).toEqual([]);
  });

  it('removes a lesson that vanished, but nothing when the source is empty', async () => {
    world.records = [...oneLesson(), lesson('e2', 40)];
    await sync();
    world.calls.length = 0;
    world.records = oneLesson();
    await sync();
    expect(world.calls).toEqual([expect.stringMatching(/^delete lesson timetable:e2@/)]);

    world.calls.length = 0;
    world.records = [];
    const run = await sync();
    expect(world.calls).toEqual([]);
    expect(run.summary).toMatchObject({ held: 1 });
    expect(await findingCodes()).toContain('CHANGE_HELD');
  });

  it.each(['preview', 'trial'])('writes nothing in a %s', async (why) => {
    world.records = oneLesson();
    if (why === 'trial') connection = await makeOrganisation(database.db, { live: false });
    const run = await sync({ preview: why === 'preview' });
    expect(run.summary).toMatchObject({ planOnly: true });
    expect(run.summary['changes']).toHaveLength(3);
    expect(world.calls).toEqual([]);
  });

  it('changes a roster by its members', async () => {
    world.records = [...oneLesson(), person('l2')];
    await sync();
    world.calls.length = 0;
    world.records = [person('i1'), person('l2'), lesson('e1', 30, { learnerKeys: ['l2'] })];
    await sync();
    expect(world.calls.map((call) => call.replace(/@.*\|/, '|'))).toEqual([
      'insert learner timetable:l2',
      'insert membership timetable:e1|l2',
      'delete membership timetable:e1|l1',
    ]);
  });

  it('keeps a known lesson that becomes invalid, with its roster', async () => {
    world.records = oneLesson();
    await sync();
    world.calls.length = 0;
    world.records = [person('i1', { email: '' }), person('l1'), lesson('e1', 30)];
    await sync();
    expect(world.calls).toEqual([]);
    expect(await findingCodes()).toEqual(['LESSON_WITHOUT_INSTRUCTOR', 'PERSON_INCOMPLETE']);
    world.records = oneLesson();
    await sync();
    expect(await findingCodes()).toEqual([]);
  });

  it('does not create a lesson that has begun', async () => {
    world.records = [person('i1'), person('l1'), lesson('e1', -1)];
    await sync();
    expect(world.calls).toEqual([]);
    expect(await findingCodes()).toEqual(['LESSON_IN_PAST']);
  });

  it('reloads staging that a crash of PostgreSQL emptied', async () => {
    world.records = oneLesson();
    await sync({
      between: async (step) => {
        if (step !== 'validate' && step !== 'dedupe') return;
        await asSuperuser(database.url, (client) => client.query('truncate load.person, load.lesson, load.membership'));
      },
    });
    expect(world.objects.size).toBe(3);
  });

  it('counts the first of doubled keys', async () => {
    world.records = [...oneLesson(), person('l1', { givenName: 'Second' })];
    await sync();
    expect(world.objects.size).toBe(3);
    expect(await findingCodes()).toEqual(['DUPLICATE_KEY']);
  });
});

describe('an insert without an answer', () => {
  it('is looked up and not written again when it worked', async () => {
    world.records = oneLesson();
    let first = true;
    world.onInsert = (change, commit) => {
      const id = commit();
      if (change.kind !== 'lesson' || !first) return id;
      first = false;
      throw lost('answer');
    };
    await sync();
    const sent = world.calls.filter((call) => call.includes(' lesson '));
    expect(sent.map((call) => call.split(' ')[0])).toEqual(['insert', 'look']);
    expect(world.objects.size).toBe(3);
  });

  it('is looked up twice before it is written again, and a double that still arrives is removed in the next run', async () => {
    world.records = oneLesson();
    let late: (() => string) | undefined;
    world.onInsert = (change, commit) => {
      if (change.kind !== 'lesson' || late !== undefined) return commit();
      late = commit;
      throw lost('request');
    };
    await sync();
    const sent = world.calls.filter((call) => call.includes(' lesson '));
    expect(sent.map((call) => call.split(' ')[0])).toEqual(['insert', 'look', 'look', 'insert']);
    late?.();
    expect(world.objects.size).toBe(4);
    world.calls.length = 0;
    await sync();
    expect(world.objects.size).toBe(3);
    expect(world.calls).toHaveLength(1);
    expect(await findingCodes()).toEqual(['DOUBLE_REMOVED']);
    world.calls.length = 0;
    await sync();
    expect(world.calls).toEqual([]);
  });
});

describe('outcomes at the target', () => {
  it('keeps a rejected change as a finding and tries it again next time', async () => {
    world.records = oneLesson();
    world.outcome = (change) =>
      change.kind === 'lesson' ? { state: 'rejected', message: 'The name is too long.' } : undefined;
    await sync();
    expect(await findingCodes()).toEqual(['CHANGE_REJECTED']);
    world.outcome = () => undefined;
    await sync();
    expect(await findingCodes()).toEqual([]);
    expect(world.objects.size).toBe(3);
  });

  it('rejects a lesson whose instructor was rejected', async () => {
    world.records = oneLesson();
    world.outcome = (change) => (change.kind === 'instructor' ? { state: 'rejected', message: 'No.' } : undefined);
    await sync();
    expect(world.calls.filter((call) => call.includes(' lesson '))).toEqual([]);
    expect(await findingCodes()).toEqual(['CHANGE_REJECTED', 'CHANGE_REJECTED']);
  });

  it('never makes again what was removed by hand', async () => {
    world.records = oneLesson();
    await sync();
    world.records = [person('i1'), person('l1'), lesson('e1', 30, { room: 'B2' })];
    world.outcome = (change) =>
      change.operation === 'update' ? { state: 'gone', message: 'It is not there.' } : undefined;
    await sync();
    world.calls.length = 0;
    await sync();
    expect(world.calls).toEqual([]);
    expect(await findingCodes()).toEqual(['REMOVED_AT_TARGET']);
  });
});

describe('attendance', () => {
  it('goes back once it is settled, once, and again when it changes', async () => {
    world.records = oneLesson();
    await sync();
    const [sheet] = [...world.objects].find(([, change]) => change.kind === 'lesson') ?? [''];
    const [learner] = [...world.objects].find(([, change]) => change.kind === 'learner') ?? [''];
    await database.db.operator((tx) => setClock(tx, new Date(Date.now() + 40 * 3_600_000).toISOString()));
    await sync();
    expect(world.returned).toEqual([]);

    world.attendance.set(sheet, new Map([[learner, { status: 'late', minutesLate: 7 }]]));
    await sync();
    expect(world.returned.map(({ sourceId, marks }) => [sourceId, [...marks]])).toEqual([
      ['e1', [['l1', { status: 'late', minutesLate: 7 }]]],
    ]);
    await sync();
    expect(world.returned).toHaveLength(1);

    world.attendance.set(
      sheet,
      new Map([
        [learner, { status: 'justified', reason: '4' }],
        ['stranger', { status: 'present' }],
      ]),
    );
    await sync();
    expect(world.returned).toHaveLength(2);
    expect(await findingCodes()).toContain('ATTENDANCE_UNPLACED');
  });
});
