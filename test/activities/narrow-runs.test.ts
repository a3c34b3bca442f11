import { beforeEach, describe, expect, it } from 'vitest';
import { lesson, person } from '../support/records.ts';
import { type StepRun, stepsForEach } from '../support/step-run.ts';
import type { ToyWorld } from '../support/toy-systems.ts';

const current = stepsForEach();
let steps: StepRun;
let world: ToyWorld;
beforeEach(() => {
  steps = current();
  world = steps.world;
});

const calls = () => world.calls.map((call) => call.replace(/@\d{4}-\d\d-\d\d/, ''));
const today = () => new Date().toISOString().slice(0, 10);

describe('a run for one record', () => {
  it('writes that lesson and whom it needs, and nothing else', async () => {
    const wanted = lesson('e1', 30, { learnerKeys: ['l1', 'l2'] });
    world.records = [
      person('i1'),
      person('l1'),
      person('l2'),
      person('l3'),
      wanted,
      lesson('e2', 40, { learnerKeys: ['l3'] }),
    ];
    await steps.sync({ only: wanted.syncKey });
    expect(calls().sort()).toEqual([
      'insert instructor timetable:i1',
      'insert learner timetable:l1',
      'insert learner timetable:l2',
      'insert lesson timetable:e1',
    ]);
    await steps.sync();
    expect(calls()).toContain('insert lesson timetable:e2');
  });

  it('removes nothing of others, though the source no longer names them', async () => {
    const kept = lesson('e1', 30);
    world.records = [person('i1'), person('l1'), kept, lesson('e2', 40)];
    await steps.sync();
    world.calls.length = 0;
    world.records = [person('i1'), person('l1'), { ...kept, title: 'Renamed' }];
    await steps.sync({ only: kept.syncKey });
    expect(calls()).toEqual(['update lesson timetable:e1']);
  });

  it('lifts the same-day rule for that lesson where a person said so', async () => {
    const now = new Date();
    await steps.hoursLater(6 - now.getUTCHours() - now.getUTCMinutes() / 60);
    const same = (id: string) =>
      lesson(id, 0, {
        syncKey: `${id}@${today()}`,
        localDate: today(),
        startsAt: `${today()}T15:00:00.000Z`,
        endsAt: `${today()}T16:00:00.000Z`,
        createdOn: today(),
      });
    world.records = [person('i1'), person('l1'), same('e1'), same('e2')];
    await steps.sync({ only: `e1@${today()}` });
    expect(calls()).toEqual([]);
    await steps.sync({ only: `e1@${today()}`, allowSameDay: true });
    expect(calls()).toContain('insert lesson timetable:e1');
    expect(calls()).not.toContain('insert lesson timetable:e2');
  });

  it('says so when the source does not name the record', async () => {
    world.records = [person('i1'), person('l1'), lesson('e1', 30)];
    await expect(steps.sync({ only: 'nothing' })).rejects.toMatchObject({ code: 'RECORD_UNKNOWN' });
    expect(calls()).toEqual([]);
  });
});

describe('relink, after our database was restored to an older day', () => {
  it('takes what we wrote since for ours, so that the source goes on ruling', async () => {
    const titled = (title: string, learnerKeys: string[]) => [
      person('i1'),
      person('l1'),
      person('l2'),
      lesson('e1', 300, { title, learnerKeys }),
      lesson('e9', 310, { learnerKeys: ['l2'] }),
    ];
    world.records = titled('First', ['l1']);
    await steps.sync();
    const backup = await steps.mirror();
    world.records = titled('Second', ['l1', 'l2']);
    await steps.sync();
    await steps.restoreMirror(backup);
    world.records = titled('Third', ['l1', 'l2']);
    world.calls.length = 0;
    await steps.hoursLater(24);
    // Without relink, what we wrote ourselves looks like somebody's hand.
    await steps.sync({ preview: true });
    expect(await steps.findingCodes()).toContain('DRIFTED');
    await steps.sync({ preview: true, relink: true });
    expect(calls()).toEqual([]);
    expect(await steps.findingCodes()).toEqual([]);
    await steps.sync();
    expect(calls()).toEqual(['update lesson timetable:e1']);
    expect([...world.objects.values()].map(({ after }) => after['title'])).toContain('Third');
  });
});
