import axios from 'axios';
import { expect, test } from 'vitest';
import { edusign, eventually, type Started } from './support.ts';

interface People {
  students: { email: string }[];
}

const zoe = { student: { FIRSTNAME: 'Zoé', LASTNAME: 'Test', EMAIL: 'zoe@etu.example' } };
const post = { method: 'POST', path: '/v1/student' };

async function students(started: Started): Promise<number> {
  return (await started.state<People>()).students.length;
}

/** Sends a create and leaves as soon as the simulator has it. */
async function leaveAfterSending(started: Started): Promise<void> {
  const leaving = new AbortController();
  const sent = started.api.post('/v1/student', zoe, { signal: leaving.signal });
  const left = expect(sent).rejects.toSatisfy((error) => axios.isCancel(error));
  await eventually(async () => expect(await started.journal()).toHaveLength(1));
  leaving.abort();
  await left;
}

test('commit-late: the effect comes although the client has left', async () => {
  const started = await edusign();
  await started.fault({ match: post, fault: 'commit-late', ms: 1000, count: 1 });
  await leaveAfterSending(started);
  expect(await students(started)).toBe(0);
  await eventually(async () => expect(await students(started)).toBe(1));
  await eventually(async () =>
    expect((await started.journal())[0]).toMatchObject({ handled: true, ended: 'client-gone' }),
  );
});

test('commit-late behind a gateway: 504 at once, the effect later', async () => {
  const started = await edusign();
  await started.fault({ match: post, fault: 'commit-late', ms: 800, status: 504, count: 1 });
  const answer = await started.api.post('/v1/student', zoe);
  expect([answer.status, answer.data]).toEqual([504, 'Gateway Timeout']);
  expect(await students(started)).toBe(0);
  await eventually(async () => expect(await students(started)).toBe(1));
});

test('slow: a client that waits is served, a request whose client has left is dropped', async () => {
  const started = await edusign();
  await started.fault({ match: post, fault: 'slow', ms: 800, count: 1 });
  await started.fault({ match: post, fault: 'slow', ms: 50, count: 1 });
  await leaveAfterSending(started);
  await eventually(async () => expect((await started.journal())[0]).toMatchObject({ ended: 'client-gone' }));
  expect(await students(started)).toBe(0);
  expect((await started.api.post('/v1/student', zoe)).data.status).toBe('success');
});

test('lost-after-commit: the record is there, the answer is not', async () => {
  const started = await edusign();
  await started.fault({ match: post, fault: 'lost-after-commit', count: 1 });
  await expect(started.api.post('/v1/student', zoe)).rejects.toSatisfy(
    (error) => axios.isAxiosError(error) && error.response === undefined,
  );
  expect(await students(started)).toBe(1);
  expect((await started.api.post('/v1/student', zoe)).data.message).toBe('Student already exists in this school');
});

test('timeout and reset have no effect; timeout-after-commit has one', async () => {
  const started = await edusign();
  const impatient = { timeout: 400 };
  await started.fault({ match: post, fault: 'timeout', count: 1 });
  await expect(started.api.post('/v1/student', zoe, impatient)).rejects.toThrow('timeout');
  await started.fault({ match: post, fault: 'reset', count: 1 });
  await expect(started.api.post('/v1/student', zoe)).rejects.toThrow();
  expect(await students(started)).toBe(0);
  await started.fault({ match: post, fault: 'timeout-after-commit', count: 1 });
  await expect(started.api.post('/v1/student', zoe, impatient)).rejects.toThrow('timeout');
  expect(await students(started)).toBe(1);
});

test('statuses, HTML and business errors answer in place of the API, as often as the rule says', async () => {
  const started = await edusign();
  const rules = [
    { match: { pattern: '^/v1/sch' }, fault: 'status', status: 503, retryAfter: 2, count: 2 },
    { fault: 'html200', count: 1 },
    { fault: 'business-error', message: 'something odd', count: 1 },
  ];
  await started.control.put('/faults', rules);
  const get = () => started.api.get('/v1/school');
  const [first, second, third, fourth, fifth] = [await get(), await get(), await get(), await get(), await get()];
  expect([first.status, first.data, first.headers['retry-after'], second.status]).toEqual([
    503,
    'Service Unavailable',
    '2',
    503,
  ]);
  expect([third.status, third.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(fourth.data).toEqual({ status: 'error', message: 'something odd' });
  expect(fifth.data.status).toBe('success');
  const left = (await started.control.get('/faults')).data.rules;
  expect(left.map((rule: { remaining: number }) => rule.remaining)).toEqual([0, 0, 0]);
});

test('an unknown fault is refused with the list of those there are', async () => {
  const started = await edusign();
  const answer = await started.control.post('/faults', { fault: 'gremlin' });
  expect(answer.status).toBe(400);
  expect(answer.data.error).toContain('lost-after-commit');
});

test('the journal shows requests in order and can be cleared', async () => {
  const started = await edusign();
  await started.api.post('/v1/student?x=1', zoe);
  await started.api.get('/v1/school');
  const [entry] = (await started.control.get('/journal?method=post&path=/v1/student')).data.entries;
  expect(entry).toMatchObject({ n: 1, method: 'POST', path: '/v1/student', query: { x: '1' }, body: zoe, status: 200 });
  expect(JSON.stringify(await started.journal())).not.toContain('edusign-demo');
  await started.control.delete('/journal');
  expect(await started.journal()).toEqual([]);
});

test('business time can be set, ticks, and returns', async () => {
  const started = await edusign();
  await started.control.post('/clock', { now: '2030-01-01T08:00:00Z' });
  const { now } = (await started.control.get('/clock')).data;
  expect(now).toMatch(/^2030-01-01T08:00:0/);
  await started.api.post('/v1/student', zoe);
  expect((await started.api.get('/v1/student')).data.result[0].DATE_CREATED).toMatch(/^2030-/);
  expect((await started.control.post('/clock', { reset: true })).data.offsetMs).toBe(0);
});
