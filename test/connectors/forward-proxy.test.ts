import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardedHttp, HttpFailure, type HttpLimits, type HttpRequest } from '../../connectors/http.ts';
import type { Access } from '../../roster/contracts.ts';
import { failureOf, testAccess } from './doubles/access.ts';
import { faultyServer } from './doubles/faulty-server.ts';
import { forwardProxy } from './doubles/forward-proxy.ts';
import { selfSigned } from './doubles/self-signed.ts';

/** A name that nobody but the proxy can resolve. */
const name = 'timetable.school.example';
const certificate = selfSigned(name);
const proxy = forwardProxy();
const plain = faultyServer();
const secret = https.createServer(certificate);
const urls = { proxy: '', http: '', https: '' };
/** How the https server answers. */
let mood: 'good' | 'silent' | 'cut' = 'good';
const tunnelled: (string | undefined)[] = [];

beforeAll(async () => {
  plain.app.get('/hello', (request, reply) => reply.send({ for: request.headers['x-proxied-for'] }));
  plain.app.put('/echo', (request) => request.body);
  secret.on('request', (request, response) => {
    tunnelled.push(request.headers.authorization);
    if (mood === 'silent') return;
    if (mood === 'cut') {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setTimeout(() => response.destroy(), 10);
      return;
    }
    request.pipe(response.writeHead(200, { 'content-type': 'application/json' }));
  });
  await new Promise<void>((done) => {
    secret.listen(0, '127.0.0.1', done);
  });
  const { port } = new URL(await plain.listen());
  urls.http = `http://${name}:${port}`;
  urls.https = `https://${name}:${(secret.address() as AddressInfo).port}`;
  urls.proxy = await proxy.listen();
});

beforeEach(() => {
  proxy.passed.length = 0;
  proxy.mood = 'open';
  proxy.credentials = '';
  tunnelled.length = 0;
  mood = 'good';
  plain.fail();
});

afterAll(async () => {
  secret.closeAllConnections();
  secret.close();
  await Promise.all([proxy.close(), plain.close()]);
});

function get(url: string): HttpRequest {
  return { method: 'GET', url: new URL(url), headers: { Authorization: 'Bearer open-sesame-42' }, rateClass: 'r' };
}

const unknownHere = () => Promise.reject(new Error('No such name.'));

function through(limits: HttpLimits = {}, access: Partial<Access> = {}) {
  return guardedHttp(testAccess({ allowHosts: [], ...access }), {
    proxy: urls.proxy,
    resolve: unknownHere,
    trusted: certificate.cert,
    ...limits,
  });
}

function withCredentials(credentials: string): string {
  return urls.proxy.replace('//', `//${credentials}@`);
}

describe('a forward proxy', () => {
  it('is asked for an http address in absolute form', async () => {
    const answer = await through().send(get(`${urls.http}/hello`));
    expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual({ for: name });
    expect(proxy.passed).toEqual([{ method: 'GET', target: `${urls.http}/hello`, authorization: '' }]);
  });

  it('is asked for a tunnel to an https address, and sees nothing of what goes through', async () => {
    const http = through({ proxy: withCredentials('rollcall:p%40ss%3Aword') });
    proxy.credentials = 'rollcall:p@ss:word';
    const request = { ...get(`${urls.https}/echo`), method: 'PUT' as const, json: { name: 'Zoé' } };
    for (const _ of [1, 2]) {
      const answer = await http.send(request);
      expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual({ name: 'Zoé' });
    }
    const authorization = `Basic ${Buffer.from('rollcall:p@ss:word').toString('base64')}`;
    const target = new URL(urls.https).host;
    expect(proxy.passed).toEqual([1, 2].map(() => ({ method: 'CONNECT', target, authorization })));
    expect(tunnelled).toEqual(['Bearer open-sesame-42', 'Bearer open-sesame-42']);
  });

  it('is gone past by who does not ask for it', async () => {
    const url = urls.http.replace(name, '127.0.0.1');
    const direct = guardedHttp(testAccess({ proxy: urls.proxy }));
    expect((await direct.send(get(`${url}/hello`))).status).toBe(200);
    expect(proxy.passed).toEqual([]);
  });

  describe.each(['http', 'https'] as const)('before an %s address', (scheme) => {
    const send = (limits?: HttpLimits, access?: Partial<Access>) =>
      through(limits, access).send(get(`${urls[scheme]}/hello`));

    it.each([
      ['wrong ones', 'rollcall:letmein-77', 'refused the user name and password'],
      ['none', '', 'asks for a user name and password'],
    ])(
      'that wants other credentials than %s is what failed, and its password is told to nobody',
      async (_, has, words) => {
        proxy.credentials = 'rollcall:other';
        const error = await failureOf(send({ proxy: has === '' ? urls.proxy : withCredentials(has) }));
        expect(error).toBeInstanceOf(HttpFailure);
        expect(error).toMatchObject({ kind: 'proxy', host: new URL(urls.proxy).host });
        expect((error as Error).message).toContain(words);
        expect((error as Error).cause).toBeUndefined();
        expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toMatch(/letmein|sesame/);
      },
    );

    it('that is not there is what failed', async () => {
      const error = await failureOf(send({ proxy: 'http://rollcall:letmein-77@127.0.0.1:1/' }));
      expect(error).toMatchObject({ kind: 'proxy', message: '127.0.0.1:1 could not be reached.' });
    });

    it.each(['socks5://127.0.0.1:1', 'proxy.school.example', '', 'http://a%zz:letmein-77@127.0.0.1/'])(
      'is not %j',
      async (address) => {
        const error = await failureOf(send({ proxy: address }));
        expect(error).toMatchObject({ kind: 'proxy' });
        expect((error as Error).message).toContain('ROLLCALL_PROXY_URL');
        expect((error as Error).message).not.toContain('letmein');
      },
    );

    it.each([
      ['http://127.0.0.1/', undefined],
      ['https://[::1]/', undefined],
      ['http://169.254.169.254/latest/meta-data/', undefined],
      ['file:///etc/hostname', undefined],
      ['https://intranet.school.example/', '10.1.2.3'],
    ])('is not asked to reach %s, which leads into our own network', async (url, address) => {
      const resolve = async () => [{ address: address ?? '8.8.8.8', family: 4 }];
      expect(await failureOf(through({ resolve }).send(get(url)))).toMatchObject({ code: 'HOST_NOT_ALLOWED' });
      expect(proxy.passed).toEqual([]);
    });

    it('may lead to a host of our own network that the operator allows', async () => {
      const resolve = async () => [{ address: '10.1.2.3', family: 4 }];
      expect((await send({ resolve }, { allowHosts: [name] })).status).toBe(200);
    });

    it('is not waited for after the step was cancelled', async () => {
      proxy.mood = 'silent';
      const controller = new AbortController();
      const reason = new Error('The step must stop.');
      setTimeout(() => controller.abort(reason), 50);
      expect(await failureOf(send({}, { signal: controller.signal }))).toBe(reason);
    });
  });

  it.each([403, 502, 503])('that refuses a tunnel with %i is what failed', async (status) => {
    proxy.mood = status;
    const error = await failureOf(through().send(get(`${urls.https}/hello`)));
    expect(error).toMatchObject({ kind: 'proxy' });
    expect((error as Error).message).toContain(`did not connect us to ${name} (status ${status})`);
    expect(tunnelled).toEqual([]);
  });

  it('that opens no tunnel in time is what failed', async () => {
    proxy.mood = 'silent';
    const error = await failureOf(through({}, { requestTimeoutMs: 300 }).send(get(`${urls.https}/hello`)));
    expect(error).toMatchObject({ kind: 'proxy' });
    expect((error as Error).message).toContain('did not answer in time');
  });

  it.each([
    ['silent', 'timed-out'],
    ['cut', 'cut'],
  ] as const)('is not blamed for a system behind it that is %s', async (how, kind) => {
    mood = how;
    const requestTimeoutMs = how === 'silent' ? 800 : 2_000;
    const error = await failureOf(through({}, { requestTimeoutMs }).send(get(`${urls.https}/hello`)));
    expect(error).toMatchObject({ kind, host: new URL(urls.https).host });
  });

  it('is not blamed for a certificate that nobody trusts', async () => {
    const other = through({ trusted: selfSigned(name).cert });
    expect(await failureOf(other.send(get(`${urls.https}/hello`)))).toMatchObject({ kind: 'no-answer' });
    expect(tunnelled).toEqual([]);
  });
});
