import { beforeEach, describe, expect, it } from 'vitest';
import { lesson, person } from '../support/records.ts';
import { type StepRun, stepsForEach } from '../support/step-run.ts';
import { lost, type ToyWorld } from '../support/toy-systems.ts';

const current = stepsForEach();
let steps: StepRun;
let world: ToyWorld;
beforeEach(() => {
  steps = current();
  world = steps.world;
});

const sync: StepRun['sync'] = (options) => steps.sync(options);
const findingCodes = () => steps.findingCodes();

const oneLesson = () => [person('i1'), person('l1'), lesson('e1', 30)];

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
    if (why === 'trial') await steps.otherConnection({ live: false });
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
        await steps.query('truncate load.person, load.lesson, load.membership');
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
    // Removed between the look of the plan and the change.
    world.outcome = (change) => {
      if (change.operation !== 'update') return undefined;
      world.objects.delete(change.targetId ?? '');
      return { state: 'gone', message: 'It is not there.' };
    };
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
    await steps.hoursLater(40);
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
