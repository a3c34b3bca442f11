import { beforeEach, describe, expect, it } from 'vitest';
import type { LessonRecord } from '../../roster/records.ts';
import { group, lesson, person } from '../support/records.ts';
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

const oneLesson = () => [person('i1'), person('l1'), lesson('e1', 30)];

const content = ({ givenName, familyName, email, phone }: ReturnType<typeof person>) => ({
  givenName,
  familyName,
  email,
  phone,
});

const sheet = ({ title, startsAt, endsAt, room }: LessonRecord) => ({ title, startsAt, endsAt, room });

/** The calls without dates, which the tests do not fix. */
const calls = () => world.calls.map((call) => call.replace(/@\d{4}-\d\d-\d\d/, ''));

/** Changes of people are sent side by side, in any order, and before all others. */
function peopleFirst(a: string, b: string): number {
  const isPerson = (call: string) => /instructor|learner/.test(call);
  return isPerson(a) && isPerson(b) ? a.localeCompare(b) : 0;
}

describe('joining an account in use', () => {
  it('adopts people by e-mail in any case, and does not make them again', async () => {
    world.handmade('anne', {
      kind: 'instructor',
      after: { ...content(person('i1')), email: 'PERSONI1@school.example' },
    });
    world.handmade('luc', { kind: 'learner', after: content(person('l1')) });
    world.records = oneLesson();
    await sync();
    expect(calls()).toEqual([
      'adopt instructor timetable:i1',
      'adopt learner timetable:l1',
      'insert lesson timetable:e1',
    ]);
    world.calls.length = 0;
    await sync();
    expect(calls()).toEqual([]);
    expect(await steps.counts('plan')).toMatchObject({ changes: 0, 'credential mails': 0 });
  });

  it('counts as credential mails only those who are made', async () => {
    world.mailsCredentials = true;
    world.handmade('anne', { kind: 'instructor', after: content(person('i1')) });
    world.records = oneLesson();
    await sync({ preview: true });
    expect(await steps.counts('plan')).toMatchObject({ adoptions: 1, 'credential mails': 1 });
    expect(calls()).toEqual([]);
  });

  it('adopts a sheet made by hand at the same time, in the same room, with the same instructor, and completes its roster', async () => {
    const taught = lesson('e1', 30, { learnerKeys: ['l1', 'l2'] });
    world.handmade('anne', { kind: 'instructor', after: content(person('i1')) });
    world.handmade('luc', { kind: 'learner', after: content(person('l1')) });
    world.handmade('sheet', {
      kind: 'lesson',
      after: { ...sheet(taught), title: 'Made by hand' },
      instructorIds: ['anne'],
      learnerIds: ['luc', 'stranger'],
    });
    world.records = [person('i1'), person('l1'), person('l2'), taught];
    await sync();
    expect(calls().sort(peopleFirst)).toEqual([
      'adopt instructor timetable:i1',
      'adopt learner timetable:l1',
      'insert learner timetable:l2',
      'adopt lesson timetable:e1',
      'insert membership timetable:e1|l2',
    ]);
    expect(world.objects.get('sheet')?.after).toMatchObject({ title: 'Lesson e1' });
    expect(world.objects.get('sheet')?.learnerIds).toEqual(['luc', 'stranger', expect.any(String)]);
    world.calls.length = 0;
    await sync();
    expect(calls()).toEqual([]);
  });

  it('keeps whoever was put on an adopted sheet by hand, though they are learners of other lessons', async () => {
    const taught = lesson('e1', 30);
    world.handmade('anne', { kind: 'instructor', after: content(person('i1')) });
    world.handmade('eve', { kind: 'learner', after: content(person('l2')) });
    world.handmade('sheet', {
      kind: 'lesson',
      after: sheet(taught),
      instructorIds: ['anne'],
      learnerIds: ['eve'],
    });
    world.records = [person('i1'), person('l1'), person('l2'), taught, lesson('e2', 50, { learnerKeys: ['l2'] })];
    await sync();
    await sync();
    expect(world.objects.get('sheet')?.learnerIds).toEqual(['eve', expect.any(String)]);
  });

  it.each([
    ['room', { room: 'elsewhere' }],
    ['start', { startsAt: '2020-01-01T08:00:00.000Z' }],
  ])('makes its own sheet where the %s differs', async (_, given) => {
    const taught = lesson('e1', 30);
    world.handmade('anne', { kind: 'instructor', after: content(person('i1')) });
    world.handmade('sheet', { kind: 'lesson', after: { ...sheet(taught), ...given }, instructorIds: ['anne'] });
    world.records = [person('i1'), person('l1'), taught];
    await sync();
    expect(calls()).toContain('insert lesson timetable:e1');
  });

  it('leaves alone what carries the key of another connector, and makes no double of it', async () => {
    const taught = lesson('e1', 30);
    world.handmade('anne', { kind: 'instructor', foreignId: 'old/77', after: content(person('i1')) });
    world.handmade('sheet', { kind: 'lesson', foreignId: 'old/5', after: sheet(taught), instructorIds: ['anne'] });
    world.records = [person('i1'), person('l1'), taught];
    await sync();
    expect(calls()).toEqual([]);
    expect(await steps.findingCodes()).toEqual(['HELD_BY_OTHER', 'HELD_BY_OTHER']);
    expect(await steps.findingDetails('HELD_BY_OTHER')).toContain(
      'The sheet sheet of "old" has this time, room and instructor.',
    );
  });

  it('uses a person of another connector in lessons without ever writing to them', async () => {
    world.handmade('anne', { kind: 'instructor', foreignId: 'old/77', after: content(person('i1')) });
    world.records = oneLesson();
    await sync();
    expect(calls()).toEqual(['insert learner timetable:l1', 'insert lesson timetable:e1']);
    expect([...world.objects.values()].find(({ kind }) => kind === 'lesson')?.instructorIds).toEqual(['anne']);
    world.calls.length = 0;
    world.records = [person('i1', { givenName: 'Renamed' }), person('l1'), lesson('e1', 30)];
    await sync();
    expect(calls()).toEqual([]);
  });

  it('takes over from a connector that was retired', async () => {
    world.takeOverFrom = ['old'];
    const taught = lesson('e1', 30);
    world.handmade('anne', { kind: 'instructor', foreignId: 'old/77', after: content(person('i1')) });
    world.handmade('sheet', { kind: 'lesson', foreignId: 'old/5', after: sheet(taught), instructorIds: ['anne'] });
    world.records = [person('i1'), person('l1'), taught];
    await sync();
    expect(calls().sort(peopleFirst)).toEqual([
      'adopt instructor timetable:i1',
      'insert learner timetable:l1',
      'adopt lesson timetable:e1',
      'insert membership timetable:e1|l1',
    ]);
  });

  it('decides nothing where two sheets fit one lesson', async () => {
    const taught = lesson('e1', 30);
    world.handmade('anne', { kind: 'instructor', after: content(person('i1')) });
    for (const id of ['sheet', 'other']) {
      world.handmade(id, { kind: 'lesson', after: sheet(taught), instructorIds: ['anne'] });
    }
    world.records = [person('i1'), person('l1'), taught];
    await sync();
    expect(calls().filter((call) => call.includes(' lesson '))).toEqual([]);
    expect(await steps.findingCodes()).toEqual(['ADOPTION_AMBIGUOUS']);
  });

  it('never touches what it does not know', async () => {
    world.handmade('sheet', { kind: 'lesson', after: sheet(lesson('x', 40)), instructorIds: ['nobody'] });
    world.records = oneLesson();
    await sync();
    world.records = [person('i1'), person('l1'), lesson('e2', 50)];
    await sync();
    expect(world.objects.has('sheet')).toBe(true);
  });
});

describe('a lost database', () => {
  it('finds everything again by our own keys, writes nothing, and doubles nothing', async () => {
    world.allGroups = true;
    world.records = [
      person('i1'),
      person('l1'),
      person('l2'),
      group('g1', { memberKeys: ['l1', 'l2'] }),
      lesson('e1', 30, { learnerKeys: ['l1', 'l2'], groupKeys: ['g1'] }),
      lesson('e2', 50),
    ];
    await sync();
    const before = [...world.objects.keys()];
    world.calls.length = 0;
    await steps.loseMirror();
    await sync();
    expect(calls()).toEqual([]);
    expect([...world.objects.keys()]).toEqual(before);
    expect(await steps.counts('plan')).toMatchObject({ 'links found again': 6, changes: 0 });
  });

  it('still removes what vanished meanwhile, and moves what moved', async () => {
    world.records = [...oneLesson(), lesson('e2', 50), lesson('e3', 60)];
    await sync();
    await steps.loseMirror();
    world.calls.length = 0;
    world.records = [person('i1'), person('l1'), lesson('e1', 78), lesson('e3', 60)];
    await sync();
    expect(calls()).toEqual(['rekey lesson timetable:e1', 'delete lesson timetable:e2']);
  });
});

describe('what people change by hand at the target', () => {
  const theLesson = () => {
    const [id, change] = [...world.objects].find(([, { kind }]) => kind === 'lesson') ?? [];
    if (id === undefined || change === undefined) throw new Error('There is no lesson.');
    return { id, change };
  };
  const byHand = (fields: object) => {
    const { id, change } = theLesson();
    world.objects.set(id, { ...change, after: { ...change.after, ...fields } });
  };

  it('is a finding and is not overwritten, while other fields go on', async () => {
    world.records = oneLesson();
    await sync();
    byHand({ room: 'by hand' });
    await steps.hoursLater(21);
    world.calls.length = 0;
    await sync();
    expect(calls()).toEqual([]);
    expect(await steps.findingDetails('DRIFTED')).toEqual([expect.stringMatching(/somebody changed: room\.$/)]);

    world.records = [person('i1'), person('l1'), lesson('e1', 30, { title: 'Renamed', room: 'B9' })];
    await sync();
    expect(calls()).toEqual(['update lesson timetable:e1']);
    expect(theLesson().change.after).toMatchObject({ title: 'Renamed', room: 'A1' });
  });

  it('is no finding when the source says the same in the end', async () => {
    world.records = oneLesson();
    await sync();
    byHand({ room: 'B9' });
    await steps.hoursLater(21);
    world.records = [person('i1'), person('l1'), lesson('e1', 30, { room: 'B9' })];
    await sync();
    await sync();
    expect(await steps.findingCodes()).toEqual([]);
  });

  it('by taking a learner off a sheet is a finding, and nobody is put back', async () => {
    world.records = [person('i1'), person('l1'), person('l2'), lesson('e1', 30, { learnerKeys: ['l1', 'l2'] })];
    await sync();
    const { id, change } = theLesson();
    world.objects.set(id, { ...change, learnerIds: change.learnerIds.slice(0, 1) });
    await steps.hoursLater(21);
    world.calls.length = 0;
    await sync();
    expect(calls()).toEqual([]);
    expect(await steps.findingCodes()).toEqual(['MEMBER_REMOVED_AT_TARGET']);
  });

  it('by removing a sheet is noticed within a day, and the sheet is not made again', async () => {
    world.records = oneLesson();
    await sync();
    world.objects.delete(theLesson().id);
    await steps.hoursLater(21);
    world.calls.length = 0;
    await sync();
    expect(calls()).toEqual([]);
    expect(await steps.findingCodes()).toEqual(['REMOVED_AT_TARGET']);
  });
});

it("another connector's person who comes back under a new key keeps the places", async () => {
  const { givenName, familyName, email, phone } = person('l1');
  const taught = (key: string) => [
    person('i1'),
    person(key, { givenName, familyName, email, phone }),
    lesson('e1', 30, { learnerKeys: [key] }),
  ];
  world.handmade('luc', { kind: 'learner', foreignId: 'old/9', after: { givenName, familyName, email, phone } });
  world.records = taught('l1');
  await sync();
  const roster = () => [...world.objects.values()].find(({ kind }) => kind === 'lesson')?.learnerIds;
  expect(roster()).toEqual(['luc']);
  world.records = taught('l2');
  await sync();
  expect(roster()).toEqual(['luc']);
  expect(await steps.findingCodes()).toContain('KEY_CHANGED');
});
