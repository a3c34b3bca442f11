import { beforeAll, describe, expect, it } from 'vitest';
import { stretchesOf } from '../../../connectors/edusign/days.ts';
import type { ApiTarget, HeldKind, InventoryAsk } from '../../../roster/contracts.ts';
import { lessonWindow } from '../../../roster/window.ts';
import { collect, failureOf } from '../doubles/access.ts';
import type { Fields } from '../doubles/edusign-double.ts';
import { edusignForFile } from '../doubles/edusign-for-file.ts';

const now = '2026-11-02T06:00:00.000Z';
const window = lessonWindow(now, 14, 'Europe/Paris');
const { double, open, paced } = edusignForFile();
let target: ApiTarget;
beforeAll(() => {
  target = open({ now: () => now });
});

function ask(kind: HeldKind, changes: Partial<InventoryAsk> = {}) {
  return collect(target.inventory({ kinds: [kind], window, ...changes }));
}

function person(path: 'student' | 'professor', ID: string, changes: Fields = {}): void {
  const HIDDEN = path === 'professor' ? [] : 0;
  double.people[path].set(ID, {
    ID,
    FIRSTNAME: 'Zoé',
    LASTNAME: 'Martin',
    EMAIL: `${ID}@x.example`,
    HIDDEN,
    ...changes,
  });
}

function sheet(ID: string, changes: Fields = {}): void {
  const START = '2026-11-03T07:30:00.000Z';
  double.courses.set(ID, { ID, START, END: '2026-11-03T09:00:00.000Z', PROFESSOR: 'p1', STUDENTS: [], ...changes });
}

const ids = (objects: readonly { targetId: string }[]) => objects.map(({ targetId }) => targetId);

describe('what Edusign holds', () => {
  it('is told in our words, trimmed, with the address as it is spelled', async () => {
    person('student', 's1', {
      LASTNAME: ' Martin ',
      EMAIL: 'Zoe@X.example',
      PHONE: null,
      API_ID: 7,
      API_TYPE: 'ypareo',
    });
    expect(await ask('learner')).toEqual([
      {
        kind: 'learner',
        targetId: 's1',
        foreignId: '7',
        foreignSystem: 'ypareo',
        archived: false,
        content: { givenName: 'Zoé', familyName: 'Martin', email: 'Zoe@X.example', phone: '' },
        instructorIds: [],
        learnerIds: [],
      },
    ]);
    sheet('c1', {
      NAME: 'Algèbre ',
      CLASSROOM: ' B 204',
      PROFESSOR_2: 'p2',
      API_TYPE: 'API',
      STUDENTS: [{ studentId: 's1' }, { studentId: '' }, {}, { studentId: 's2', state: true }, { studentId: 's1' }],
    });
    expect(await ask('lesson')).toEqual([
      {
        kind: 'lesson',
        targetId: 'c1',
        foreignId: '',
        // A name without a key says nothing about whose it is.
        foreignSystem: '',
        archived: false,
        content: {
          title: 'Algèbre',
          startsAt: '2026-11-03T07:30:00.000Z',
          endsAt: '2026-11-03T09:00:00.000Z',
          room: 'B 204',
        },
        instructorIds: ['p1', 'p2'],
        learnerIds: ['s1', 's2'],
      },
    ]);
  });

  it('is told page by page, without the archived, in the rate class of its list', async () => {
    for (let number = 0; number < 205; number += 1) person('professor', `p${number}`);
    person('professor', 'gone', { HIDDEN: ['school1'] });
    expect(await ask('instructor')).toHaveLength(205);
    expect(double.seen.map(({ url }) => url)).toEqual([0, 1, 2].map((page) => `/v1/professor?page=${page}`));
    expect(paced).toEqual(['heavy', 'heavy', 'heavy']);
  });

  it('is asked for by hundreds, and by the time of its change, where Edusign knows that', async () => {
    person('student', 's1', { DATE_UPDATED: '2026-10-01T00:00:00.000Z' });
    person('student', 's2', { DATE_UPDATED: '2026-11-01T00:00:00.000Z' });
    expect(ids(await ask('learner', { changedSince: '2026-10-15T00:00:00+02:00' }))).toEqual(['s2']);
    expect(double.seen[0]?.url).toBe('/v1/student?limit=100&updatedAfter=2026-10-14T22%3A00%3A00.000Z&page=0');
  });

  it('of groups is read to the end, whatever the size of a page', async () => {
    double.habits.groupPageSize = 3;
    for (const ID of ['g1', 'g2', 'g3', 'g4']) double.groups.set(ID, { ID, NAME: ID, STUDENTS: ['s1'], HIDDEN: 0 });
    double.groups.set('g5', { ID: 'g5', NAME: 'g5', STUDENTS: [], HIDDEN: 1 });
    const groups = await ask('group');
    expect(ids(groups)).toEqual(['g1', 'g2', 'g3', 'g4']);
    expect(groups[0]).toMatchObject({ content: { title: 'g1' }, learnerIds: ['s1'] });
    expect(paced).toEqual(['normal', 'normal']);
  });

  it('of lessons ends where the window does, to the instant', async () => {
    const [from, to] = [window.fromInstant, window.toInstant].map((instant) => Date.parse(instant));
    const at = (moment = 0) => ({ START: new Date(moment).toISOString() });
    sheet('before', at((from ?? 0) - 1));
    sheet('first', at(from));
    sheet('last', at((to ?? 0) - 1));
    sheet('after', at(to));
    expect(ids(await ask('lesson')).sort()).toEqual(['first', 'last']);
    expect(double.seen[0]?.url).toBe('/v1/course?start=2026-11-01&end=2026-11-17&page=0');
  });

  it('of lessons over a long window is asked for in stretches that Edusign answers', async () => {
    const long = lessonWindow(now, 300, 'Europe/Paris');
    for (let day = 0; day < 300; day += 1) {
      sheet(`c${day}`, { START: new Date(Date.parse('2026-11-02T08:00:00Z') + day * 86_400_000).toISOString() });
    }
    expect(new Set(ids(await ask('lesson', { window: long }))).size).toBe(300);
  });

  it('of lessons is only what changed, when asked so', async () => {
    sheet('c1', { DATE_UPDATED: '2026-10-01T00:00:00.000Z' });
    sheet('c2', { DATE_UPDATED: '2026-11-01T00:00:00.000Z' });
    expect(ids(await ask('lesson', { changedSince: '2026-10-15T00:00:00.000Z' }))).toEqual(['c2']);
    expect(double.seen[0]?.url).toMatch(/dateUpdated=2026-10-15T00%3A00%3A00.000Z%2C2\d{3}-/);
  });

  it('of a roster that the list does not tell is read from the sheet, and nobody is taken for missing', async () => {
    double.habits.listsRosters = false;
    sheet('c1', { STUDENTS: [{ studentId: 's1' }] });
    expect(await ask('lesson')).toMatchObject([{ learnerIds: ['s1'] }]);
    expect(paced).toEqual(['heavy', 'normal']);
  });

  it('is read again when it shifted, and is told once', async () => {
    for (let number = 0; number < 150; number += 1) person('professor', `p${number}`);
    let shifts = 2;
    double.habits.onPage = (_, page) => {
      if (page !== 1 || shifts === 0) return;
      shifts -= 1;
      const known = [...double.people.professor];
      double.people.professor.clear();
      person('professor', `new${shifts}`);
      for (const [id, fields] of known) double.people.professor.set(id, fields);
    };
    const told = ids(await ask('instructor'));
    expect(told).toHaveLength(152);
    expect(new Set(told).size).toBe(152);
  });

  it('is an error when it shifts each time', async () => {
    for (let number = 0; number < 150; number += 1) person('professor', `p${number}`);
    let added = 0;
    double.habits.onPage = (_, page) => {
      if (page === 0) return;
      const known = [...double.people.professor];
      double.people.professor.clear();
      person('professor', `new${added++}`);
      for (const [id, fields] of known) double.people.professor.set(id, fields);
    };
    expect(await failureOf(ask('instructor'))).toMatchObject({
      code: 'TARGET_ANSWER_INVALID',
      message: expect.stringContaining('shifted each time'),
    });
    expect(double.seen).toHaveLength(8);
  });

  it('is an error when the list is refused, in no words of Edusign', async () => {
    double.refuseNextLook('Zoé Martin is in the way');
    const error = await failureOf(ask('learner'));
    expect(error).toMatchObject({ code: 'TARGET_ANSWER_INVALID' });
    expect((error as Error).message).not.toContain('Zoé');
  });
});

describe('one object at Edusign', () => {
  it('is read by its id, archived or not, and is undefined when there is none', async () => {
    person('student', 's1', { HIDDEN: 1 });
    person('professor', 'p1', { HIDDEN: ['school1'] });
    double.groups.set('g1', { ID: 'g1', NAME: 'A', STUDENTS: ['s1'], HIDDEN: 1 });
    sheet('c1');
    expect(await target.read('learner', 's1')).toMatchObject({ kind: 'learner', archived: true });
    expect(await target.read('instructor', 'p1')).toMatchObject({ kind: 'instructor', archived: true });
    expect(await target.read('group', 'g1')).toMatchObject({ kind: 'group', archived: true, learnerIds: ['s1'] });
    expect(await target.read('lesson', 'c1')).toMatchObject({ kind: 'lesson', archived: false });
    for (const kind of ['learner', 'instructor', 'group', 'lesson'] as const) {
      expect(await target.read(kind, 'nobody')).toBeUndefined();
      expect(await target.read(kind, '')).toBeUndefined();
    }
    expect(double.seen).toHaveLength(8);
  });
});

describe('stretches of days', () => {
  it('cover a day more on both sides, are no longer than 90 days, and leave no gap', () => {
    expect(stretchesOf('2026-11-02', '2026-11-02')).toEqual([{ start: '2026-11-01', end: '2026-11-03' }]);
    const long = stretchesOf('2026-01-01', '2026-12-31');
    expect(long[0]?.start).toBe('2025-12-31');
    expect(long.at(-1)?.end).toBe('2027-01-01');
    for (const [index, { start, end }] of long.entries()) {
      expect(Date.parse(end) - Date.parse(start)).toBeLessThan(90 * 86_400_000);
      if (index > 0) expect(start).toBe(long[index - 1]?.end);
    }
  });
});
