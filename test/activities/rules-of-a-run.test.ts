import { beforeEach, describe, expect, it } from 'vitest';
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
const calls = () => world.calls.map((call) => call.replace(/@\d{4}-\d\d-\d\d/, ''));
const people = () => [person('i1'), person('l1')];
const today = () => new Date().toISOString().slice(0, 10);

describe('the same-day rule', () => {
  // Business time is set to the morning, so that lessons of today can still begin.
  const thisMorning = async () => {
    const now = new Date();
    await steps.hoursLater(6 - now.getUTCHours() - now.getUTCMinutes() / 60);
  };
  const later = (given = {}) => {
    const startsAt = `${today()}T15:00:00.000Z`;
    return lesson('e1', 0, {
      syncKey: `e1@${today()}`,
      localDate: today(),
      startsAt,
      endsAt: `${today()}T16:00:00.000Z`,
      createdOn: null,
      ...given,
    });
  };

  it('creates nothing for today of what is first seen today, nor its people', async () => {
    await thisMorning();
    world.records = [...people(), later()];
    await sync();
    expect(calls()).toEqual([]);
    expect(await steps.findingDetails('LESSON_SAME_DAY')).toEqual([`It was first seen on its own day, ${today()}.`]);
  });

  it('lets the date of creation of the source win', async () => {
    await thisMorning();
    world.records = [...people(), later({ createdOn: '2020-01-01' })];
    await sync();
    expect(calls()).toContain('insert lesson timetable:e1');
  });

  it('remembers what was seen the day before, though it could not be sent', async () => {
    await thisMorning();
    const yesterdayHours = 6 - new Date().getUTCHours() - new Date().getUTCMinutes() / 60 - 24;
    await steps.hoursLater(yesterdayHours);
    world.records = [person('i1', { email: '' }), person('l1'), later()];
    await sync();
    expect(calls()).toEqual([]);
    await thisMorning();
    world.records = [...people(), later()];
    await sync();
    expect(calls()).toContain('insert lesson timetable:e1');
  });
});

describe('a lesson that moves', () => {
  it('to another date keeps its sheet: one write, and its roster goes along', async () => {
    world.records = [...people(), person('l2'), lesson('e1', 30, { learnerKeys: ['l1', 'l2'] })];
    await sync();
    const [before] = [...world.objects].find(([, { kind }]) => kind === 'lesson') ?? [];
    world.calls.length = 0;
    world.records = [...people(), person('l2'), lesson('e1', 78, { learnerKeys: ['l1', 'l2'] })];
    await sync();
    expect(calls()).toEqual(['rekey lesson timetable:e1']);
    const [after, change] = [...world.objects].find(([, { kind }]) => kind === 'lesson') ?? [];
    expect(after).toBe(before);
    expect(change?.foreignId).toBe(`timetable:${lesson('e1', 78).syncKey}`);
    world.calls.length = 0;
    await sync();
    expect(calls()).toEqual([]);
    world.records = [...people(), lesson('e1', 78, { learnerKeys: ['l1'] })];
    await sync();
    expect(calls()).toEqual(['delete membership timetable:e1|l2']);
  });

  it('with a roster that changes at once gets both', async () => {
    world.records = [...people(), person('l2'), lesson('e1', 30, { learnerKeys: ['l1'] })];
    await sync();
    world.calls.length = 0;
    world.records = [...people(), person('l2'), lesson('e1', 78, { learnerKeys: ['l2'] })];
    await sync();
    expect(calls()).toEqual([
      'insert learner timetable:l2',
      'rekey lesson timetable:e1',
      'insert membership timetable:e1|l2',
      'delete membership timetable:e1|l1',
    ]);
    world.calls.length = 0;
    await sync();
    expect(calls()).toEqual([]);
  });

  it('is deleted and made anew where two of its id went and two came', async () => {
    world.records = [...people(), lesson('e1', 30), lesson('e1', 54)];
    await sync();
    world.calls.length = 0;
    world.records = [...people(), lesson('e1', 102), lesson('e1', 126)];
    await sync();
    expect(calls().sort()).toEqual([
      'delete lesson timetable:e1',
      'delete lesson timetable:e1',
      'insert lesson timetable:e1',
      'insert lesson timetable:e1',
    ]);
  });
});

describe('people who share an address', () => {
  it('are one instructor: the lowest id keeps it, lessons of the other are not sent and say why', async () => {
    const shared = { email: 'Anne.Roy@school.example' };
    world.records = [
      person('10', shared),
      person('9', { email: 'anne.roy@SCHOOL.example' }),
      person('l1'),
      lesson('e1', 30, { instructorKeys: ['10'] }),
      lesson('e2', 30, { instructorKeys: ['9'] }),
      lesson('e3', 30, { instructorKeys: ['10', '9'] }),
    ];
    await sync();
    expect(
      calls()
        .filter((call) => /instructor|lesson/.test(call))
        .sort(),
    ).toEqual(['insert instructor timetable:9', 'insert lesson timetable:e2', 'insert lesson timetable:e3']);
    expect(await steps.findingCodes()).toEqual(['DUPLICATE_INSTRUCTOR_EMAIL', 'LESSON_WITHOUT_INSTRUCTOR']);
    expect(await steps.findingDetails('LESSON_WITHOUT_INSTRUCTOR')).toEqual([
      'Its instructor 10 has the e-mail address of 9, who keeps it.',
    ]);
  });

  it('leave it to whoever is linked, though a lower id comes later', async () => {
    world.records = [
      person('10', { email: 'a@b.example' }),
      person('l1'),
      lesson('e1', 30, { instructorKeys: ['10'] }),
    ];
    await sync();
    world.calls.length = 0;
    world.records.push(person('9', { email: 'A@B.example' }), lesson('e2', 30, { instructorKeys: ['9'] }));
    await sync();
    expect(calls()).toEqual([]);
    expect(await steps.findingCodes()).toEqual(['DUPLICATE_INSTRUCTOR_EMAIL', 'LESSON_WITHOUT_INSTRUCTOR']);
  });

  it('are two learners: the lesson goes without the second', async () => {
    world.records = [
      person('i1'),
      person('1', { email: 'x@y.example' }),
      person('2', { email: 'X@y.example' }),
      lesson('e1', 30, { learnerKeys: ['1', '2'] }),
    ];
    await sync();
    expect(calls()).toEqual([
      'insert instructor timetable:i1',
      'insert learner timetable:1',
      'insert lesson timetable:e1',
    ]);
    expect(await steps.findingCodes()).toEqual(['DUPLICATE_LEARNER_EMAIL']);
  });
});

it('somebody who comes back under a new key is proposed, and keeps every place meanwhile', async () => {
  world.records = [...people(), lesson('e1', 30)];
  await sync();
  world.calls.length = 0;
  world.records = [
    person('i1'),
    person('l77', { email: person('l1').email }),
    lesson('e1', 30, { learnerKeys: ['l77'] }),
    lesson('e2', 50, { learnerKeys: ['l77'] }),
  ];
  await sync();
  expect(calls()).toEqual(['insert lesson timetable:e2']);
  const learners = [...world.objects.values()]
    .filter(({ kind }) => kind === 'lesson')
    .map(({ learnerIds }) => learnerIds);
  expect(new Set(learners.flat()).size).toBe(1);
  expect(await steps.findingDetails('KEY_CHANGED')).toEqual([
    'The known learner l1 has the same e-mail address and is no longer named by the source.',
  ]);
});

describe('directories', () => {
  it('leave out learners of others, and lessons that have nobody else', async () => {
    world.directories = { learner: ['11'] };
    world.records = [
      person('i1'),
      person('l1', { directory: '11' }),
      person('l2', { directory: '12' }),
      lesson('e1', 30, { learnerKeys: ['l1', 'l2'] }),
      lesson('e2', 30, { learnerKeys: ['l2'] }),
    ];
    await sync();
    expect(calls()).toEqual([
      'insert instructor timetable:i1',
      'insert learner timetable:l1',
      'insert lesson timetable:e1',
    ]);
    expect(await steps.findingCodes()).toEqual(['LESSON_FILTERED', 'WRONG_DIRECTORY']);
  });

  it('that are narrowed later take out what they leave out', async () => {
    world.records = [
      person('i1'),
      person('l1', { directory: '11' }),
      person('l2', { directory: '12' }),
      lesson('e1', 30, { learnerKeys: ['l1', 'l2'] }),
      lesson('e2', 30, { learnerKeys: ['l2'] }),
    ];
    await sync();
    world.calls.length = 0;
    world.directories = { learner: ['11'] };
    await sync();
    expect(calls()).toEqual(['delete membership timetable:e1|l2', 'delete lesson timetable:e2']);
  });
});

describe('groups', () => {
  const school = () => [
    ...people(),
    person('l2'),
    group('g1', { memberKeys: ['l1', 'l2', 'elsewhere'] }),
    lesson('e1', 30, { learnerKeys: ['l1', 'l2'], groupKeys: ['g1'] }),
  ];
  const held = (kind: string) => [...world.objects.values()].filter((object) => object.kind === kind);

  beforeEach(() => {
    world.allGroups = true;
  });

  it('are made with the members who exist, and attached where all of them are learners of the lesson', async () => {
    world.records = school();
    await sync();
    expect(calls().filter((call) => call.includes(' group '))).toEqual(['insert group timetable:g1']);
    expect(held('group')[0]?.learnerIds).toHaveLength(2);
    expect(held('lesson')[0]?.groupIds).toHaveLength(1);
    expect(await steps.findingDetails('GROUP_MEMBERS_ABSENT')).toEqual([
      '1 of its 3 members are not at the target yet.',
    ]);
    world.calls.length = 0;
    await sync();
    expect(calls()).toEqual([]);
  });

  it('bring no strangers into a lesson', async () => {
    world.records = [
      ...people(),
      person('l2'),
      group('g1', { memberKeys: ['l1', 'l2'] }),
      lesson('e1', 30, { learnerKeys: ['l1'], groupKeys: ['g1'] }),
      lesson('e2', 50, { learnerKeys: ['l1', 'l2'] }),
    ];
    await sync();
    expect(held('lesson').map(({ groupIds }) => groupIds)).toEqual([[], []]);
  });

  it('are renamed, emptied and archived, and come back', async () => {
    world.records = school();
    await sync();
    world.calls.length = 0;
    world.records = school().map((record) => (record.kind === 'group' ? { ...record, title: 'Renamed' } : record));
    await sync();
    expect(calls()).toEqual(['update group timetable:g1']);

    world.calls.length = 0;
    world.records = school().map((record) => (record.kind === 'group' ? { ...record, memberKeys: [] } : record));
    await sync();
    expect(calls()).toEqual([]);
    expect(await steps.findingCodes()).toEqual(['GROUP_WITHOUT_MEMBERS']);

    world.records = school().filter((record) => record.kind !== 'group');
    await sync();
    expect(calls()).toEqual(['archive group timetable:g1']);

    world.calls.length = 0;
    world.records = school();
    await sync();
    expect(calls()).toEqual(['restore group timetable:g1']);
  });

  it('stay when the source does not say all of them', async () => {
    world.records = school();
    await sync();
    world.calls.length = 0;
    world.allGroups = false;
    world.records = school().filter((record) => record.kind !== 'group');
    await sync();
    expect(calls()).toEqual([]);
  });

  it('that change put the rosters of their lessons right', async () => {
    world.records = [...school(), person('l3'), lesson('e9', 50, { learnerKeys: ['l3'] })];
    await sync();
    world.calls.length = 0;
    world.records = [
      ...school().map((record) => (record.kind === 'group' ? { ...record, memberKeys: ['l1', 'l3'] } : record)),
      person('l3'),
      lesson('e9', 50, { learnerKeys: ['l3'] }),
    ];
    await sync();
    // l2 left the group and is still a learner of the lesson; l3 joined the group and is none.
    expect(calls()).toEqual([
      'update group timetable:g1',
      'insert membership timetable:e1|l2',
      'delete membership timetable:e1|l3',
    ]);
  });
});

it('a group that changes brings nobody back who was taken off a lesson of it', async () => {
  world.allGroups = true;
  const school = (members: string[], learnerKeys: string[]) => [
    ...people(),
    person('l2'),
    person('l3'),
    group('g1', { memberKeys: members }),
    lesson('e1', 30, { learnerKeys, groupKeys: ['g1'] }),
    lesson('e9', 50, { learnerKeys: ['l2', 'l3'] }),
  ];
  world.records = school(['l1', 'l2'], ['l1', 'l2']);
  await sync();
  world.records = school(['l1', 'l2'], ['l1']);
  await sync();
  world.calls.length = 0;
  world.records = school(['l1', 'l2', 'l3'], ['l1']);
  await sync();
  expect(calls()[0]).toBe('update group timetable:g1');
  expect(calls().slice(1).sort()).toEqual(['delete membership timetable:e1|l2', 'delete membership timetable:e1|l3']);
});

describe('a row without a readable key', () => {
  it('holds the removals of its kind, and nothing else', async () => {
    world.records = [...people(), lesson('e1', 30), lesson('e2', 50)];
    await sync();
    world.calls.length = 0;
    const unreadable = { kind: 'unreadable', of: 'lesson', field: 'id', place: { part: 'p', line: 3 } } as const;
    world.records = [...people(), lesson('e1', 30, { title: 'Renamed' }), unreadable];
    const run = await sync();
    expect(calls()).toEqual(['update lesson timetable:e1']);
    expect(run.summary).toMatchObject({ held: 1 });
    expect(await steps.findingCodes()).toEqual(['CHANGE_HELD', 'LESSON_VANISHED', 'RECORD_UNREADABLE']);
  });
});

it('a person without a readable key holds those who seem to have left a roster', async () => {
  world.records = [...people(), person('l2'), lesson('e1', 30, { learnerKeys: ['l1', 'l2'] })];
  await sync();
  world.calls.length = 0;
  const unreadable = { kind: 'unreadable', of: 'person', field: 'id', place: { part: 'p', line: 3 } } as const;
  world.records = [...people(), lesson('e1', 30, { learnerKeys: ['l1'] }), unreadable];
  const run = await sync();
  expect(calls()).toEqual([]);
  expect(run.summary).toMatchObject({ held: 1 });
  world.records = [...people(), lesson('e1', 30, { learnerKeys: ['l1'] })];
  await sync();
  expect(calls()).toEqual(['delete membership timetable:e1|l2']);
});

describe('attendance the source refuses', () => {
  it('is kept with its reason, offered again a day later, and acknowledged once it fits', async () => {
    world.records = [...people(), lesson('e1', 30)];
    await sync();
    const idOf = (kind: string) => [...world.objects].find(([, object]) => object.kind === kind)?.[0] ?? '';
    world.attendance.set(idOf('lesson'), new Map([[idOf('learner'), { status: 'present' }]]));
    world.refuse = () => [{ personKey: 'l1', code: 'APPRENANT_NON_INSCRIT', message: 'Not enrolled.' }];
    await steps.hoursLater(40);
    await sync();
    await sync();
    expect(world.returned).toHaveLength(1);
    expect(await steps.findingDetails('ATTENDANCE_REJECTED')).toEqual([
      'The source refused this line: APPRENANT_NON_INSCRIT: Not enrolled.',
    ]);
    await steps.hoursLater(61);
    world.refuse = () => [];
    await sync();
    expect(world.returned).toHaveLength(2);
    expect(await steps.findingCodes()).toEqual([]);
  });
});
