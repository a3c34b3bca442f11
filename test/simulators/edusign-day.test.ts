import { expect, test } from 'vitest';
import { edusign, type Started } from './support.ts';

const evening = '2026-11-24T19:00:00Z';

interface Told {
  course: string;
  apiId: string;
  locked: boolean;
  professorSigned: boolean;
  students: { student: string; apiId: string; status: string; minutesLate?: number; reason?: number }[];
}

/** A day with twelve sheets of twenty learners, one sheet of the next day, and one of the night between them. */
async function school(): Promise<Started> {
  const started = await edusign({ now: evening });
  const make = async (edit: string, fields: object) => (await started.edit({ edit, fields })) as { ID: string };
  const professor = await make('make-professor', { FIRSTNAME: 'P', LASTNAME: 'Q', EMAIL: 'p@school.example' });
  const STUDENTS: { studentId: string }[] = [];
  for (let at = 0; at < 20; at += 1) {
    const student = { FIRSTNAME: 'A', LASTNAME: `B${at}`, EMAIL: `a${at}@etu.example`, API_ID: `${1000 + at}` };
    STUDENTS.push({ studentId: (await make('make-student', student)).ID });
  }
  const sheet = (API_ID: string, START: string, END: string) =>
    make('make-course', { NAME: 'Cours', API_ID, START, END, PROFESSOR: professor.ID, STUDENTS });
  for (let at = 0; at < 12; at += 1) {
    const hour = String(8 + at).padStart(2, '0');
    await sheet(`${5000 + at}`, `2026-11-24T${hour}:00`, `2026-11-24T${hour}:50`);
  }
  await sheet('next', '2026-11-25T09:00', '2026-11-25T10:00');
  // Before midnight in UTC, after it in the zone of the school.
  await sheet('night', '2026-11-24T23:30:00Z', '2026-11-25T00:30:00Z');
  return started;
}

async function pass(started: Started, edit: object = {}) {
  return (await started.edit({ edit: 'let-day-pass', date: '2026-11-24', ...edit })) as {
    date: string;
    courses: Told[];
  };
}

test('a day comes to its end, and what became of it is what the API shows', async () => {
  const started = await school();
  const { courses } = await pass(started, { seed: 5 });
  expect(courses.map(({ apiId }) => apiId)).toEqual(Array.from({ length: 12 }, (_, at) => `${5000 + at}`));
  for (const told of courses) {
    const read = (await started.api.get(`/v1/course/${told.course}`)).data.result;
    expect(read).toMatchObject({ ATTENDANCE_ENDED: 1, LOCKED: told.locked ? 1 : 0, API_ID: told.apiId });
    expect(read.PROFESSOR_SIGNATURE !== '').toBe(told.professorSigned);
    expect(read.STUDENTS.map(statusOf)).toEqual(told.students.map(({ status }) => status));
    expect(read.STUDENTS.map((line: Line) => line.studentId)).toEqual(told.students.map(({ student }) => student));
    expect(read.STUDENTS.map((line: Line) => line.delay)).toEqual(told.students.map((each) => each.minutesLate ?? 0));
  }
  const next = (await started.api.get('/v1/course?start=2026-11-25&end=2026-11-25')).data.result;
  expect(next.map((course: { ATTENDANCE_ENDED: number }) => course.ATTENDANCE_ENDED)).toEqual([0, 0]);
});

test('it is a believable day: of everything something, and mostly people who are there', async () => {
  const { courses } = await pass(await school(), { seed: 5 });
  const lines = courses.flatMap(({ students }) => students);
  const share = (status: string) => lines.filter((line) => line.status === status).length / lines.length;
  expect(share('present')).toBeGreaterThan(0.7);
  for (const status of ['late', 'left-early', 'absent', 'justified', 'excluded']) {
    expect(share(status), status).toBeGreaterThan(0);
    expect(share(status), status).toBeLessThan(0.15);
  }
  expect(lines.every((line) => line.status !== 'late' || (line.minutesLate ?? 0) >= 1)).toBe(true);
  expect(lines.every((line) => line.status !== 'justified' || (line.reason ?? 0) >= 1)).toBe(true);
  expect(courses.some(({ locked }) => locked)).toBe(true);
  expect(courses.every(({ locked, professorSigned }) => professorSigned || !locked)).toBe(true);
});

test('a seed gives the same day again; shares bend it; a day passes once', async () => {
  const [one, two, three] = [await school(), await school(), await school()];
  const first = await pass(one, { seed: 5 });
  expect(await pass(two, { seed: 5 })).toEqual(first);
  expect((await pass(one, { seed: 6 })).courses).toEqual([]);
  const strict = await pass(three, { shares: { absent: 1, unsigned: 1 } });
  expect(strict.courses.flatMap(({ students }) => students).every(({ status }) => status === 'absent')).toBe(true);
  expect(strict.courses.every(({ professorSigned, locked }) => !professorSigned && !locked)).toBe(true);
});

interface Line {
  studentId: string;
  state: boolean;
  delay: number;
  excluded: string | null;
  earlyDeparture: string | null;
  absenceId: string | null;
}

/** As clients in the field read a line. */
function statusOf(line: Line): string {
  if (!line.state) return line.absenceId === null ? 'absent' : 'justified';
  if (line.excluded !== null) return 'excluded';
  if (line.earlyDeparture !== null) return 'left-early';
  return line.delay > 0 ? 'late' : 'present';
}
