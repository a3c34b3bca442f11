import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEdusign } from '../../../connectors/edusign/target.ts';
import type { ApiTarget } from '../../../roster/contracts.ts';
import type { AttendanceMark } from '../../../roster/records.ts';
import { trailingWindow } from '../../../roster/window.ts';
import { collect, testAccess } from '../doubles/access.ts';
import { type EdusignDouble, edusignDouble, type Fields } from '../doubles/edusign-double.ts';

const now = '2026-11-03T10:00:00.000Z';
const window = trailingWindow(now, 14, 'Europe/Paris');
let double: EdusignDouble;
let target: ApiTarget;
let paced: string[] = [];

beforeAll(async () => {
  double = edusignDouble();
  const settings = { url: await double.listen() };
  const pace = async (rateClass: string) => {
    paced.push(rateClass);
  };
  target = openEdusign(testAccess({ settings, pace, now: () => now }));
});

beforeEach(() => {
  double.clear();
  paced = [];
});

afterAll(() => double.close());

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
    expect(await markOf({ absenceId: 'just3' })).toEqual({ status: 'justified', reason: '3' });
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
