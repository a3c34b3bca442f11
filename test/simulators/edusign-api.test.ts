import { expect, test } from 'vitest';
import { edusign, type Started } from './support.ts';

const monday = { now: '2026-11-23T07:00:00Z' };

async function call(started: Started, method: string, url: string, data?: object) {
  const answer = await started.api.request({ method, url, data });
  return answer.data;
}

async function makeStudent(started: Started, name: string, rest: object = {}): Promise<string> {
  const student = { FIRSTNAME: name, LASTNAME: 'Test', EMAIL: `${name}@etu.example`, ...rest };
  return (await call(started, 'POST', '/v1/student', { student })).result.ID;
}

async function makeProfessor(started: Started, name = 'prof'): Promise<string> {
  const professor = { FIRSTNAME: name, LASTNAME: 'Test', EMAIL: `${name}@school.example` };
  return (await call(started, 'POST', '/v1/professor', { professor, dontSendCredentials: true })).result.ID;
}

async function makeCourse(started: Started, fields: object): Promise<string> {
  const course = { NAME: 'Comptabilité', START: '2026-11-24T08:00:00Z', END: '2026-11-24T09:30:00Z', ...fields };
  const body = await call(started, 'POST', '/v1/course?fromStudents=true', { course });
  if (body.status !== 'success') throw new Error(JSON.stringify(body));
  return body.result.ID;
}

/** One learner, one instructor, one sheet. */
async function sheet(started: Started) {
  const professor = await makeProfessor(started);
  const student = await makeStudent(started, 'zoe');
  const course = await makeCourse(started, { PROFESSOR: professor, STUDENTS: [{ studentId: student }], API_ID: 5001 });
  const read = async () => (await call(started, 'GET', `/v1/course/${course}`)).result;
  return { professor, student, course, read };
}

test('business errors travel under 200; refused keys and unknown paths answer bare text', async () => {
  const started = await edusign();
  const miss = await started.api.get('/v1/course/nothing');
  expect([miss.status, miss.data]).toEqual([200, { status: 'error', message: 'No course with this ID found' }]);
  const refused = await started.api.get('/v1/school', { headers: { Authorization: 'Bearer wrong' } });
  expect([refused.status, refused.data]).toEqual([401, 'Unauthorized']);
  const unknown = await started.api.get('/v1/nothing');
  expect([unknown.status, unknown.data]).toEqual([404, 'Not Found']);
  const invalid = await call(started, 'POST', '/v1/student', { student: { FIRSTNAME: 'A' } });
  expect(invalid).toEqual({ status: 'error', message: ['student.LASTNAME is required', 'student.EMAIL is required'] });
  const school = await call(started, 'GET', '/v1/school');
  expect(school.result.TIMEZONE).toBe('Europe/Paris');
});

test('people are found by identifier, foreign id and e-mail in any case; the list has no groups', async () => {
  const started = await edusign();
  const id = await makeStudent(started, 'zoe', { API_ID: 1001, API_TYPE: 'alcuin' });
  expect(id).toMatch(/^[a-z0-9]{15,17}$/);
  const group = (await call(started, 'POST', '/v1/group', { group: { NAME: 'A', STUDENTS: [id] } })).result.ID;
  expect((await call(started, 'GET', '/v1/student/get-id/1001')).result).toEqual({ ID: id });
  expect((await call(started, 'GET', '/v1/student/get-id/1')).status).toBe('error');
  const found = (await call(started, 'GET', '/v1/student/by-email/ZOE%40etu.example')).result;
  expect(found).toMatchObject({ ID: id, id, API_ID: '1001', HIDDEN: 0, PHONE: '', GROUPS: [group] });
  const [listed] = (await call(started, 'GET', '/v1/student/?page=0')).result;
  expect(listed.ID).toBe(id);
  expect(listed).not.toHaveProperty('GROUPS');
  expect((await call(started, 'GET', '/v1/professor/by-email/nobody@school.example')).message).toContain(
    'cannot get professor by email',
  );
});

test('a second person with one address is refused; an archived one holds the address and is revived', async () => {
  const started = await edusign();
  const professor = { FIRSTNAME: 'A', LASTNAME: 'B', EMAIL: 'a@school.example' };
  const first = (await call(started, 'POST', '/v1/professor', { professor })).result;
  const again = { professor: { ...professor, EMAIL: 'A@School.example' } };
  expect((await call(started, 'POST', '/v1/professor', again)).message).toBe('Professor already exists in this school');

  const zoe = await makeStudent(started, 'zoe');
  const max = await makeStudent(started, 'max');
  await call(started, 'DELETE', `/v1/student/${zoe}`);
  expect((await call(started, 'GET', '/v1/student')).result).toHaveLength(1);
  expect((await call(started, 'GET', '/v1/student/by-email/zoe@etu.example')).result.HIDDEN).toBe(1);
  const taken = { student: { ID: max, FIRSTNAME: 'Max', LASTNAME: 'Test', EMAIL: 'zoe@etu.example' } };
  expect((await call(started, 'PATCH', '/v1/student', taken)).message).toBe('Student already exists in this school');
  const revived = { student: { FIRSTNAME: 'Zoé', LASTNAME: 'Test', EMAIL: 'zoe@etu.example' } };
  expect((await call(started, 'POST', '/v1/student', revived)).result).toEqual({ ID: zoe, TYPE: 'restored' });

  await call(started, 'DELETE', `/v1/student/${max}`);
  expect((await call(started, 'GET', `/v1/student/restore/${max}`)).result).toBe(true);
  expect((await call(started, 'GET', `/v1/student/${max}`)).result.HIDDEN).toBe(0);
  await call(started, 'DELETE', `/v1/professor/${first.ID}`);
  expect((await call(started, 'GET', `/v1/professor/${first.ID}`)).result.HIDDEN).toHaveLength(1);
});

test('credential mails are counted, wherever the client puts the switch', async () => {
  const started = await edusign();
  const make = (name: string, inside: object, beside: object) =>
    call(started, 'POST', '/v1/professor', {
      professor: { FIRSTNAME: name, LASTNAME: 'P', EMAIL: `${name}@school.example`, ...inside },
      ...beside,
    });
  await make('a', {}, {});
  await make('b', { dontSendCredentials: true }, {});
  await make('c', {}, { dontSendCredentials: true });
  await makeStudent(started, 'd');
  await makeStudent(started, 'e', { SEND_EMAIL_CREDENTIALS: true });
  const { mails } = (await started.control.get('/mails')).data;
  expect(mails.map((mail: { email: string }) => mail.email)).toEqual(['a@school.example', 'e@etu.example']);
});

test('two creates with one API_ID are two sheets, and get-id finds the oldest', async () => {
  const started = await edusign(monday);
  const { course, professor } = await sheet(started);
  const second = await makeCourse(started, { PROFESSOR: professor, API_ID: '5001' });
  expect(second).not.toBe(course);
  expect((await call(started, 'GET', '/v1/course')).result).toHaveLength(2);
  expect((await call(started, 'GET', '/v1/course/get-id/5001')).result).toEqual({ ID: course });
  await call(started, 'DELETE', `/v1/course/${course}`);
  expect((await call(started, 'GET', `/v1/course/${course}`)).message).toBe('No course with this ID found');
  expect((await call(started, 'GET', '/v1/course/get-id/5001')).result).toEqual({ ID: second });
});

test('naive times are read in the zone of the school; answers are UTC', async () => {
  const started = await edusign(monday);
  const professor = await makeProfessor(started);
  const course = await makeCourse(started, {
    PROFESSOR: professor,
    START: '2026-11-24 09:00:00',
    END: '2026-11-24T10:30:00+01:00',
  });
  const read = (await call(started, 'GET', `/v1/course/${course}`)).result;
  expect([read.START, read.END]).toEqual(['2026-11-24T08:00:00.000Z', '2026-11-24T09:30:00.000Z']);
});

test('a patch of the roster erases presences; a patch of anything else keeps them', async () => {
  const started = await edusign(monday);
  const { course, student, professor, read } = await sheet(started);
  const patch = (fields: object) => call(started, 'PATCH', '/v1/course', { course: { ID: course, ...fields } });
  await started.edit({ edit: 'sign', course, student, late: 7 });
  expect((await read()).STUDENTS[0]).toMatchObject({ state: true, delay: 7 });

  const other = await makeProfessor(started, 'other');
  await patch({ NAME: 'Audit', CLASSROOM: 'B12', PROFESSOR: other, PROFESSOR_2: professor });
  expect(await read()).toMatchObject({ NAME: 'Audit', PROFESSOR: other, PROFESSOR_2: professor });
  expect((await read()).STUDENTS[0].state).toBe(true);

  await patch({ STUDENTS: [{ studentId: student }] });
  expect((await read()).STUDENTS).toMatchObject([{ studentId: student, state: false, signature: null, delay: 0 }]);

  await started.control.patch('/settings', { rosterOnPatch: 'keep' });
  await started.edit({ edit: 'sign', course, student });
  await patch({ STUDENTS: [{ studentId: student }] });
  expect((await read()).STUDENTS[0].state).toBe(true);
});

test('single learners come and go without touching the others', async () => {
  const started = await edusign(monday);
  const { course, student, read } = await sheet(started);
  const max = await makeStudent(started, 'max');
  await started.edit({ edit: 'sign', course, student });
  const url = `/v1/course/attendance/${course}`;
  expect((await call(started, 'PUT', url, { studentId: max })).status).toBe('success');
  expect((await call(started, 'PUT', url, { studentId: max })).message).toBe('Student already in the list');
  expect((await read()).STUDENTS.map((each: { state: boolean }) => each.state)).toEqual([true, false]);
  expect((await call(started, 'DELETE', url, { studentId: max })).status).toBe('success');
  expect((await read()).STUDENTS).toHaveLength(1);
});

test('groups fill the roster, and change the sheets that have not started', async () => {
  const started = await edusign(monday);
  const professor = await makeProfessor(started);
  const [zoe, max] = [await makeStudent(started, 'zoe'), await makeStudent(started, 'max')];
  const ID = (await call(started, 'POST', '/v1/group', { group: { NAME: 'A', STUDENTS: [zoe] } })).result.ID;
  const past = { START: '2026-11-20T08:00:00Z', END: '2026-11-20T09:00:00Z' };
  const future = await makeCourse(started, { PROFESSOR: professor, SCHOOL_GROUP: [ID] });
  const started2 = await makeCourse(started, { PROFESSOR: professor, SCHOOL_GROUP: [ID], ...past });
  await call(started, 'PATCH', '/v1/group', { group: { ID, STUDENTS: [max] } });
  const roster = async (id: string) =>
    (await call(started, 'GET', `/v1/course/${id}`)).result.STUDENTS.map(
      (each: { studentId: string }) => each.studentId,
    );
  expect(await roster(future)).toEqual([max]);
  expect(await roster(started2)).toEqual([zoe]);
});

test('a locked sheet refuses writes until it is unlocked, and keeps its list', async () => {
  const started = await edusign(monday);
  const { course, student, read } = await sheet(started);
  expect((await call(started, 'GET', `/v1/course/lock/${course}`)).result.link).toContain('.pdf');
  expect((await call(started, 'GET', `/v1/course/lock/${course}`)).message).toBe('Course already locked');
  const writes: [string, string, object?][] = [
    ['PATCH', '/v1/course', { course: { ID: course, NAME: 'x' } }],
    ['DELETE', `/v1/course/${course}`],
    ['DELETE', `/v1/course/attendance/${course}`, { studentId: student }],
    ['PATCH', `/v1/presential-states/set-delay/${course}/${student}`, { delay: 5 }],
  ];
  for (const [method, url, body] of writes)
    expect((await call(started, method, url, body)).message).toBe('course locked');
  await call(started, 'PATCH', `/v1/course/unlock/${course}`);
  expect(await read()).toMatchObject({ LOCKED: 0, ATTENDANCE_LIST_GENERATED: expect.stringContaining('.pdf') });
});

test('a lesson is signed, marked, justified and finished', async () => {
  const started = await edusign(monday);
  const { course, student, professor, read } = await sheet(started);
  const [max, lea] = [await makeStudent(started, 'max'), await makeStudent(started, 'lea')];
  for (const studentId of [max, lea]) await call(started, 'PUT', `/v1/course/attendance/${course}`, { studentId });
  expect((await read()).ATTENDANCE_ENDED).toBe(0);
  await started.edit({ edit: 'finish', course: '5001', absent: ['max@etu.example'], late: { 'lea@etu.example': 12 } });
  const before = (await read()).DATE_UPDATED;
  await started.edit({ edit: 'justify', student: max, course, type: 1, comment: 'grippe' });
  const done = await read();
  expect(done).toMatchObject({ ATTENDANCE_ENDED: 1, LOCKED: 0, PROFESSOR: professor, DATE_UPDATED: before });
  expect(done.PROFESSOR_SIGNATURE).not.toBe('');
  expect(done.STUDENTS).toMatchObject([
    { studentId: student, state: true, delay: 0, timestamp: '2026-11-24T08:00:00.000Z' },
    { studentId: max, state: false, signature: null, absenceId: expect.any(String) },
    { studentId: lea, state: true, delay: 12 },
  ]);
  const [justification] = (await call(started, 'GET', '/v1/justified-absence?page=0')).result;
  expect(justification).toMatchObject({ ID: done.STUDENTS[1].absenceId, STUDENT_ID: max, TYPE: 1 });
  expect((await call(started, 'GET', '/v1/justified-absence/absence-reason')).result[0]).toHaveProperty('NAME');
});

test('sheets come 40 to a page, filtered; more than 90 days is refused', async () => {
  const started = await edusign(monday);
  const professor = await makeProfessor(started);
  for (let at = 0; at < 41; at += 1) {
    const START = new Date(Date.UTC(2026, 10, 24 + at, 8)).toISOString();
    const END = new Date(Date.UTC(2026, 10, 24 + at, 9)).toISOString();
    await makeCourse(started, { NAME: `c${at}`, PROFESSOR: professor, START, END });
  }
  const list = async (query: string) => (await call(started, 'GET', `/v1/course?${query}`)).result;
  expect(await list('page=0')).toHaveLength(40);
  expect(await list('page=1')).toHaveLength(1);
  expect(await list('')).toHaveLength(41);
  const two = await list('page=0&start=2026-11-25&end=2026-11-26');
  expect(two.map((course: { NAME: string }) => course.NAME)).toEqual(['c1', 'c2']);
  expect(await list('professorId=nobody')).toEqual([]);
  expect(await list('dateUpdated=2026-11-22,2026-11-23')).toHaveLength(41);
  const long = await call(started, 'GET', '/v1/course?start=2026-01-01&end=2026-12-31');
  expect(long).toEqual({ status: 'error', message: 'Date range exceeds 90 days' });
});

test('what is made and deleted by hand shows in the API', async () => {
  const started = await edusign(monday);
  const { course, professor, student } = await sheet(started);
  const fields = { NAME: 'Manuel', START: '2026-11-25T09:00', END: '2026-11-25T10:00', PROFESSOR: professor };
  const made = (await started.edit({ edit: 'make-course', fields })) as { ID: string; CREATOR_ID: string };
  expect(made.CREATOR_ID).toBe('admin');
  await started.edit({ edit: 'delete-course', course });
  await started.edit({ edit: 'delete-student', student });
  expect((await call(started, 'GET', `/v1/student/${student}`)).status).toBe('error');
  expect((await call(started, 'GET', '/v1/course')).result.map((each: { ID: string }) => each.ID)).toEqual([made.ID]);
});

test('requests beyond the rate are slowed and not refused', async () => {
  const started = await edusign({ pace: { heavyPerMinute: 2, stepMs: 20 } });
  for (let at = 0; at < 4; at += 1) expect((await started.api.get('/v1/course')).status).toBe(200);
  expect((await started.journal()).map((entry) => entry.slowedMs)).toEqual([0, 0, 20, 40]);
  expect((await started.control.get('/pace')).data).toMatchObject({ heavyLastMinute: 4 });
});
