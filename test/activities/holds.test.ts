import { beforeEach, describe, expect, it } from 'vitest';
import type { Hold } from '../../store/holds.ts';
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

const sync: StepRun['sync'] = (options) => steps.sync(options);
const school = (lessons: number, given: (number: number) => object = () => ({})) => [
  person('i1'),
  person('l1'),
  ...Array.from({ length: lessons }, (_, number) => lesson(`e${number}`, 30 + 2 * number, given(number))),
];
const deletes = () => world.calls.filter((call) => call.startsWith('delete lesson')).length;
const onlyHold = async (): Promise<Hold> => {
  const [hold, ...more] = await steps.holds();
  if (hold === undefined || more.length > 0) throw new Error(`There are ${more.length + (hold ? 1 : 0)} open holds.`);
  return hold;
};
const messages = () =>
  steps.query<{ kind: string; detail: { hold?: number } }>('select kind, detail from message order by created_at');

/** Forty lessons are known and twenty of them are gone: over the limit of 20 percent with a floor of 15. */
async function twentyGone(): Promise<Hold> {
  world.records = school(40);
  await sync();
  world.records = school(20);
  await sync();
  return onlyHold();
}

describe('invariant 3: nothing over a limit is applied unless a person approved those very changes', () => {
  it('holds the cell that is over its limit, while the rest of the plan goes on', async () => {
    world.records = school(40);
    await sync();
    world.records = [...school(20), lesson('new', 40)];
    const run = await sync();
    expect(run.summary).toMatchObject({ held: 20 });
    expect(deletes()).toBe(0);
    expect(world.calls.at(-1)).toContain('insert lesson timetable:new');
    const hold = await onlyHold();
    expect(hold).toMatchObject({
      number: 1,
      kind: 'lesson',
      operation: 'delete',
      reason: 'OVER_LIMIT',
      count: 20,
      base: 40,
    });
    const changes = await steps.changesOf(hold);
    expect(changes[0]).toMatchObject({ label: 'Lesson e20', state: 'open', operation: 'delete' });
    expect(hold.firstLessonAt).toBe(changes[0]?.before['startsAt']);
    expect(steps.started.filter((id) => id.endsWith('/hold/1'))).toHaveLength(1);
  });

  it('lets approved changes pass, once, and leaves the limit as it was', async () => {
    const hold = await twentyGone();
    const { decided, startsRun, commandId } = await steps.decide('approve', { hold: hold.number, startsRun: true });
    expect({ decided, startsRun }).toEqual({ decided: 20, startsRun: true });
    expect(steps.started.at(-1)).toContain(`/sync/${commandId}`);
    await sync();
    expect(deletes()).toBe(20);
    expect(await steps.holds()).toEqual([]);
    expect(new Set((await steps.changesOf(hold)).map(({ state }) => state))).toEqual(new Set(['used']));
    world.records = school(40);
    await sync();
    world.records = school(20);
    await sync();
    expect(deletes()).toBe(20);
    expect(await onlyHold()).toMatchObject({ number: 2, count: 20 });
  });

  it('counts only what is over the limit beyond what was approved', async () => {
    world.records = school(60);
    await sync();
    world.records = school(40);
    await sync();
    await steps.decide('approve', { hold: (await onlyHold()).number });
    world.records = school(30);
    await sync();
    // Ten more are gone than were approved: within the floor, so that all thirty go.
    expect(deletes()).toBe(30);
  });

  it('holds again what is over the limit beyond an approval', async () => {
    const hold = await twentyGone();
    await steps.decide('approve', { hold: hold.number });
    world.records = school(2);
    await sync();
    expect(deletes()).toBe(20);
    expect(await onlyHold()).toMatchObject({ count: 18 });
  });

  it('takes a part of a hold by list, and the rest stays the same hold', async () => {
    const hold = await twentyGone();
    const [one, two] = (await steps.changesOf(hold)).map(({ digest }) => digest);
    expect(await steps.decide('approve', { hold: hold.number, digests: [one ?? '', two ?? ''] })).toMatchObject({
      decided: 2,
    });
    expect(await onlyHold()).toMatchObject({ number: 1, open: 18 });
    await sync();
    expect(deletes()).toBe(2);
    expect(await onlyHold()).toMatchObject({ number: 1, open: 18, count: 20 });
  });

  it('voids an approval when the record reappears, also when it vanishes once more', async () => {
    const hold = await twentyGone();
    await steps.decide('approve', { hold: hold.number });
    world.records = school(40);
    await sync();
    expect(new Set((await steps.changesOf(hold)).map(({ state }) => state))).toEqual(new Set(['void']));
    world.records = school(20);
    await sync();
    expect(deletes()).toBe(0);
    expect(await onlyHold()).toMatchObject({ number: 2 });
  });

  it('voids an approval when what it would overwrite is no longer what was shown', async () => {
    world.records = school(80);
    await sync();
    world.records = school(80, () => ({ room: 'B2' }));
    await sync();
    const hold = await onlyHold();
    expect(hold).toMatchObject({ operation: 'update', count: 80 });
    await steps.decide('approve', { hold: hold.number });
    world.records = school(80, () => ({ room: 'C3' }));
    await sync();
    expect(world.calls.filter((call) => call.startsWith('update'))).toEqual([]);
    expect(await onlyHold()).toMatchObject({ number: 2, count: 80 });
  });

  it('lets an approval run out', async () => {
    const hold = await twentyGone();
    await steps.decide('approve', { hold: hold.number, days: 1 });
    await steps.hoursLater(25);
    await sync();
    expect(deletes()).toBe(0);
    expect(new Set((await steps.changesOf(hold)).map(({ state }) => state))).toEqual(new Set(['expired']));
  });

  it('two decisions on one hold: the second decides nothing, and one asked twice gives its outcome again', async () => {
    const hold = await twentyGone();
    const first = await steps.decide('approve', { hold: hold.number });
    expect(await steps.decide('approve', { hold: hold.number }, first.commandId)).toEqual(first);
    expect(await steps.decide('reject', { hold: hold.number })).toMatchObject({ decided: 0, code: 'HOLD_NOT_OPEN' });
    await sync();
    expect(deletes()).toBe(20);
  });

  it('an approved delete whose lesson has begun is stale, and the approval is used up', async () => {
    const hold = await twentyGone();
    await steps.decide('approve', { hold: hold.number });
    world.outcome = (change) =>
      change.operation === 'delete' ? { state: 'stale', message: 'It has begun.' } : undefined;
    await sync();
    expect(new Set((await steps.changesOf(hold)).map(({ state }) => state))).toEqual(new Set(['used']));
  });
});

describe('a hold over several nights', () => {
  it('is the same while the plan is, and told once', async () => {
    const hold = await twentyGone();
    await steps.lookAt(hold);
    await sync();
    const again = await onlyHold();
    expect(again).toMatchObject({ holdId: hold.holdId, number: 1 });
    await steps.lookAt(again);
    expect((await messages()).map(({ kind }) => kind)).toEqual(['held']);
  });

  it('is replaced and told again when it grows', async () => {
    const hold = await twentyGone();
    await steps.lookAt(hold);
    world.records = school(19);
    await sync();
    const larger = await onlyHold();
    expect(larger).toMatchObject({ number: 2, count: 21 });
    await steps.lookAt(larger);
    expect((await messages()).map(({ detail }) => detail.hold)).toEqual([1, 2]);
    expect(await steps.lookAt(hold)).toEqual({ open: false, nextMs: 0 });
    const [, older] = await steps.holds('all');
    expect(older).toMatchObject({ number: 1, state: 'replaced', replacedBy: 2 });
  });

  it('is replaced without a word when it only shrinks', async () => {
    const hold = await twentyGone();
    await steps.lookAt(hold);
    world.records = school(22);
    await sync();
    const smaller = await onlyHold();
    expect(smaller).toMatchObject({ number: 2, count: 18 });
    await steps.lookAt(smaller);
    expect((await messages()).map(({ detail }) => detail.hold)).toEqual([1]);
  });

  it('is gone when its records are back', async () => {
    await twentyGone();
    world.records = school(40);
    await sync();
    expect(await steps.holds()).toEqual([]);
    expect(await steps.holds('all')).toMatchObject([{ state: 'gone' }]);
  });

  it('is left alone by a preview', async () => {
    const hold = await twentyGone();
    world.records = school(10);
    await sync({ preview: true });
    expect(await onlyHold()).toMatchObject({ holdId: hold.holdId, open: 20 });
  });
});

describe('a rejected change', () => {
  it('is left out until its content differs', async () => {
    const hold = await twentyGone();
    await steps.decide('reject', { hold: hold.number });
    const run = await sync();
    expect(run.summary).toMatchObject({ held: 0 });
    expect(deletes()).toBe(0);
    expect(await steps.findingDetails('CHANGE_SUPPRESSED')).toHaveLength(20);
    // Whoever removes them for good sees them again once they were something else meanwhile.
    world.records = school(40);
    await sync();
    world.records = school(20);
    await sync();
    expect(await onlyHold()).toMatchObject({ number: 2, count: 20 });
  });
});

describe('what depends on a held change', () => {
  it('waits: somebody new with the address of a person whose own change is held', async () => {
    const learners = (email: (key: number) => string) =>
      Array.from({ length: 60 }, (_, key) => person(`l${key}`, { email: email(key) }));
    const everybody = Array.from({ length: 60 }, (_, key) => `l${key}`);
    world.records = [
      person('i1'),
      ...learners((key) => `l${key}@school.example`),
      lesson('e1', 30, { learnerKeys: everybody }),
    ];
    await sync();
    world.records = [
      person('i1'),
      ...learners((key) => `learner${key}@school.example`),
      person('new', { email: 'l7@school.example' }),
      lesson('e1', 30, { learnerKeys: everybody }),
      lesson('e2', 40, { learnerKeys: ['new'] }),
    ];
    const run = await sync();
    expect(run.summary).toMatchObject({ held: 60 });
    expect(world.calls.filter((call) => call.includes('timetable:new'))).toEqual([]);
    const hold = await onlyHold();
    expect(await steps.findingCodes()).toContain('EMAIL_TAKEN');
    await steps.decide('approve', { hold: hold.number });
    await sync();
    await sync();
    expect(world.calls.filter((call) => call === 'insert learner timetable:new')).toHaveLength(1);
  });
});

describe('limits of a connection', () => {
  const setLimits = (limits: object, overLimit = 'hold-part') =>
    steps.query('update connection set limits = $1, over_limit = $2', [limits, overLimit]);

  it('are its own, by kind and operation', async () => {
    world.records = school(40);
    await sync();
    await setLimits({ lesson: { delete: { percent: 1, floor: 2 } } });
    world.records = school(37);
    await sync();
    expect(deletes()).toBe(0);
    expect(await onlyHold()).toMatchObject({ count: 3 });
  });

  it('never let more pass than the operator allows', async () => {
    world.records = school(40);
    await sync();
    await setLimits({ lesson: { delete: { percent: 100, floor: 1_000 } } });
    await steps.query(`update operator.limit_bound set percent = 10, floor = 5 where operation = 'delete'`);
    world.records = school(34);
    await sync();
    expect(deletes()).toBe(0);
  });

  it('stop the whole import where the connection says so', async () => {
    world.records = school(40);
    await sync();
    await setLimits({}, 'stop-all');
    world.calls.length = 0;
    world.records = [...school(20), lesson('new', 40)];
    await expect(sync()).rejects.toMatchObject({ code: 'IMPORT_STOPPED' });
    expect(world.calls).toEqual([]);
    expect(await onlyHold()).toMatchObject({ count: 20 });
  });
});

describe('the canary of a large plan', () => {
  it('holds the rest when the first changes did not arrive as they were sent', async () => {
    world.tamper = (change) => ({ ...change, after: { ...change.after, familyName: 'Somebody' } });
    world.records = school(120);
    const run = await sync();
    expect(world.calls.filter((call) => call.startsWith('insert')).length).toBe(2);
    expect(run.summary).toMatchObject({ held: 120 });
    expect(await onlyHold()).toMatchObject({ kind: 'lesson', operation: 'insert', reason: 'CANARY' });
  });

  it('is passed by a target that does as it is told, and not flown for small plans', async () => {
    world.records = school(120);
    await sync();
    expect(world.calls.filter((call) => call.startsWith('insert lesson')).length).toBe(120);
    const [run] = await steps.query<{ canary: string }>('select canary from run');
    expect(run?.canary).toBe('passed');
    world.records = school(121);
    await sync();
    const [newest] = await steps.query<{ canary: string | null }>(
      'select canary from run order by number desc limit 1',
    );
    expect(newest?.canary).toBeNull();
  });

  it('lets the rest through once a person has approved it', async () => {
    world.tamper = (change) =>
      change.kind === 'instructor' ? { ...change, after: { ...change.after, email: 'x@y.zz' } } : change;
    world.records = school(120);
    await sync();
    const hold = await onlyHold();
    await steps.decide('approve', { hold: hold.number });
    await sync();
    expect(world.calls.filter((call) => call.startsWith('insert lesson')).length).toBe(120);
  });
});
