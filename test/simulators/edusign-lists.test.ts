import { expect, test } from 'vitest';
import { edusign, type Started } from './support.ts';

const monday = { now: '2026-11-23T07:00:00Z', pace: { perMinute: null, heavyPerMinute: null } };

async function call(started: Started, method: string, url: string, data?: object) {
  const { data: body } = await started.api.request({ method, url, data });
  if (body.status !== 'success') throw new Error(JSON.stringify(body));
  return body.result;
}

async function student(started: Started, name: string): Promise<string> {
  const fields = { FIRSTNAME: name, LASTNAME: 'Test', EMAIL: `${name}@etu.example` };
  return (await call(started, 'POST', '/v1/student', { student: fields })).ID;
}

async function professor(started: Started, name: string): Promise<string> {
  const fields = { FIRSTNAME: name, LASTNAME: 'Test', EMAIL: `${name}@school.example`, dontSendCredentials: true };
  return (await call(started, 'POST', '/v1/professor', { professor: fields })).ID;
}

const lesson = { NAME: 'Cours', START: '2026-11-24T08:00:00Z', END: '2026-11-24T09:00:00Z' };
const ids = (rows: { ID: string }[]) => rows.map(({ ID }) => ID);
const roster = (course: { STUDENTS: { studentId: string }[] }) => course.STUDENTS.map(({ studentId }) => studentId);

test('people and groups come in pages from 0; archived ones are left out but found by name', async () => {
  const started = await edusign(monday);
  const students: string[] = [];
  for (let at = 0; at < 7; at += 1) students.push(await student(started, `s${at}`));
  expect(ids(await call(started, 'GET', '/v1/student?page=1&limit=3'))).toEqual(students.slice(3, 6));
  expect(ids(await call(started, 'GET', '/v1/student?limit=3'))).toEqual(students.slice(0, 3));
  expect(ids(await call(started, 'GET', '/v1/student?page=0&search=S4%40ETU'))).toEqual([students[4]]);

  const professors: string[] = [];
  for (let at = 0; at < 101; at += 1) professors.push(await professor(started, `p${at}`));
  expect(await call(started, 'GET', '/v1/professor?page=0')).toHaveLength(100);
  await call(started, 'DELETE', `/v1/professor/${professors[0]}`);
  expect(await call(started, 'GET', '/v1/professor?page=1')).toEqual([]);
  expect((await call(started, 'GET', '/v1/professor/by-email/P0%40school.example')).HIDDEN).toHaveLength(1);
  const fields = { FIRSTNAME: 'P', LASTNAME: 'Zéro', EMAIL: 'p0@school.example' };
  const revived = await call(started, 'POST', '/v1/professor', { professor: fields, dontSendCredentials: true });
  expect(revived).toEqual({ ID: professors[0], TYPE: 'restored' });
  expect(await call(started, 'GET', '/v1/professor?page=1')).toHaveLength(1);

  for (let at = 0; at < 101; at += 1) {
    await call(started, 'POST', '/v1/group', { group: { NAME: `G${at}`, API_ID: `g${at}` } });
  }
  expect(await call(started, 'GET', '/v1/group?page=0')).toHaveLength(100);
  const { ID } = await call(started, 'GET', '/v1/group/get-id/g3');
  await call(started, 'DELETE', `/v1/group/${ID}`);
  expect(await call(started, 'GET', '/v1/group?page=1')).toEqual([]);
  expect(ids(await call(started, 'GET', '/v1/group'))).not.toContain(ID);
  expect((await call(started, 'GET', `/v1/group/${ID}`)).HIDDEN).toBe(1);
  expect(await call(started, 'GET', '/v1/group/get-id/g3')).toEqual({ ID });
});

test('updatedAfter and dateUpdated give only what has changed since', async () => {
  const started = await edusign(monday);
  const [zoe, max] = [await student(started, 'zoe'), await student(started, 'max')];
  const PROFESSOR = await professor(started, 'prof');
  const make = async () => (await call(started, 'POST', '/v1/course', { course: { ...lesson, PROFESSOR } })).ID;
  const [first, second] = [await make(), await make()];
  await started.control.post('/clock', { now: '2026-11-24T09:30:00Z' });
  await call(started, 'PATCH', '/v1/student', { student: { ID: max, FIRSTNAME: 'Max', LASTNAME: 'Neuf' } });
  await call(started, 'PATCH', '/v1/course', { course: { ID: second, NAME: 'Changé' } });
  expect(ids(await call(started, 'GET', '/v1/student?page=0&updatedAfter=2026-11-24T00:00:00Z'))).toEqual([max]);
  const since = 'dateUpdated=2026-11-24T00:00:00Z,2026-11-25T00:00:00Z';
  expect(ids(await call(started, 'GET', `/v1/course?page=0&${since}`))).toEqual([second]);
  expect(await call(started, 'GET', `/v1/course?page=0&start=2026-11-25&end=2026-11-30&${since}`)).toEqual([]);
  await call(started, 'GET', `/v1/course/lock/${first}`);
  expect(ids(await call(started, 'GET', '/v1/course?page=0&filters=locked'))).toEqual([first]);
  expect(await call(started, 'GET', '/v1/course?page=0&filters=absencessent')).toEqual([]);
  expect(zoe).not.toBe(max);
});

test('the list shows presences; details of learners come on demand, with the first sheet', async () => {
  const started = await edusign(monday);
  const [PROFESSOR, zoe] = [await professor(started, 'prof'), await student(started, 'zoe')];
  const course = { ...lesson, PROFESSOR, STUDENTS: [{ studentId: zoe }] };
  const made = [];
  for (let at = 0; at < 2; at += 1) made.push(await call(started, 'POST', '/v1/course?fromStudents=true', { course }));
  for (const { ID } of made) await started.edit({ edit: 'sign', course: ID, student: zoe });
  const plain = await call(started, 'GET', '/v1/course?page=0&start=2026-11-24&end=2026-11-24');
  expect(plain[0].STUDENTS).toMatchObject([{ studentId: zoe, state: true, delay: 0, absenceId: null }]);
  const detailed = await call(started, 'GET', '/v1/course?page=0&infoStudents=true');
  expect(detailed[0].INFO_STUDENTS).toMatchObject([{ ID: zoe, EMAIL: 'zoe@etu.example' }]);
  expect(detailed[1]).not.toHaveProperty('INFO_STUDENTS');
});

test('a roster is the union of groups and named learners; group edits reach what is still to come', async () => {
  const started = await edusign(monday);
  const PROFESSOR = await professor(started, 'prof');
  const [zoe, max, lea] = [await student(started, 'zoe'), await student(started, 'max'), await student(started, 'lea')];
  const { ID } = await call(started, 'POST', '/v1/group', { group: { NAME: 'A', STUDENTS: [zoe, max] } });
  const course = { ...lesson, PROFESSOR, SCHOOL_GROUP: [ID], STUDENTS: [{ studentId: lea }] };
  const read = (id: string) => call(started, 'GET', `/v1/course/${id}`);
  const both = (await call(started, 'POST', '/v1/course?fromStudents=true', { course })).ID;
  const groupOnly = (await call(started, 'POST', '/v1/course', { course })).ID;
  const locked = (await call(started, 'POST', '/v1/course', { course })).ID;
  expect(roster(await read(both)).sort()).toEqual([zoe, max, lea].sort());
  expect(roster(await read(groupOnly))).toEqual([zoe, max]);
  await call(started, 'GET', `/v1/course/lock/${locked}`);

  await call(started, 'PATCH', '/v1/group', { group: { ID, STUDENTS: [zoe] } });
  expect(roster(await read(both)).sort()).toEqual([zoe, lea].sort());
  expect(roster(await read(groupOnly))).toEqual([zoe]);
  expect(roster(await read(locked))).toEqual([zoe, max]);
  await started.control.patch('/settings', { groupEdits: 'ignore' });
  await call(started, 'PATCH', '/v1/group', { group: { ID, STUDENTS: [zoe, max] } });
  expect(roster(await read(groupOnly))).toEqual([zoe]);
});
