import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import axios from 'axios';
import { expect, onTestFinished, test } from 'vitest';
import { type ForwardProxyOptions, type RunningProxy, startForwardProxy } from '../../simulators/proxy/server.ts';
import { alcuin, edusign } from './support.ts';

async function proxy(options: ForwardProxyOptions = {}): Promise<RunningProxy> {
  const running = await startForwardProxy(options);
  onTestFinished(() => running.close());
  return running;
}

/** A plain request through the proxy: its first line carries the whole address. */
function plain(through: RunningProxy, url: string, auth?: { username: string; password: string }) {
  const { hostname, port } = new URL(through.url);
  return axios.get(url, {
    proxy: { protocol: 'http', host: hostname, port: Number(port), ...(auth && { auth }) },
    headers: { Authorization: 'Bearer alcuin-demo' },
    validateStatus: () => true,
  });
}

/** Asks for a tunnel; gives the answer and what is then to be spoken through. */
async function tunnel(through: RunningProxy, target: string, user?: string): Promise<[IncomingMessage, Socket]> {
  const headers = user === undefined ? {} : { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
  const asked = request(through.url, { method: 'CONNECT', path: target, headers }).end();
  const [answer, socket] = await once(asked, 'connect');
  onTestFinished(() => socket.destroy());
  return [answer, socket];
}

async function pingThrough(socket: Socket): Promise<number | undefined> {
  const headers = { authorization: 'Bearer alcuin-demo' };
  const sent = request('http://alcuin/api/ping', { createConnection: () => socket, headers }).end();
  const [answer] = await once(sent, 'response');
  answer.resume();
  return answer.statusCode;
}

async function passages(of: RunningProxy) {
  return (await axios.get(`${of.controlUrl}/journal`)).data.entries;
}

test('a school that only lets its proxy in refuses everybody else, and is told apart in the journal', async () => {
  const through = await proxy();
  const started = await alcuin({ exits: through.exits, onlyFromProxy: true });
  const refused = await started.api.get('ping');
  expect([refused.status, refused.data.code]).toEqual([403, 'IP_REFUSEE']);
  expect((await plain(through, `${started.running.url}ping`)).data).toMatchObject({ fuseau: 'Europe/Paris' });
  const [answer, socket] = await tunnel(through, new URL(started.running.url).host);
  expect(answer.statusCode).toBe(200);
  expect(await pingThrough(socket)).toBe(200);
  expect((await started.journal()).map(({ throughProxy, status }) => [throughProxy, status])).toEqual([
    [false, 403],
    [true, 200],
    [true, 200],
  ]);
  const target = new URL(started.running.url).host;
  expect(await passages(through)).toMatchObject([
    { n: 1, method: 'GET', target, path: '/api/ping', status: 200, ended: 'passed' },
    { n: 2, method: 'CONNECT', target, path: null, status: 200, ended: 'passed' },
  ]);
  await started.control.patch('/settings', { onlyFromProxy: false });
  expect((await started.api.get('ping')).status).toBe(200);
});

test('the firewall stands before the password', async () => {
  const started = await alcuin({ onlyFromProxy: true });
  const answer = await started.api.get('ping', { headers: { Authorization: '' } });
  expect(answer.data.code).toBe('IP_REFUSEE');
});

test('a proxy with a password asks for it, in both ways of using it, and keeps none', async () => {
  const through = await proxy({ credentials: 'rollcall:s3cret' });
  const started = await alcuin({ exits: through.exits });
  const url = `${started.running.url}ping`;
  const without = await plain(through, url);
  expect([without.status, without.headers['proxy-authenticate']]).toEqual([407, 'Basic realm="simulators"']);
  expect((await plain(through, url, { username: 'rollcall', password: 'wrong' })).status).toBe(407);
  expect((await plain(through, url, { username: 'rollcall', password: 's3cret' })).status).toBe(200);
  const { host } = new URL(url);
  expect((await tunnel(through, host))[0].statusCode).toBe(407);
  expect((await tunnel(through, host, 'rollcall:s3cret'))[0].statusCode).toBe(200);
  const seen = await passages(through);
  expect(seen.map(({ user, ended }: { user: string; ended: string }) => [user, ended])).toEqual([
    [null, 'unauthorised'],
    ['rollcall', 'unauthorised'],
    ['rollcall', 'passed'],
    [null, 'unauthorised'],
    ['rollcall', 'passed'],
  ]);
  expect(JSON.stringify(seen)).not.toMatch(/s3cret|wrong/);
  expect(await started.journal()).toHaveLength(1);
});

test('it can refuse, cut, and meet nobody behind it', async () => {
  const through = await proxy();
  const started = await edusign();
  const url = `${started.running.url}/v1/school`;
  const set = (refuse: unknown) => axios.patch(`${through.controlUrl}/settings`, { refuse });
  await set(503);
  expect((await plain(through, url)).status).toBe(503);
  expect((await tunnel(through, new URL(url).host))[0].statusCode).toBe(503);
  await set('cut');
  await expect(plain(through, url)).rejects.toThrow();
  await expect(tunnel(through, new URL(url).host)).rejects.toThrow();
  await set(null);
  expect(await started.journal()).toEqual([]);
  await started.running.close();
  expect((await plain(through, url)).status).toBe(502);
  expect((await tunnel(through, new URL(url).host))[0].statusCode).toBe(502);
  expect((await tunnel(through, 'nonsense'))[0].statusCode).toBe(400);
  expect((await axios.delete(`${through.controlUrl}/journal`)).data).toEqual({ ok: true });
  expect(await passages(through)).toEqual([]);
});

test('an answer cut in the middle arrives cut', async () => {
  const through = await proxy();
  const started = await alcuin({ exits: through.exits, school: 'small-class' });
  await started.fault({ fault: 'cut', count: 1 });
  await expect(plain(through, `${started.running.url}ressources`)).rejects.toThrow();
});
