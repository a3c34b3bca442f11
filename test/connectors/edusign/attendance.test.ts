import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiTarget } from '../../../roster/contracts.ts';
import type { AttendanceMark } from '../../../roster/records.ts';
import { trailingWindow } from '../../../roster/window.ts';
import { collect } from '../doubles/access.ts';
import type { Fields } from '../doubles/edusign-double.ts';
import { edusignForFile } from '../doubles/edusign-for-file.ts';

const now = '2026-11-03T10:00:00.000Z';
const window = trailingWindow(now, 14, 'Europe/Paris');
const { double, open, paced } = edusignForFile();
let target: ApiTarget;
beforeAll(() => {
  target = open({ now: () => now });
});

function sheet(ID: string, changes: Fields = {}): void {
  const START = '2026-11-03T07:30:00.000Z';
  const END = '2026-11-03T09:00:00.000Z';
  const PROFESSOR_SIGNATURE = 'https://files.example/1.png';
  double.courses.set(ID, { ID, START, END, PROFESSOR: 'p1', PROFESSOR_SIGNATURE, LOCKED: 0, STUDENTS: [], ...changes });
}

function read(...ids: string[]) {
  return collect(
    target.readAttendance(
      ids.map((targetId) => ({ targetId, startsAt: '' })),
      window,
    ),
  );
}

async function markOf(entry: Fields): Promise<AttendanceMark | undefined> {
  sheet('sheet1', { STUDENTS: [{ studentId: 'student1', state: false, ...entry }] });
  const [attendance] = await read('sheet1');
  return attendance?.marks.get('student1');
}

describe('attendance at Edusign', () => {
  it.each<[string, Fields, AttendanceMark]>([
    ['present', { state: true }, { status: 'present' }],
    [
      'present, with nothing of the rest set',
      { state: true, delay: 0, excluded: null, earlyDeparture: null, absenceId: null, comment: '' },
      { status: 'present' },
    ],
    ['late', { state: true, delay: 12 }, { status: 'late', minutesLate: 12 }],
    ['late, said as text', { state: 1, delay: '12' }, { status: 'late', minutesLate: 12 }],
    [
      'left early',
      { state: true, earlyDeparture: '2026-11-03T08:40:00Z' },
      { status: 'left-early', leftAt: '2026-11-03T08:40:00.000Z' },
    ],
    [
      'late and left early',
      { state: true, delay: 5, earlyDeparture: '2026-11-03T08:40:00Z' },
      { status: 'late', minutesLate: 5, leftAt: '2026-11-03T08:40:00.000Z' },
    ],
    [
      'sent out',
      { state: true, excluded: '2026-11-03T08:12:00.000Z', comment: ' Bavardages ' },
      { status: 'absent', comment: 'Exclu du cours à 09:12 – Bavardages' },
    ],
    ['absent', {}, { status: 'absent' }],
    ['absent, with a comment', { comment: 'Malade ?' }, { status: 'absent', comment: 'Malade ?' }],
    ['justified, for no reason we can find', { absenceId: 'just9' }, { status: 'justified' }],
  ])('is read as %s', async (_, entry, mark) => {
    expect(await markOf(entry)).toEqual(mark);
  });

  it('takes the reason from the justification, and nothing else of it', async () => {
    double.justifications = ['just1', 'just2', 'just3'].map((ID, index) => ({
      ID,
      TYPE: index + 1,
      COMMENT: 'Grippe',
    }));
    expect(await markOf({ absenceId: 'just3' })).toEqual({ status: 'justified', reason: '3', reasonName: 'Obsèques' });
  });

  it.each([
    ['12', { reason: '12', reasonName: 'Stage' }],
    ['13', { reason: '13' }],
    ['0', {}],
    ['', {}],
  ])('names the reason %j in the words of the school, where it has any', async (TYPE, told) => {
    double.justifications = [{ ID: 'just1', TYPE }];
    double.reasons = [{ ID: 12, NAME: ' Stage ' }];
    expect(await markOf({ absenceId: 'just1' })).toEqual({ status: 'justified', ...told });
  });

  it('reads the reasons of the school once, and not for a built-in one', async () => {
    double.justifications = [12, 3, 12].map((TYPE, index) => ({ ID: `just${index}`, TYPE }));
    double.reasons = [{ ID: 12, NAME: 'Stage' }];
    const asked = () => double.seen.filter(({ url }) => url.endsWith('absence-reason')).length;
    await markOf({ absenceId: 'just1' });
    expect(asked()).toBe(0);
    const STUDENTS = ['just0', 'just2'].map((absenceId, index) => ({
      studentId: `s${index}`,
      state: false,
      absenceId,
    }));
    sheet('sheet1', { STUDENTS });
    await read('sheet1');
    expect(asked()).toBe(1);
  });

  it('lists every reason that can be chosen, with how many justifications carry it', async () => {
    double.justifications = [1, 12, 0, 99, 12, 12].map((TYPE, index) => ({ ID: `just${index}`, TYPE }));
    double.reasons = [{ ID: 12, NAME: 'Stage' }];
    const reasons = (await target.reasons?.()) ?? [];
    expect(reasons.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5', '6', '7', '12', '99']);
    expect(reasons.filter(({ uses }) => uses !== 0)).toEqual([
      { id: '1', name: 'Arrêt maladie', uses: 1 },
      { id: '12', name: 'Stage', uses: 3 },
      { id: '99', name: '', uses: 1 },
    ]);
  });

  it('reads justifications once for all sheets, and only as far as needed', async () => {
    double.justifications = ['just1', 'just2', 'just3'].map((ID) => ({ ID, TYPE: 1 }));
    for (const id of ['sheet1', 'sheet2'])
      sheet(id, { STUDENTS: [{ studentId: 's', state: false, absenceId: 'just2' }] });
    await read('sheet1', 'sheet2');
    expect(double.seen.filter(({ url }) => url.includes('justified-absence'))).toHaveLength(1);
  });

  it.each<[string, Fields, boolean]>([
    ['ended and signed by the instructor', {}, true],
    ['ended and signed by the second instructor', { PROFESSOR_SIGNATURE: '', PROFESSOR_SIGNATURE_2: 'x' }, true],
    ['ended and locked', { PROFESSOR_SIGNATURE: null, LOCKED: true }, true],
    ['ended and signed by nobody', { PROFESSOR_SIGNATURE: '' }, false],
    ['at work', { END: '2026-11-03T10:30:00.000Z' }, false],
    ['ending just now', { END: now }, true],
  ])('of a sheet that is %s is settled: %3$s', async (_, changes, settled) => {
    sheet('sheet1', { STUDENTS: [{ studentId: 'student1', state: false }], ...changes });
    expect(await read('sheet1')).toMatchObject([{ targetId: 'sheet1', settled }]);
  });

  it('leaves out a sheet that is gone, and tolerates entries and learners it does not know', async () => {
    sheet('sheet2', { STUDENTS: [{ state: true }, { studentId: 'stranger', state: true }] });
    const [attendance, ...more] = await read('sheet1', 'sheet2');
    expect(more).toEqual([]);
    expect([...(attendance?.marks.keys() ?? [])]).toEqual(['stranger']);
    expect(paced).toEqual(['normal', 'normal']);
  });
});

describe('the attendance of many sheets', () => {
  const ids = Array.from({ length: 60 }, (_, index) => `sheet${index}`);
  const present = { STUDENTS: [{ studentId: 'student1', state: true }] };

  function sheets(changes: Fields = {}): void {
    for (const id of ids) sheet(id, { ...present, ...changes });
  }

  it('is read from the list, one page for forty', async () => {
    sheets();
    const told = await read(...ids);
    expect(told.map(({ targetId }) => targetId)).toEqual(ids);
    expect(told.every(({ settled, marks }) => settled && marks.get('student1')?.status === 'present')).toBe(true);
    expect(paced).toEqual(['heavy', 'heavy']);
  });

  it('is read one by one up to a page', async () => {
    sheets();
    await read(...ids.slice(0, 40));
    expect(paced).toEqual(Array(40).fill('normal'));
  });

  it('shows a justification that came late, also on a locked sheet', async () => {
    double.justifications = [{ ID: 'just1', TYPE: 1 }];
    sheets({ LOCKED: 1, STUDENTS: [{ studentId: 'student1', state: false, absenceId: 'just1' }] });
    const told = await read(...ids);
    expect(told).toHaveLength(60);
    for (const { marks } of told) {
      expect(marks.get('student1')).toEqual({ status: 'justified', reason: '1', reasonName: 'Arrêt maladie' });
    }
  });

  it('is read one by one for what the list does not tell or only in part', async () => {
    sheets();
    sheet('sheet7', { STUDENTS: [{ studentId: 'student1' }] });
    sheet('sheet8', { START: '2026-09-01T07:30:00.000Z', END: '2026-09-01T09:00:00.000Z', ...present });
    double.courses.delete('sheet9');
    const told = await read(...ids);
    expect(told.map(({ targetId }) => targetId).sort()).toEqual(ids.filter((id) => id !== 'sheet9').sort());
    expect(paced).toEqual(['heavy', 'heavy', 'normal', 'normal', 'normal']);
  });

  it('is read one by one when the list tells no rosters, after one page of it', async () => {
    sheets();
    double.habits.listsRosters = false;
    expect(await read(...ids)).toHaveLength(60);
    expect(paced).toEqual(['heavy', ...Array(60).fill('normal')]);
  });

  it('is read one by one once the list has cost as much as that', async () => {
    for (let number = 0; number < 400; number += 1) sheet(`other${number}`, present);
    sheets();
    expect(await read(...ids)).toHaveLength(60);
    expect(paced).toEqual([...Array(3).fill('heavy'), ...Array(60).fill('normal')]);
  });

  it('tells each sheet once when the list repeats itself', async () => {
    sheets();
    double.habits.readsPages = false;
    expect((await read(...ids)).map(({ targetId }) => targetId).sort()).toEqual([...ids].sort());
  });

  it('goes on past a sheet that Edusign will not show', async () => {
    sheet('sheet1', present);
    sheet('sheet2', present);
    double.refuseNextLook('Ce cours est réservé');
    expect(await read('sheet1', 'sheet2')).toMatchObject([
      { targetId: 'sheet1', settled: false },
      { targetId: 'sheet2', settled: true },
    ]);
  });
});
