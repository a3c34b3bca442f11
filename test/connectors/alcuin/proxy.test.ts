import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAlcuin } from '../../../connectors/alcuin/source.ts';
import type { Access, LessonAttendance, Source } from '../../../roster/contracts.ts';
import { lessonWindow } from '../../../roster/window.ts';
import { collect, failureOf, testAccess } from '../doubles/access.ts';
import { alcuinDouble, event } from '../doubles/alcuin-double.ts';
import { forwardProxy } from '../doubles/forward-proxy.ts';
import { selfSigned } from '../doubles/self-signed.ts';

const window = lessonWindow('2026-11-02T08:00:00.000Z', 14, 'Europe/Paris');
const host = 'api-edt.school.example';
const certificate = selfSigned(host);
const proxy = forwardProxy();
const double = alcuinDouble();
/** The school's web server: https in front of the API. */
const front = https.createServer(certificate, (request, response) => double.app.routing(request, response));
let url = '';
let proxyUrl = '';

beforeAll(async () => {
  await double.app.ready();
  await new Promise<void>((done) => {
    front.listen(0, '127.0.0.1', done);
  });
  url = `https://${host}:${(front.address() as AddressInfo).port}/api/`;
  proxyUrl = (await proxy.listen()).replace('//', '//rollcall:letmein-77@');
  proxy.credentials = 'rollcall:letmein-77';
  double.events = [event(), event({ id: 2 }), event({ id: 3 })];
});

beforeEach(() => {
  proxy.passed.length = 0;
  proxy.mood = 'open';
  double.seen.length = 0;
});

afterAll(async () => {
  front.closeAllConnections();
  front.close();
  await Promise.all([proxy.close(), double.close()]);
});

function opened(options: object, access: Partial<Access> = {}): Source {
  const limits = { resolve: () => Promise.reject(new Error('Unknown here.')), trusted: certificate.cert };
  return openAlcuin(testAccess({ settings: { url }, options, allowHosts: [], ...access }), limits);
}

const attendance: LessonAttendance = {
  lessonKey: '501@2026-11-03',
  sourceId: '501',
  localDate: '2026-11-03',
  startsAt: '2026-11-03T07:30:00.000Z',
  endsAt: '2026-11-03T09:00:00.000Z',
  targetId: 'sheet1',
  shared: false,
  marks: new Map([['1001', { status: 'present' }]]),
};

describe('Alcuin behind the forward proxy', () => {
  it('is reached through tunnels for every call, down and up', async () => {
    const source = opened({ useProxy: true }, { proxy: proxyUrl });
    const records = await collect(source.read(source.fetch(window), window));
    expect(records.filter(({ kind }) => kind === 'lesson')).toHaveLength(3);
    expect(await source.attendance?.put(attendance)).toEqual({ rejected: [] });
    expect(await source.attendance?.holds(attendance)).toBe(true);
    expect(double.seen.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'PUT', 'GET']);
    expect(proxy.passed.map(({ method, target }) => `${method} ${target}`)).toEqual(
      double.seen.map(() => `CONNECT ${new URL(url).host}`),
    );
  });

  it('is called directly without the option', async () => {
    await failureOf(collect(opened({}, { proxy: proxyUrl }).fetch(window)));
    expect(proxy.passed).toEqual([]);
  });

  it('is called by nobody when no proxy is configured', async () => {
    const error = await failureOf(collect(opened({ useProxy: true }).fetch(window)));
    expect(error).toMatchObject({ code: 'SOURCE_PROXY_FAILED' });
    expect((error as Error).message).toContain('ROLLCALL_PROXY_URL');
    expect(double.seen).toEqual([]);
  });

  it('is still read from a snapshot when no proxy is configured', async () => {
    const chunks = collect(opened({ useProxy: true }, { proxy: proxyUrl }).fetch(window));
    const stored = async function* () {
      yield* await chunks;
    };
    expect(await collect(opened({ useProxy: true }).read(stored(), window))).not.toEqual([]);
  });

  it.each([
    ['refuses our password', 'open' as const, 'letmein-78'],
    ['opens no tunnel', 503, 'letmein-77'],
    ['is silent', 'silent' as const, 'letmein-77'],
  ])('is not blamed when the proxy %s', async (_, mood, password) => {
    proxy.mood = mood;
    const requestTimeoutMs = mood === 'silent' ? 300 : 2_000;
    const access = { proxy: proxyUrl.replace('letmein-77', password), requestTimeoutMs };
    const source = opened({ useProxy: true }, access);
    for (const call of [() => collect(source.fetch(window)), async () => source.attendance?.put(attendance)]) {
      const error = await failureOf(call());
      expect(error).toMatchObject({ code: 'SOURCE_PROXY_FAILED', facts: { host: new URL(proxyUrl).host } });
      expect((error as Error).message).toMatch(/^The forward proxy 127\.0\.0\.1:/);
      expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toMatch(/letmein|sesame/);
    }
    expect(double.seen).toEqual([]);
  });
});
