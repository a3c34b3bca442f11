import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Check } from '../../../roster/contracts.ts';
import { favourites } from '../../../simulators/auriga/schools/frame.ts';
import { type AurigaRunning, demoAccount, startAuriga } from '../../../simulators/auriga/server.ts';
import { collect } from '../doubles/access.ts';
import { Controls } from './controls.ts';
import { openOn } from './places.ts';
import { window } from './snapshot.ts';

let server: AurigaRunning;
let controls: Controls;

beforeAll(async () => {
  server = await startAuriga({ school: 'small-class', now: '2026-11-02T06:00:00Z' });
  controls = new Controls(server);
});
beforeEach(() => controls.reset('small-class'));
afterAll(() => server.close());

async function check(changes: Parameters<typeof openOn>[1] = {}): Promise<Check[]> {
  const source = openOn(server, changes);
  const lines = await collect(source.check(window));
  await source.close?.();
  return lines;
}

const notOk = (lines: readonly Check[]) => lines.filter(({ state }) => state !== 'ok');
const favourite = (fields: object, id: number = favourites.interventions) =>
  controls.edit({ edit: 'change-favourite', favourite: id, fields });

it('finds everything in order, and signs out', async () => {
  const lines = await check();
  expect(lines.map(({ subject }) => subject)).toEqual([
    'single sign-on',
    'sign-in',
    'address',
    'favourite 945 (interventionsDetailFavoriteQueryId)',
    'columns of the interventions',
    'interventions',
    'time zone',
    'favourite 1198 (GroupesDetailFavoriteQueryId)',
    'columns of the groups',
    'groups',
  ]);
  expect(notOk(lines)).toEqual([]);
  expect(lines[3]?.detail).toBe('"Affichage favori émargement" runs under menu entry 1144.');
  expect((await controls.keycloak()).openSessions).toBe(0);
});

type Case = [string, () => Parameters<typeof openOn>[1], string, () => string];

it.each<Case>([
  [
    'the corrected address',
    () => ({ settings: { keycloakUrl: `${server.keycloakUrl}/auth` } }),
    'single sign-on',
    () => `keycloakUrl should be ${server.keycloakUrl}: the realm "npecole" is there.`,
  ],
  ['an unknown realm', () => ({ settings: { realm: 'other' } }), 'single sign-on', () => 'knows no realm "other"'],
  ['a wrong secret', () => ({ secrets: { clientSecret: 'x' } }), 'client', () => 'clientSecret is wrong'],
  ['a wrong password', () => ({ secrets: { password: 'x' } }), 'account', () => 'password is wrong'],
  [
    'another application',
    () => ({ settings: { url: `${server.url}/elsewhere` } }),
    'address',
    () => 'refused a token|does not know',
  ],
])('tells %s, and tries nothing more', async (_, changes, subject, words) => {
  const lines = await check(changes());
  const failed = notOk(lines);
  expect(failed).toEqual([
    {
      subject,
      state: 'failed',
      detail: expect.stringMatching(new RegExp(words().replace(/[().]/g, '\\$&'))),
      next: expect.any(String),
    },
  ]);
  expect(lines.at(-1)).toBe(failed[0]);
});

it('tells a client without direct access grants, and an account that is not set up', async () => {
  const client = { clientId: demoAccount.clientId, secret: demoAccount.clientSecret };
  const user = { username: demoAccount.username, password: demoAccount.password };
  await controls.setRealm({ clients: [{ ...client, directAccessGrantsEnabled: false }] });
  expect(notOk(await check())).toMatchObject([
    { subject: 'client', detail: expect.stringContaining('direct access grants') },
  ]);
  await controls.setRealm({ clients: [client], users: [{ ...user, requiredActions: ['UPDATE_PASSWORD'] }] });
  expect(notOk(await check())).toMatchObject([
    { subject: 'account', detail: expect.stringContaining('not fully set up') },
  ]);
  await controls.setRealm({ users: [user] });
});

it('names the columns that are missing: what is needed fails, the rest is a warning', async () => {
  await favourite({ without: ['start', 'unit', 'learners'] });
  await favourite({ without: ['code'] }, favourites.groups);
  expect(notOk(await check())).toEqual([
    {
      subject: 'columns of the interventions',
      state: 'failed',
      detail: 'Not there: "Start", "Educational Unit.Label", "Learner(s)".',
      next: expect.any(String),
    },
    { subject: 'columns of the groups', state: 'warning', detail: 'Not there: "Code".', next: expect.any(String) },
  ]);
});

it('goes on after a favourite that is not there', async () => {
  await favourite({ listed: false });
  const lines = await check();
  expect(notOk(lines)).toMatchObject([
    { subject: 'favourite 945 (interventionsDetailFavoriteQueryId)', state: 'failed' },
  ]);
  expect(lines.map(({ subject }) => subject)).toContain('columns of the groups');
});

it('warns of another time zone, of columns without names, and of nothing to read', async () => {
  await favourite({ timezone: 'America/Martinique', namesColumns: false });
  await controls.edit({ edit: 'empty-timetable' });
  expect(notOk(await check()).map(({ subject, state }) => [subject, state])).toEqual([
    ['columns of the interventions', 'warning'],
    ['interventions', 'warning'],
    ['time zone', 'warning'],
  ]);
});
