import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { guardedHttp, HttpFailure, type HttpRequest } from '../../connectors/http.ts';
import { guardedAgents, isPublicAddress } from '../../connectors/network-guard.ts';
import type { Access } from '../../roster/contracts.ts';
import { RollcallError } from '../../roster/errors.ts';
import { failureOf, testAccess } from './doubles/access.ts';
import { faultyServer } from './doubles/faulty-server.ts';

const server = faultyServer();
let base = '';

beforeAll(async () => {
  server.app.get('/hello', (_, reply) => reply.type('text/plain; charset=latin1').send(Buffer.from([0xe9])));
  server.app.get('/big', (_, reply) => reply.send(Buffer.alloc(5_000)));
  server.app.get('/away', (_, reply) => reply.redirect('/hello'));
  server.app.post('/echo', (request) => request.body);
  server.app.delete('/echo', (request) => request.body);
  base = await server.listen();
});

afterAll(() => server.close());

function get(path: string): HttpRequest {
  return {
    method: 'GET',
    url: new URL(path, base),
    headers: { Authorization: 'Bearer open-sesame-42' },
    rateClass: 'r',
  };
}

function client(access: Partial<Access> = {}) {
  return guardedHttp(testAccess(access));
}

describe('the HTTP client', () => {
  it('gives the raw bytes and the declared type', async () => {
    const answer = await client().send(get('/hello'));
    expect(answer.status).toBe(200);
    expect(answer.mediaType).toBe('text/plain; charset=latin1');
    expect([...answer.body]).toEqual([0xe9]);
  });

  it('returns a status of any kind', async () => {
    server.fail({ kind: 'status', status: 503, retryAfter: '7' });
    expect(await client().send(get('/hello'))).toMatchObject({ status: 503, retryAfterMs: 7_000 });
  });

  it('reads a Retry-After date', async () => {
    server.fail({ kind: 'status', status: 429, retryAfter: new Date(Date.now() + 60_000).toUTCString() });
    const { retryAfterMs } = await client().send(get('/hello'));
    expect(retryAfterMs).toBeGreaterThan(55_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it.each(['POST', 'DELETE'] as const)('sends a JSON body with %s', async (method) => {
    const answer = await client().send({ ...get('/echo'), method, json: { name: 'Zoé' } });
    expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual({ name: 'Zoé' });
  });

  it('never follows a redirect', async () => {
    expect((await client().send(get('/away'))).status).toBe(302);
  });

  it('asks for a place in the rate before each request, by class', async () => {
    const places: string[] = [];
    await client({
      pace: async (rateClass) => {
        places.push(`${rateClass} before request ${server.seen.length}`);
      },
    }).send(get('/hello'));
    expect(places).toEqual([`r before request ${server.seen.length - 1}`]);
  });

  it('sends nothing when the pace refuses', async () => {
    const before = server.seen.length;
    const refusal = new RollcallError('LEASE_LOST', 'Too late.');
    expect(await failureOf(client({ pace: () => Promise.reject(refusal) }).send(get('/hello')))).toBe(refusal);
    expect(server.seen).toHaveLength(before);
  });

  it.each([
    ['hang', 'timed-out'],
    ['trickle', 'timed-out'],
    ['cut', 'cut'],
    ['lost', 'no-answer'],
  ] as const)('tells an answer that is a %s as %s, without the secret', async (kind, failure) => {
    server.fail({ kind });
    const error = await failureOf(client({ requestTimeoutMs: 200 }).send(get('/hello')));
    expect(error).toBeInstanceOf(HttpFailure);
    expect(error).toMatchObject({ kind: failure });
    expect((error as Error).cause).toBeUndefined();
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('sesame');
  });

  it('tells a refused connection', async () => {
    const dead = { ...get('/hello'), url: new URL('http://127.0.0.1:1/') };
    expect(await failureOf(client().send(dead))).toMatchObject({ kind: 'no-answer' });
  });

  it('stops at the largest answer it accepts', async () => {
    const small = guardedHttp(testAccess(), { maxAnswerBytes: 1_000 });
    expect(await failureOf(small.send(get('/big')))).toMatchObject({ kind: 'too-large' });
  });

  it('gives up a request in hand with the reason of the cancellation', async () => {
    server.fail({ kind: 'hang' });
    const controller = new AbortController();
    const reason = new Error('The step must stop.');
    setTimeout(() => controller.abort(reason), 50);
    expect(await failureOf(client({ signal: controller.signal }).send(get('/hello')))).toBe(reason);
    expect(await failureOf(client({ signal: controller.signal }).send(get('/hello')))).toBe(reason);
  });
});

describe('the guard of our own network', () => {
  it.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::7f00:1]/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[fd00:ec2::254]/',
    'http://168.63.129.16/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://[fe80::1]/',
    'http://[64:ff9b::7f00:1]/',
    'file:///etc/hostname',
    'ftp://example.org/',
  ])('refuses %s', async (url) => {
    const error = await failureOf(client({ allowHosts: [] }).send({ ...get('/'), url: new URL(url) }));
    expect(error).toBeInstanceOf(RollcallError);
    expect(error).toMatchObject({ code: 'HOST_NOT_ALLOWED' });
  });

  it.each([
    ['a loopback address', [{ address: '127.0.0.1', family: 4 }]],
    [
      'a private one among public ones',
      [
        { address: '8.8.8.8', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ],
    ],
    ['a loopback address of IPv6', [{ address: '::1', family: 6 }]],
  ])('refuses a public name that resolves to %s', async (_, addresses) => {
    const before = server.seen.length;
    const guarded = guardedAgents(async () => addresses);
    const http = guardedHttp(testAccess({ allowHosts: [] }), { guarded });
    const url = new URL(`http://timetable.school.example:${new URL(base).port}/hello`);
    expect(await failureOf(http.send({ ...get('/'), url }))).toMatchObject({ code: 'HOST_NOT_ALLOWED' });
    expect(server.seen).toHaveLength(before);
  });

  it('lets through what the operator allows, by host or by host and port', async () => {
    const { port } = new URL(base);
    for (const allowed of ['127.0.0.1', `127.0.0.1:${port}`]) {
      expect((await client({ allowHosts: [allowed] }).send(get('/hello'))).status).toBe(200);
    }
    const other = client({ allowHosts: ['127.0.0.1:1', 'localhost'] }).send(get('/hello'));
    expect(await failureOf(other)).toMatchObject({ code: 'HOST_NOT_ALLOWED' });
  });

  it('goes past no proxy of the environment, which would connect in our place', async () => {
    vi.stubEnv('http_proxy', 'http://127.0.0.1:1/');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    expect((await client().send(get('/hello'))).status).toBe(200);
  });

  it('lets an allowed name resolve into our own network', async () => {
    const url = new URL(`http://localhost:${new URL(base).port}/hello`);
    expect((await client({ allowHosts: ['LocalHost'] }).send({ ...get('/'), url })).status).toBe(200);
  });

  it('knows public addresses', () => {
    expect(['8.8.8.8', '2606:4700::1111'].every(isPublicAddress)).toBe(true);
    expect(['not an address', '', '224.0.0.1', '255.255.255.255', '2001:db8::1'].some(isPublicAddress)).toBe(false);
  });
});
