import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiTarget, TargetChange } from '../../../roster/contracts.ts';
import { lessonChange, membershipChange, personChange } from '../doubles/changes.ts';
import type { Fields } from '../doubles/edusign-double.ts';
import { edusignForFile } from '../doubles/edusign-for-file.ts';

const edusign = edusignForFile();
const { double, paced } = edusign;
let target: ApiTarget;
let now = '';

beforeEach(() => {
  now = '2026-11-02T06:00:00.000Z';
  target = open();
});

const startsAt = '2026-11-03T07:30:00.000Z';

function open(options: Fields = {}): ApiTarget {
  return edusign.open({ options, now: () => now });
}

/** A sheet at the double as our insert would have made it. */
function held(changes: Fields = {}): string {
  const ID = 'sheet1';
  double.courses.set(ID, {
    ID,
    NAME: 'Algèbre',
    START: startsAt,
    END: '2026-11-03T09:00:00.000Z',
    CLASSROOM: 'B 204',
    PROFESSOR: 'professor1',
    API_ID: 'alc:501@2026-11-03',
    API_TYPE: 'rollcall',
    LOCKED: 0,
    NEED_STUDENTS_SIGNATURE: 1,
    STUDENTS: [
      { studentId: 'student1', state: false },
      { studentId: 'student2', state: false },
    ],
    ...changes,
  });
  return ID;
}

function writes() {
  return double.seen.filter(({ method }) => method !== 'GET');
}

function update(after: Fields, changes: Partial<TargetChange> = {}): TargetChange {
  const lesson = lessonChange({ operation: 'update', targetId: 'sheet1', ...changes });
  return { ...lesson, after: { ...lesson.after, ...after } };
}

describe('a new lesson', () => {
  it('is a sheet with all instructors, its roster, our key, and times in UTC', async () => {
    const change = lessonChange({
      after: { title: 'Algèbre', startsAt: '2026-11-03T08:30:00+01:00', endsAt: '2026-11-03T09:00:00Z', room: 'B 204' },
      instructorIds: ['professor1', 'professor2', 'professor3'],
    });
    expect(await target.applyOne(change)).toMatchObject({ state: 'applied' });
    expect(double.seen).toMatchObject([{ method: 'POST', url: '/v1/course?fromStudents=true' }]);
    expect(double.seen[0]?.body).toEqual({
      course: {
        NAME: 'Algèbre',
        START: '2026-11-03T07:30:00.000Z',
        END: '2026-11-03T09:00:00.000Z',
        CLASSROOM: 'B 204',
        PROFESSOR: 'professor1',
        PROFESSOR_2: 'professor2',
        PROFESSOR_3: 'professor3',
        STUDENTS: [{ studentId: 'student1' }, { studentId: 'student2' }],
        NEED_STUDENTS_SIGNATURE: true,
        API_ID: 'alc:501@2026-11-03',
        API_TYPE: 'rollcall',
      },
    });
  });

  it('has its groups attached beside its roster', async () => {
    await target.applyOne(lessonChange({ groupIds: ['group1', 'group2'] }));
    expect(double.seen[0]?.body).toMatchObject({
      course: { SCHOOL_GROUP: ['group1', 'group2'], STUDENTS: [{ studentId: 'student1' }, { studentId: 'student2' }] },
    });
  });

  it('is stale once it has started, and rejected without people', async () => {
    expect(await target.applyOne(lessonChange({ instructorIds: [] }))).toMatchObject({ state: 'rejected' });
    expect(await target.applyOne(lessonChange({ learnerIds: [] }))).toMatchObject({ state: 'rejected' });
    now = startsAt;
    expect(await target.applyOne(lessonChange())).toMatchObject({ state: 'stale' });
    expect(double.seen).toHaveLength(0);
  });
});

describe('a changed lesson', () => {
  it('is not written when the sheet says so already', async () => {
    held();
    expect(await target.applyOne(update({}))).toEqual({ state: 'applied', targetId: 'sheet1' });
    expect(writes()).toHaveLength(0);
  });

  it('is patched in what differs, never with its roster', async () => {
    held({ NEED_STUDENTS_SIGNATURE: 0 });
    await target.applyOne(update({ room: '', startsAt: '2026-11-03T08:00:00.000Z' }));
    expect(writes().map(({ body }) => body)).toEqual([
      {
        course: { ID: 'sheet1', START: '2026-11-03T08:00:00.000Z', CLASSROOM: '', NEED_STUDENTS_SIGNATURE: false },
        editSurveys: false,
      },
    ]);
  });

  it('keeps what was changed by hand at Edusign while the source says the same', async () => {
    held({ NAME: 'Algèbre (contrôle)', PROFESSOR_2: 'professor9' });
    const { after: before } = lessonChange();
    expect(await target.applyOne(update({}, { before }))).toMatchObject({ state: 'applied' });
    expect(writes()).toHaveLength(0);
    await target.applyOne(update({ room: 'C 1' }, { before }));
    expect(writes()[0]?.body).toEqual({
      course: { ID: 'sheet1', CLASSROOM: 'C 1', NEED_STUDENTS_SIGNATURE: true },
      editSurveys: false,
    });
  });

  it('empties the places of instructors who left', async () => {
    held({ PROFESSOR_2: 'professor2', PROFESSOR_3: 'professor3' });
    await target.applyOne(update({}, { instructorIds: ['professor3', 'professor1'] }));
    expect(writes()[0]?.body).toMatchObject({
      course: { PROFESSOR: 'professor3', PROFESSOR_2: 'professor1', PROFESSOR_3: '' },
    });
  });

  it('keeps the sheet and gets its new key when it moved to another day', async () => {
    held();
    const moved = { startsAt: '2026-11-04T07:30:00.000Z', endsAt: '2026-11-04T09:00:00.000Z' };
    await target.applyOne(update(moved, { operation: 'rekey', foreignId: 'alc:501@2026-11-04' }));
    expect(double.courses.get('sheet1')).toMatchObject({ API_ID: 'alc:501@2026-11-04', START: moved.startsAt });
    expect(double.courses.size).toBe(1);
    expect(double.seen.map(({ method }) => method)).toEqual(['GET', 'PATCH']);
  });
});

const fixed: [string, Fields, string?][] = [
  ['has started', {}, startsAt],
  ['is locked', { LOCKED: 1 }],
  ['is locked, said as a boolean', { LOCKED: true }],
  ['was signed by the instructor', { PROFESSOR_SIGNATURE: 'https://files.example/1.png' }],
  ['was signed by the second instructor', { PROFESSOR_SIGNATURE_2: 'https://files.example/1.png' }],
  ['was signed, by the list of presences', { PROFESSORS_PRESENCES: [{ signature: 'https://files.example/1.png' }] }],
  ['has a learner who is present', { STUDENTS: [{ studentId: 'student1', state: true }] }],
  ['has a learner who signed', { STUDENTS: [{ studentId: 'student1', state: false, signature: 'x' }] }],
];

const changes: [string, TargetChange][] = [
  [
    'an update',
    lessonChange({ operation: 'update', targetId: 'sheet1', after: { ...lessonChange().after, title: 'X' } }),
  ],
  ['a removal', lessonChange({ operation: 'delete', targetId: 'sheet1', after: {} })],
  ['a new place', membershipChange({ targetId: 'sheet1' })],
  ['a place less', membershipChange({ operation: 'delete', targetId: 'sheet1', learnerIds: ['student1'] })],
];

describe.each(changes)('%s', (_, change) => {
  it.each(fixed)('is stale when the sheet %s', async (_, fields, at) => {
    held(fields);
    now = at ?? now;
    expect(await target.applyOne(change)).toMatchObject({ state: 'stale' });
    expect(writes()).toHaveLength(0);
  });

  it('is stale when the sheet is locked between the look and the write', async () => {
    held();
    double.refuseNext('Course Locked');
    expect(await target.applyOne(change)).toMatchObject({ state: 'stale' });
  });

  it('finds an absent signature in what is unset', async () => {
    held({ PROFESSOR_SIGNATURE: '', PROFESSOR_SIGNATURE_2: null, PROFESSOR_SIGNATURE_TIMESTAMP: startsAt });
    expect(await target.applyOne(change)).toMatchObject({ state: 'applied' });
  });

  it('is gone, or away already, when the sheet is', async () => {
    const state = change.kind === 'lesson' && change.operation === 'delete' ? 'applied' : 'gone';
    expect(await target.applyOne(change)).toMatchObject({ state });
  });

  it('is rejected, and nothing is thrown, when the look is refused in words we do not know', async () => {
    held();
    double.refuseNextLook('Ce cours est réservé');
    expect(await target.applyOne(change)).toEqual({
      state: 'rejected',
      message: 'Edusign says: Ce cours est réservé',
    });
  });

  it('is a bug without an id', async () => {
    await expect(target.applyOne({ ...change, targetId: '' })).rejects.toThrow('without a target id');
    expect(double.seen).toHaveLength(0);
  });

  it('is rejected in the words of Edusign', async () => {
    held();
    double.refuseNext('Professor not found');
    expect(await target.applyOne(change)).toEqual({ state: 'rejected', message: 'Edusign says: Professor not found' });
  });
});

describe('an adopted lesson', () => {
  const adopt = (changes: Partial<TargetChange> = {}) =>
    lessonChange({ operation: 'adopt', targetId: 'sheet1', ...changes });

  it('made by hand gets our key and what differs, and its roster stays', async () => {
    held({ API_ID: '', API_TYPE: '', CLASSROOM: 'B 204 ', NAME: 'Algebre' });
    expect(await target.applyOne(adopt())).toEqual({ state: 'applied', targetId: 'sheet1' });
    expect(writes().map(({ body }) => body)).toEqual([
      {
        course: {
          ID: 'sheet1',
          NAME: 'Algèbre',
          API_ID: 'alc:501@2026-11-03',
          API_TYPE: 'rollcall',
          NEED_STUDENTS_SIGNATURE: true,
        },
        editSurveys: false,
      },
    ]);
    await target.applyOne(adopt());
    expect(writes()).toHaveLength(1);
  });

  it.each(fixed)('is ours as it is when it %s, for one look', async (_, fields, at) => {
    held({ API_ID: '', NAME: 'Algebre', ...fields });
    now = at ?? now;
    expect(await target.applyOne(adopt())).toEqual({ state: 'applied', targetId: 'sheet1', leftAsItIs: true });
    expect(double.seen).toHaveLength(1);
  });

  it.each([
    ['another connector at work', { API_ID: '77', API_TYPE: 'ypareo' }],
    ['one without a name', { API_ID: '77', API_TYPE: '' }],
    ['another record of ours', { API_ID: 'aur:3', API_TYPE: 'rollcall' }],
  ])('is stale when it carries the key of %s', async (_, fields) => {
    held(fields);
    expect(await target.applyOne(adopt())).toMatchObject({ state: 'stale', message: expect.stringContaining('key') });
    expect(writes()).toHaveLength(0);
  });

  it('is taken over from a connector that was retired, and may then be changed and removed', async () => {
    held({ API_ID: '77', API_TYPE: 'ypareo' });
    target = open({ takeOverFrom: ['ypareo'] });
    expect(await target.applyOne(update({ room: 'C 1' }))).toMatchObject({ state: 'applied' });
    expect(double.courses.get('sheet1')).toMatchObject({ API_ID: 'alc:501@2026-11-03', CLASSROOM: 'C 1' });
    held({ API_ID: '77', API_TYPE: 'ypareo' });
    expect(await target.applyOne(adopt())).toMatchObject({ state: 'applied' });
    expect(double.courses.get('sheet1')).toMatchObject({ API_TYPE: 'rollcall' });
  });

  it('is gone when it is', async () => {
    expect(await target.applyOne(adopt())).toMatchObject({ state: 'gone' });
  });
});

describe('a removed lesson', () => {
  it('is removed, once', async () => {
    held();
    const change = lessonChange({ operation: 'delete', targetId: 'sheet1', after: {} });
    expect(await target.applyOne(change)).toEqual({ state: 'applied', targetId: 'sheet1' });
    expect(await target.applyOne(change)).toEqual({ state: 'applied', targetId: 'sheet1' });
    expect(writes()).toHaveLength(1);
  });

  it('stays when its sheet carries the key of another system', async () => {
    held({ API_ID: '77', API_TYPE: 'ypareo' });
    const change = lessonChange({ operation: 'delete', targetId: 'sheet1', after: {} });
    expect(await target.applyOne(change)).toMatchObject({ state: 'stale' });
    expect(double.courses.size).toBe(1);
  });
});

describe('a place on a roster', () => {
  it('is given and taken by the route that leaves the others alone', async () => {
    held();
    const add = membershipChange({ targetId: 'sheet1' });
    expect(await target.applyOne(add)).toEqual({ state: 'applied', targetId: 'sheet1' });
    await target.applyOne({ ...add, operation: 'delete' });
    expect(writes()).toMatchObject([
      { method: 'PUT', url: '/v1/course/attendance/sheet1', body: { studentId: 'student3' } },
      { method: 'DELETE', url: '/v1/course/attendance/sheet1', body: { studentId: 'student3' } },
    ]);
  });

  it.each(['insert', 'delete'] as const)('is as it should be after a second %s', async (operation) => {
    held();
    const change = membershipChange({ operation, targetId: 'sheet1' });
    await target.applyOne(change);
    const before = writes().length;
    expect(await target.applyOne(change)).toMatchObject({ state: 'applied' });
    expect(writes()).toHaveLength(before);
  });

  it('shares one look with the changes of its sheet that are under way, and with none after a write', async () => {
    held();
    const learners = ['student3', 'student4', 'student5'];
    const add = (id: string) => membershipChange({ targetId: 'sheet1', learnerIds: [id] });
    await Promise.all(learners.map((id) => target.applyOne(add(id))));
    const looks = () => double.seen.filter(({ method }) => method === 'GET').length;
    expect(looks()).toBe(1);
    double.courses.set('sheet1', { ...double.courses.get('sheet1'), LOCKED: 1 });
    expect(await target.applyOne(add('student6'))).toMatchObject({ state: 'stale' });
    expect(looks()).toBe(2);
  });

  it('is looked at again after a look that failed', async () => {
    held();
    double.fail({ kind: 'status', status: 502 });
    const add = membershipChange({ targetId: 'sheet1' });
    await expect(target.applyOne(add)).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
    expect(await target.applyOne(add)).toMatchObject({ state: 'applied' });
  });

  it('takes "already in the list" for success', async () => {
    held();
    double.refuseNext('Student already in the list');
    expect(await target.applyOne(membershipChange({ targetId: 'sheet1' }))).toMatchObject({ state: 'applied' });
  });
});

describe('a sheet looked up by key', () => {
  it('is looked for in the list when the answer is in words we do not know', async () => {
    held();
    double.refuseNextLook('Aucun cours');
    expect(await target.lookUp(lessonChange())).toBe('sheet1');
    double.courses.clear();
    double.refuseNextLook('Aucun cours');
    expect(await target.lookUp(lessonChange())).toBeUndefined();
  });
});

describe('sheets that carry one key', () => {
  it('are all found, over pages and midnight, with whether they may go', async () => {
    held();
    held();
    double.courses.set('sheet2', { ...double.courses.get('sheet1'), ID: 'sheet2', LOCKED: 1 });
    for (let number = 0; number < 50; number += 1) {
      const ID = `other${number}`;
      double.courses.set(ID, { ...double.courses.get('sheet1'), ID, API_ID: `alc:${number}` });
    }
    double.courses.set('sheet3', { ...double.courses.get('sheet1'), ID: 'sheet3', START: '2026-11-02T23:30:00.000Z' });
    const found = await target.findAll(lessonChange({ instructorIds: [] }));
    expect(found).toEqual([
      { targetId: 'sheet1', untouched: true },
      { targetId: 'sheet2', untouched: false },
      { targetId: 'sheet3', untouched: true },
    ]);
    expect(paced).toEqual(['heavy', 'heavy', 'normal', 'normal', 'normal']);
  });

  it('end when the server does not read page numbers', async () => {
    for (let number = 0; number < 40; number += 1) {
      const ID = `other${number}`;
      double.courses.set(ID, { ID, API_ID: '', START: startsAt });
    }
    double.habits.readsPages = false;
    expect(await target.findAll(lessonChange())).toEqual([]);
    expect(paced).toEqual(['heavy', 'heavy', 'heavy']);
  });
});

describe('what Edusign does not get from us', () => {
  it('is rejected by name', async () => {
    const person = personChange({ kind: 'person' });
    expect(await target.applyOne(person)).toMatchObject({
      state: 'rejected',
      message: expect.stringContaining('without a role'),
    });
    expect(await target.lookUp(person)).toBeUndefined();
    expect(await target.findAll(person)).toEqual([]);
    for (const change of [lessonChange({ operation: 'restore' }), membershipChange({ operation: 'update' })]) {
      expect(await target.applyOne(change)).toMatchObject({ state: 'rejected' });
    }
    expect(double.seen).toHaveLength(0);
  });
});
