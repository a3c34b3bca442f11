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

const school = (lessons: number, given: (number: number) => object = () => ({})) => [
  person('i1'),
  person('l1'),
  ...Array.from({ length: lessons }, (_, number) => lesson(`e${number}`, 30 + 2 * number, given(number))),
];
const writes = () => world.calls.filter((call) => /^(insert|update|delete) lesson/.test(call)).length;
const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toISOString();
const inSummer = (hour: number) => `2027-07-20T${String(hour).padStart(2, '0')}:00:00.000Z`;

describe('a pause', () => {
  it('lets no records down, refuses people with its reason, and lets runs by schedule bring attendance', async () => {
    world.records = school(3);
    await steps.sync();
    const before = writes();
    await steps.pause({ endsAt: hours(48) });
    world.records = school(4);
    const refused = await steps.sync();
    expect(refused).toMatchObject({ state: 'refused', code: 'PAUSED' });
    expect(refused.summary['because']).toMatchObject({ name: 'pause 1: summer holidays' });
    const byItself = await steps.sync({ trigger: 'schedule' });
    expect(byItself).toMatchObject({ state: 'completed', kind: 'attendance' });
    expect(writes()).toBe(before);
  });

  it('in an incident lets nothing move, and previews may still be looked at', async () => {
    world.records = school(2);
    await steps.pause({ cause: 'incident', reason: 'wrong file' });
    expect(await steps.sync({ trigger: 'schedule' })).toMatchObject({ state: 'refused', code: 'PAUSED' });
    expect(await steps.sync({ preview: true })).toMatchObject({ state: 'completed' });
    expect(writes()).toBe(0);
  });

  it('loses no change: what happened meanwhile is in the plan of the next run', async () => {
    world.records = school(3);
    await steps.sync();
    const pause = await steps.pause();
    world.records = school(4, (number) => (number === 1 ? { title: 'Moved' } : {}));
    await steps.sync();
    expect(await steps.lift(pause)).toBe(true);
    await steps.sync();
    expect(world.calls.filter((call) => call.startsWith('insert lesson')).length).toBe(4);
    expect(world.calls.filter((call) => call.startsWith('update lesson')).length).toBe(1);
  });

  it('and another one over it end each for itself', async () => {
    const summer = await steps.pause();
    const incident = await steps.pause({ cause: 'incident', reason: 'wrong file' });
    await steps.lift(incident);
    expect(await steps.sync()).toMatchObject({ state: 'refused', code: 'PAUSED' });
    await steps.lift(summer);
    expect(await steps.sync()).toMatchObject({ state: 'completed' });
    expect(await steps.lift(summer)).toBe(false);
  });

  it('that is to stop what is at work fails the run at its next step, and the next run does the rest', async () => {
    world.records = school(3);
    const stopped = steps.sync({
      between: async (step) => void (step === 'validate' && (await steps.pause({ stopNow: true }))),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'PAUSED' });
    expect(writes()).toBe(0);
  });

  it('that lets what is at work finish does', async () => {
    world.records = school(3);
    const run = await steps.sync({ between: async (step) => void (step === 'validate' && (await steps.pause())) });
    expect(run.state).toBe('completed');
    expect(writes()).toBe(3);
  });
});

describe('the first run after a planned pause', () => {
  const left = async (lessons: number) => {
    world.records = school(40);
    await steps.sync();
    const pause = await steps.pause();
    await steps.lift(pause);
    world.records = school(lessons);
    return steps.sync({ trigger: 'pause-end' });
  };

  it('has the limits for a return, once', async () => {
    await steps.times({ limitsOnReturn: { lesson: { delete: { percent: 90, floor: 5 } } } });
    expect((await left(22)).summary).toMatchObject({ held: 0 });
    world.records = school(40);
    await steps.sync();
    world.records = school(22);
    expect((await steps.sync()).summary).toMatchObject({ held: 18 });
  });

  it('has the usual ones after an incident', async () => {
    await steps.times({ limitsOnReturn: { lesson: { delete: { percent: 90, floor: 5 } } } });
    world.records = school(40);
    await steps.sync();
    await steps.lift(await steps.pause({ cause: 'incident' }));
    world.records = school(22);
    expect((await steps.sync({ trigger: 'pause-end' })).summary).toMatchObject({ held: 18 });
  });
});

describe('add-only', () => {
  const edited = () => school(5, (number) => (number === 1 ? { title: 'Moved' } : {})).filter((_, at) => at !== 2);

  it('lets new records pass; changes and deletes wait, can be listed, and go out when it is over', async () => {
    world.records = school(4);
    await steps.sync();
    const pause = await steps.pause({ effect: 'add-only', endsAt: hours(48) });
    world.records = edited();
    await steps.sync();
    expect(world.calls.filter((call) => call.startsWith('insert lesson')).length).toBe(5);
    expect(world.calls.some((call) => /^(update|delete) lesson/.test(call))).toBe(false);
    expect(await steps.findingDetails('CHANGE_WAITS_FOR_TIME')).toEqual([
      expect.stringMatching(/^The delete waits until \S+ for pause 1: summer holidays\.$/),
      expect.stringMatching(/^The update waits until \S+ for pause 1: summer holidays\.$/),
    ]);
    await steps.lift(pause);
    await steps.sync({ trigger: 'pause-end' });
    expect(world.calls.filter((call) => /^(update|delete) lesson/.test(call)).length).toBe(2);
    expect(await steps.findingDetails('CHANGE_WAITS_FOR_TIME')).toEqual([]);
  });

  it('with changes holds back deletes only', async () => {
    world.records = school(4);
    await steps.sync();
    await steps.pause({ effect: 'add-and-update', endsAt: hours(48) });
    world.records = edited();
    await steps.sync();
    expect(world.calls.some((call) => call.startsWith('update lesson'))).toBe(true);
    expect(world.calls.some((call) => call.startsWith('delete lesson'))).toBe(false);
  });
});

describe('a calendar', () => {
  it('keeps runs by schedule away on school-free days, and lets people in', async () => {
    await steps.times({ calendar: { schoolFree: [{ name: 'Noël', from: '2027-07-01', to: '2027-08-31' }] } });
    await steps.at(inSummer(10));
    world.records = [];
    const refused = await steps.sync({ trigger: 'schedule' });
    expect(refused).toMatchObject({ state: 'refused', code: 'SCHOOL_FREE_DAY' });
    expect(refused.summary['because']).toMatchObject({ name: 'Noël' });
    expect(await steps.sync()).toMatchObject({ state: 'completed' });
  });

  it('that changes during a run counts from the next one on', async () => {
    world.records = school(3);
    const today = new Date().toISOString().slice(0, 10);
    const blackouts = [{ name: 'audit', from: today, to: today }];
    const run = await steps.sync({
      between: async (step) => void (step === 'fetch' && (await steps.times({ calendar: { blackouts } }))),
    });
    expect(run.state).toBe('completed');
    expect(writes()).toBe(3);
    expect(await steps.sync()).toMatchObject({ state: 'refused', code: 'BLACKOUT' });
  });
});

describe('what is told of a pause', () => {
  const told = async () => (await steps.messages('paused')).map(({ detail }) => detail['phase']);

  it('comes the day before it begins, at its beginning, the day before its end, and at its end', async () => {
    const pause = await steps.pause({ startsAt: '2027-07-03T00:00:00Z', endsAt: '2027-08-30T00:00:00Z' });
    const phases: unknown[] = [];
    for (const [at, over] of [
      ['2027-07-01T12:00:00Z', false],
      ['2027-07-02T00:00:00Z', false],
      ['2027-07-03T00:00:00Z', false],
      ['2027-07-20T00:00:00Z', false],
      ['2027-08-29T00:00:00Z', false],
      ['2027-08-30T00:00:00Z', true],
    ] as const) {
      await steps.at(at);
      const look = await steps.lookAtPause(pause);
      expect(look.over).toBe(over);
      // Looked at twice, told once.
      await steps.lookAtPause(pause);
      phases.push((await told()).length);
    }
    expect(phases).toEqual([0, 1, 2, 2, 3, 4]);
    expect(await told()).toEqual(['begins-soon', 'began', 'ends-soon', 'ended']);
    const catchUps = steps.started.filter((id) => id.includes('/sync/'));
    expect(new Set(catchUps).size).toBe(1);
  });

  it('says when to look again', async () => {
    const pause = await steps.pause({ startsAt: '2027-07-03T00:00:00Z', endsAt: '2027-08-30T00:00:00Z' });
    await steps.at('2027-07-01T12:00:00Z');
    const { nextMs } = await steps.lookAtPause(pause);
    expect(Math.round(nextMs / 60_000)).toBe(12 * 60);
  });

  it('has what it covered catch up once when it is lifted, and not when it had not begun', async () => {
    const pause = await steps.pause();
    await steps.lift(pause);
    expect(await steps.lookAtPause(pause)).toMatchObject({ over: true });
    expect(steps.started.filter((id) => id.includes('/sync/'))).toHaveLength(1);
    const planned = await steps.pause({ startsAt: hours(48), endsAt: hours(96) });
    await steps.lift(planned);
    await steps.lookAtPause(planned);
    expect(steps.started.filter((id) => id.includes('/sync/'))).toHaveLength(1);
    expect((await told()).slice(-1)).toEqual(['ended']);
  });
});

describe('silence', () => {
  const twiceADay = { zone: 'Europe/Paris', windows: ['11:00-11:30', '18:00-18:30'] };
  const silences = () => steps.messages('silence');
  // After the connection went live, which is today.
  const day = (offset: number, time: string) =>
    `${new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)}T${time}:00.000Z`;

  it('is told once for each moment that passed without a successful run, after some grace', async () => {
    await steps.times({ schedule: twiceADay });
    await steps.at(day(3, '05:00'));
    await steps.sync({ trigger: 'schedule' });
    expect(await steps.listenForSilence()).toBe(0);
    await steps.at(day(3, '11:00'));
    expect(await steps.listenForSilence()).toBe(0);
    await steps.at(day(3, '13:00'));
    expect(await steps.listenForSilence()).toBe(1);
    expect(await steps.listenForSilence()).toBe(0);
    expect((await silences())[0]?.detail).toMatchObject({ lastSuccessAt: expect.any(String), lastCode: null });
    await steps.sync({ trigger: 'schedule' });
    await steps.at(day(3, '15:00'));
    expect(await steps.listenForSilence()).toBe(0);
  });

  it('names why the newest run did not complete', async () => {
    await steps.times({ schedule: twiceADay });
    await steps.at(day(3, '12:00'));
    await steps.failed('SOURCE_UNREACHABLE');
    await steps.at(day(3, '14:00'));
    expect(await steps.listenForSilence()).toBe(1);
    expect((await silences())[0]?.detail).toMatchObject({ lastSuccessAt: null, lastCode: 'SOURCE_UNREACHABLE' });
  });

  it('is expected in a trial, without a schedule, during a pause and after it, and on school-free days', async () => {
    await steps.times({ schedule: twiceADay });
    await steps.query(`update connection set mode = 'trial'`);
    await steps.at(day(3, '14:00'));
    expect(await steps.listenForSilence()).toBe(0);
    await steps.query(`update connection set mode = 'live'`);
    const pause = await steps.pause({ startsAt: day(2, '00:00') });
    await steps.query(`update connection set live_since = $1`, [day(2, '00:00')]);
    expect(await steps.listenForSilence()).toBe(0);
    await steps.lift(pause);
    expect(await steps.listenForSilence()).toBe(0);
    await steps.times({
      schedule: twiceADay,
      calendar: {
        schoolFree: [{ name: 'week off', from: day(3, '00:00').slice(0, 10), to: day(9, '00:00').slice(0, 10) }],
      },
    });
    await steps.at(day(5, '14:00'));
    expect(await steps.listenForSilence()).toBe(0);
    await steps.times({ schedule: null });
    expect(await steps.listenForSilence()).toBe(0);
  });
});
