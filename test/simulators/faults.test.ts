import axios from 'axios';
import { expect, test } from 'vitest';
import { alcuin, edusign, eventually, type Started } from './support.ts';

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

test('commit-after-cut: the connection is gone at once, the effect comes later', async () => {
  const started = await edusign();
  await started.fault({ match: post, fault: 'commit-after-cut', ms: 1500, count: 1 });
  await expect(started.api.post('/v1/student', zoe)).rejects.toThrow();
  expect(await students(started)).toBe(0);
  await eventually(async () => expect(await students(started)).toBe(1));
  expect((await started.journal())[0]).toMatchObject({ ended: 'cut', handled: true });
});

test('the maintenance of Saturday comes on Saturday only, and is not used up before', async () => {
  const started = await edusign({ now: '2026-11-28T14:59:00Z' });
  await started.fault({ fault: 'saturday-outage', count: 1 });
  const get = async () => (await started.api.get('/v1/school')).status;
  expect(await get()).toBe(200);
  await started.control.post('/clock', { now: '2026-11-28T21:00:00Z' });
  expect(await get()).toBe(200);
  await started.control.post('/clock', { now: '2026-11-28T20:59:00Z' });
  expect([await get(), await get()]).toEqual([503, 200]);
});

test('refused and unpaid keys, missing rights and failures are bare text', async () => {
  const started = await edusign();
  const bodies = [];
  for (const status of [401, 402, 403, 404, 500]) {
    await started.fault({ fault: 'status', status, count: 1 });
    const answer = await started.api.get('/v1/school');
    bodies.push([answer.status, answer.data, answer.headers['content-type']]);
  }
  const type = 'text/plain; charset=utf-8';
  expect(bodies).toEqual([
    [401, 'Unauthorized', type],
    [402, 'Payment Required', type],
    [403, 'Forbidden', type],
    [404, 'Not Found', type],
    [500, 'Internal Server Error', type],
  ]);
});

test('too many requests, with the time to wait as seconds, as a date, or not at all', async () => {
  const started = await alcuin();
  const after = 'Wed, 25 Nov 2026 20:00:00 GMT';
  const rules = [{ retryAfter: 7 }, { retryAfter: after }, {}].map((wait) => ({
    fault: 'status',
    status: 429,
    count: 1,
    ...wait,
  }));
  await started.control.put('/faults', rules);
  const answers = [await started.api.get('ping'), await started.api.get('ping'), await started.api.get('ping')];
  expect(answers.map(({ status, headers }) => [status, headers['retry-after']])).toEqual([
    [429, '7'],
    [429, after],
    [429, undefined],
  ]);
  expect(answers[0]?.data.code).toBe('TROP_DE_REQUETES');
});

test('gone and locked speak as each system does', async () => {
  const [ours, theirs] = [await edusign(), await alcuin({ school: 'small-class' })];
  await ours.control.put('/faults', [
    { fault: 'gone', count: 2 },
    { fault: 'locked', count: 1 },
  ]);
  expect((await ours.api.get('/v1/student/x')).data.message).toBe('No student with this ID found');
  expect((await ours.api.patch('/v1/course', {})).data.message).toBe('No course with this ID found');
  expect((await ours.api.patch('/v1/course', {})).data).toEqual({ status: 'error', message: 'course locked' });
  await theirs.control.put('/faults', [
    { fault: 'gone', count: 2 },
    { fault: 'locked', count: 1 },
  ]);
  expect((await theirs.api.get('annuaires/13/personnes')).data.code).toBe('ANNUAIRE_INCONNU');
  const put = () => theirs.api.put('evenements/5001/presences?date=20261124', {});
  const [gone, locked] = [await put(), await put()];
  expect([gone.status, gone.data.code]).toEqual([404, 'EVENEMENT_INCONNU']);
  expect([locked.status, locked.data.code]).toEqual([409, 'EVENEMENT_VERROUILLE']);
});

test('a part of a presence list is rejected, the same part for the same seed', async () => {
  const started = await alcuin({ now: '2026-11-23T07:00:00Z', school: 'small-class' });
  const presences = Array.from({ length: 6 }, (_, at) => ({ idApprenant: 1001 + at, statut: 'PRESENT' }));
  const put = async () => {
    await started.fault({ match: { method: 'PUT' }, fault: 'reject-lines', share: 0.5, seed: 4, count: 1 });
    const url = 'evenements/5001/presences?date=20261124';
    return (await started.api.put(url, { source: 'edusign', idFeuille: 'x', presences })).data;
  };
  const first = await put();
  expect(first.acceptes + first.rejets.length).toBe(6);
  expect(first.acceptes * first.rejets.length).toBeGreaterThan(0);
  expect(first.rejets[0].code).toBe('APPRENANT_NON_INSCRIT');
  expect(await put()).toEqual(first);
});

test('faults of turning pages wait for a second page; a rule can name the page itself', async () => {
  const started = await alcuin({ now: '2026-11-23T07:00:00Z', school: 'small-class' });
  const page = (numeroPage: number) =>
    started.api.get('evenements', {
      params: { dateDebut: '20261123', dateFin: '20261207', taillePage: 4, numeroPage },
    });
  await started.control.put('/faults', [
    { fault: 'doubled-page', count: 1 },
    { match: { query: { numeroPage: '3' } }, fault: 'status', status: 502, count: 1 },
  ]);
  const [first, second, third] = [await page(1), await page(2), await page(3)];
  expect(second.data.contenu).toEqual(first.data.contenu);
  expect([third.status, third.headers['content-type']]).toEqual([502, 'text/html; charset=utf-8']);
});

test('lists lose their shape: alone without brackets, empty without a node, or lost altogether', async () => {
  const started = await alcuin({ now: '2026-11-23T07:00:00Z' });
  const read = async (fault: string) => {
    await started.fault({ fault, count: 1 });
    return (await started.api.get('evenements?dateDebut=20261123&dateFin=20261207')).data;
  };
  const single = await read('single-object');
  expect(single.contenu).toMatchObject({ id: 5001, formateurs: { id: 2001 }, apprenants: { id: 1001 } });
  expect((await read('missing-list')).contenu[0]).not.toHaveProperty('groupes');
  expect(await read('lost-list')).toEqual({ numeroPage: 1, taillePage: 200, nbTotal: 1 });
});

test('Edusign too may answer in an old charset', async () => {
  const started = await edusign();
  await started.fault({ fault: 'windows-1252', count: 1 });
  const answer = await started.api.get<ArrayBuffer>('/v1/school', { responseType: 'arraybuffer' });
  expect(answer.headers['content-type']).toBe('application/json; charset=windows-1252');
  expect(Buffer.from(answer.data).toString('latin1')).toContain('École');
});

test('a rule with a bad pattern leaves the others as they were', async () => {
  const started = await edusign();
  await started.fault({ fault: 'slow', ms: 1 });
  const answer = await started.control.put('/faults', [
    { fault: 'reset' },
    { match: { pattern: '(' }, fault: 'reset' },
  ]);
  expect(answer.status).toBe(400);
  expect((await started.control.get('/faults')).data.rules).toMatchObject([{ rule: { fault: 'slow' } }]);
});
