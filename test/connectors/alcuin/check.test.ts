import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAlcuin } from '../../../connectors/alcuin/source.ts';
import type { Access, Check } from '../../../roster/contracts.ts';
import { lessonWindow } from '../../../roster/window.ts';
import { collect, testAccess } from '../doubles/access.ts';
import { type AlcuinDouble, alcuinDouble, event, group, learner, teacher } from '../doubles/alcuin-double.ts';
import { forwardProxy } from '../doubles/forward-proxy.ts';

const window = lessonWindow('2026-11-02T08:00:00.000Z', 14, 'Europe/Paris');
const proxy = forwardProxy();
let double: AlcuinDouble;
let url = '';
let proxyUrl = '';

beforeAll(async () => {
  double = alcuinDouble();
  url = `${await double.listen()}/api/`;
  proxyUrl = await proxy.listen();
});

beforeEach(() => {
  double.seen.length = 0;
  double.fail();
  double.events = [event(), event({ id: 2 }), event({ id: 3 })];
  double.people = { 2: [learner], 4: [teacher, teacher], 6: [] };
  double.groups = { 5: [group()] };
  double.ping = { version: '1.0', fuseau: 'Europe/Paris' };
  double.spoilPage = (page) => page;
  proxy.passed.length = 0;
  proxy.credentials = '';
});

afterAll(() => Promise.all([double.close(), proxy.close()]));

function checked(options: object = {}, access: Partial<Access> = {}): Promise<Check[]> {
  return collect(openAlcuin(testAccess({ settings: { url }, options, ...access })).check(window));
}

function short(checks: readonly Check[]): string[] {
  return checks.map(({ subject, state }) => `${subject}: ${state}`);
}

const all = {
  annuaireIdInitialStudents: 2,
  annuaireIdProfessors: '4',
  annuaireIdStudentsGroups: [5],
  groups: true,
  useProxy: true,
};

describe('checking Alcuin', () => {
  it('tells every setting in order, with what was seen', async () => {
    const { host } = new URL(url);
    expect(await checked(all, { proxy: proxyUrl.replace('//', '//rollcall:letmein-77@') })).toEqual([
      { subject: 'address', state: 'ok', detail: `${host} answers, version 1.0.` },
      { subject: 'password', state: 'ok', detail: 'It was accepted.' },
      { subject: 'time zone', state: 'ok', detail: 'Both sides use Europe/Paris.' },
      { subject: 'directory 2 (annuaireIdInitialStudents)', state: 'ok', detail: 'It lists 1 person.' },
      { subject: 'directory 4 (annuaireIdProfessors)', state: 'ok', detail: 'It lists 2 people.' },
      { subject: 'directory 5 (annuaireIdStudentsGroups)', state: 'ok', detail: 'It lists 1 group.' },
      { subject: 'events', state: 'ok', detail: '3 can be read from 2026-11-02 to 2026-11-16.' },
      { subject: 'proxy', state: 'ok', detail: `All of this went through ${new URL(proxyUrl).host}.` },
    ]);
    expect(proxy.passed).toHaveLength(double.seen.length);
  });

  it('takes a refused password for one, after one attempt', async () => {
    double.fail({ kind: 'status', status: 401 });
    const checks = await checked(all, { proxy: proxyUrl });
    expect(short(checks)).toEqual(['address: ok', 'password: failed']);
    expect(checks.at(-1)?.next).toContain('rollcall secret set');
    expect(double.seen).toHaveLength(1);
  });

  it.each([
    [{}, 'useProxy'],
    [{ useProxy: true }, "proxy's address"],
  ])('hints at the firewall when %j is not let in', async (options, hint) => {
    double.fail({ kind: 'status', status: 403 });
    const checks = await checked(options, { proxy: proxyUrl });
    expect(short(checks)).toEqual(['address: ok', 'access: failed']);
    expect(checks.at(-1)?.next).toContain(hint);
  });

  it.each([
    ['an address page', { kind: 'html' }],
    ['nothing at that path', { kind: 'status', status: 404 }],
    ['silence', { kind: 'hang' }],
  ] as const)('takes %s for a wrong or dead address, and goes no further', async (_, fault) => {
    double.fail(fault);
    const access = { proxy: proxyUrl, ...(fault.kind === 'hang' && { requestTimeoutMs: 300 }) };
    expect(short(await checked(all, access))).toEqual(['address: failed']);
    expect(double.seen).toHaveLength(1);
  });

  it('tells an address in our own network', async () => {
    const checks = await checked({}, { allowHosts: [] });
    expect(short(checks)).toEqual(['address: failed']);
    expect(checks[0]?.next).toContain('ROLLCALL_ALLOW_HOSTS');
  });

  it.each([
    ['another zone', { version: 2, fuseau: 'Indian/Reunion' }, 'Alcuin says Indian/Reunion'],
    ['no zone', { version: '2' }, 'does not say'],
  ])('warns of %s', async (_, ping, words) => {
    double.ping = ping;
    const line = (await checked()).find(({ subject }) => subject === 'time zone');
    expect(line).toMatchObject({ state: 'warning' });
    expect(line?.detail).toContain(words);
    expect(line?.next).toContain('timeZone');
  });

  it('warns of an address that answers without a version', async () => {
    double.ping = {};
    expect(short(await checked())).toContain('address: warning');
  });

  it('tells each directory for itself: unknown, empty, forbidden', async () => {
    const options = { annuaireIdInitialStudents: [99, 6], annuaireIdProfessors: 4 };
    const checks = await checked(options);
    expect(short(checks).slice(3)).toEqual([
      'directory 99 (annuaireIdInitialStudents): failed',
      'directory 6 (annuaireIdInitialStudents): warning',
      'directory 4 (annuaireIdProfessors): ok',
      'events: ok',
    ]);
    expect(checks[3]?.detail).toContain('does not know directory 99 (annuaireIdInitialStudents)');
    double.fail({ kind: 'none' }, { kind: 'status', status: 403 });
    expect((await checked({ annuaireIdProfessors: 4 }))[3]).toMatchObject({
      subject: 'directory 4 (annuaireIdProfessors)',
      state: 'failed',
      next: expect.stringContaining('right'),
    });
  });

  it('warns of a window without events', async () => {
    double.events = [];
    expect(short(await checked())).toContain('events: warning');
  });

  it('tells events that cannot be read', async () => {
    double.spoilPage = () => ({ code: 'ERREUR' });
    expect(short(await checked())).toContain('events: failed');
  });

  it.each([
    ['groups are off', { annuaireIdStudentsGroups: 5 }],
    ['nobody says where the groups are', { groups: true }],
  ])('warns when %s', async (_, options) => {
    expect(short(await checked(options))).toContain('groups: warning');
  });

  it('stops at a server that went silent meanwhile', async () => {
    double.fail({ kind: 'none' }, { kind: 'hang' });
    expect(short(await checked({ ...all, useProxy: false })).slice(3)).toEqual([
      'directory 2 (annuaireIdInitialStudents): failed',
    ]);
  });

  it.each([
    ['is not configured', undefined, 'Set ROLLCALL_PROXY_URL'],
    ['is dead', 'http://rollcall:letmein-77@127.0.0.1:1', 'could not be reached'],
    ['refuses us', 'rollcall:letmein-77', 'refused the user name and password'],
  ])('tells that the proxy %s, not that Alcuin is down', async (_, given, words) => {
    proxy.credentials = 'other:one';
    const address = given?.startsWith('rollcall') ? proxyUrl.replace('//', `//${given}@`) : given;
    const checks = await checked(all, address === undefined ? {} : { proxy: address });
    expect(short(checks)).toEqual(['proxy: failed']);
    expect(checks[0]?.detail).toContain(words);
    expect(JSON.stringify(checks)).not.toContain('letmein');
    expect(double.seen).toHaveLength(0);
  });
});
