import { beforeEach, describe, expect, it } from 'vitest';
import type { MatchDecision } from '../../store/matches.ts';
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
const decide = (decision: MatchDecision) => steps.decideMatches([decision]);

describe('a lesson that two sheets fit', () => {
  const taught = lesson('e1', 30);
  beforeEach(async () => {
    const { givenName, familyName, email, phone } = person('i1');
    const { title, room, startsAt, endsAt } = taught;
    world.handmade('anne', { kind: 'instructor', after: { givenName, familyName, email, phone } });
    for (const id of ['sheet', 'other']) {
      world.handmade(id, { kind: 'lesson', after: { title, room, startsAt, endsAt }, instructorIds: ['anne'] });
    }
    world.records = [person('i1'), person('l1'), taught];
    await steps.sync();
    expect(await steps.findingCodes()).toEqual(['ADOPTION_AMBIGUOUS']);
    world.calls.length = 0;
  });

  it('is told with the sheets that fit, so that a person can name one', async () => {
    const [{ detail } = { detail: '' }] = await steps.query<{ detail: string }>('select detail from finding');
    expect(detail).toMatch(/instructor: other, sheet\.$/);
  });

  it('adopts the one that a person chose', async () => {
    await decide({ kind: 'lesson', syncKey: taught.syncKey, decision: 'adopt', other: 'other' });
    await steps.sync();
    expect(calls()).toContain('adopt lesson timetable:e1');
    const [link] = await steps.query<{ id: string }>(
      `select o.target_id as id from link join target_object o using (target_object_id) where link.kind = 'lesson'`,
    );
    expect(link?.id).toBe('other');
    expect(await steps.findingCodes()).toEqual([]);
  });

  it('is made anew where a person said that it is none of them', async () => {
    await decide({ kind: 'lesson', syncKey: taught.syncKey, decision: 'new', other: '' });
    await steps.sync();
    expect(calls()).toContain('insert lesson timetable:e1');
  });

  it('stays undecided when the chosen one is gone meanwhile', async () => {
    await decide({ kind: 'lesson', syncKey: taught.syncKey, decision: 'adopt', other: 'gone' });
    await steps.sync();
    expect(calls()).toEqual([]);
    expect(await steps.findingCodes()).toEqual(['ADOPTION_AMBIGUOUS']);
  });
});

describe('invariant 5: a changed sync key is for a person to decide', () => {
  const named = (key: string) => [
    person('i1'),
    person(key, { familyName: 'Same', email: 'same@school.example' }),
    lesson('e1', 30, { learnerKeys: [key] }),
    lesson('e2', 40, { learnerKeys: [key] }),
  ];
  beforeEach(async () => {
    world.records = named('l1');
    await steps.sync();
    world.records = named('l77');
    await steps.sync();
    expect(await steps.findingCodes()).toEqual(['KEY_CHANGED']);
    world.calls.length = 0;
  });

  it('the same person under a new key: only the mirror changes', async () => {
    await decide({ kind: 'learner', syncKey: 'l77', decision: 'same', other: 'l1' });
    await steps.sync();
    expect(calls()).toEqual([]);
    expect(await steps.findingCodes()).toEqual([]);
    world.records = [...named('l77'), lesson('e3', 50, { learnerKeys: ['l77'] })];
    await steps.sync();
    expect(calls()).toEqual(['insert lesson timetable:e3']);
  });

  it('somebody else: the new key is its own record, and the old one is absent', async () => {
    await decide({ kind: 'learner', syncKey: 'l77', decision: 'new', other: '' });
    await steps.sync();
    expect(await steps.findingCodes()).toContain('EMAIL_TAKEN');
    expect(calls()).not.toContain('insert learner timetable:l77');
  });

  it('an instructor keeps the lessons, without a write', async () => {
    const taughtBy = (key: string) => [
      person(key, { familyName: 'Teacher', email: 'teacher@school.example' }),
      person('l77', { familyName: 'Same', email: 'same@school.example' }),
      lesson('e1', 30, { instructorKeys: [key], learnerKeys: ['l77'] }),
    ];
    await decide({ kind: 'learner', syncKey: 'l77', decision: 'same', other: 'l1' });
    world.records = taughtBy('i5');
    await steps.sync();
    world.records = taughtBy('i6');
    await steps.sync();
    world.calls.length = 0;
    await decide({ kind: 'instructor', syncKey: 'i6', decision: 'same', other: 'i5' });
    await steps.sync();
    expect(calls()).toEqual([]);
  });
});
