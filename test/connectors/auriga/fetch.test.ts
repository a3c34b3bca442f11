import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Source } from '../../../roster/contracts.ts';
import type { SourceRecord } from '../../../roster/records.ts';
import { favouriteEntry, favourites } from '../../../simulators/auriga/schools/frame.ts';
import { type AurigaRunning, startAuriga } from '../../../simulators/auriga/server.ts';
import { collect, failureOf } from '../doubles/access.ts';
import { Controls } from './controls.ts';
import { openOn } from './places.ts';
import { window } from './snapshot.ts';

let server: AurigaRunning;
let controls: Controls;

beforeAll(async () => {
  server = await startAuriga({ school: 'small-class', now: '2026-11-02T06:00:00Z', pageCap: 5 });
  controls = new Controls(server);
});
beforeEach(() => controls.reset('small-class'));
afterAll(() => server.close());

async function records(source: Source = openOn(server)): Promise<SourceRecord[]> {
  const all = await collect(source.read(source.fetch(window), window));
  await source.close?.();
  return all;
}

const search = `/api/menuEntries/${favouriteEntry}/searchResult`;
const favourite = (fields: object, id: number = favourites.interventions) =>
  controls.edit({ edit: 'change-favourite', favourite: id, fields });

describe('a whole school', () => {
  it('is read page by page, signed out at the end, with every oddity of names', async () => {
    const all = await records();
    const lessons = all.filter((record) => record.kind === 'lesson');
    expect(lessons).toHaveLength(16);
    expect(all.filter(({ kind }) => kind === 'person')).toHaveLength(14);
    expect(all.filter(({ kind }) => kind === 'group')).toMatchObject([
      { syncKey: '301', title: 'ING1', description: '2627_ING_ING1' },
      { syncKey: '302', title: 'Groupe TD 1' },
      { syncKey: '303', title: 'Group 2' },
    ]);
    expect(all.filter(({ kind }) => kind === 'unreadable')).toEqual([]);
    expect(all).toContainEqual(expect.objectContaining({ familyName: 'Fabre', givenName: 'Jean/Luc' }));
    expect(all).toContainEqual(expect.objectContaining({ familyName: 'DE LA TOUR', givenName: 'Anne' }));
    expect(lessons.map(({ title }) => title)).toEqual(
      expect.arrayContaining([
        'Cours magistral § Algèbre linéaire',
        'Cours magistral § Algèbre linéaire, Digital ethics',
        'Laboratory',
        'Soutien en mathématiques',
        'Digital ethics',
        '115816',
      ]),
    );
    expect(lessons.map(({ room }) => room)).toEqual(expect.arrayContaining(['Amphi Aurore, Salle 102', 'S203', '']));
    expect((await controls.keycloak()).openSessions).toBe(0);
  });

  it.each([
    ['in another order of columns', { seed: 99 }],
    ['in a zone of the definition', { timezone: 'America/Martinique' }],
    ['without a zone', { timezone: null }],
    ['with identical lines joined', { joinIdenticalLines: true }],
    ['without names of columns', { namesColumns: false }],
  ])('is the same %s', async (_, fields) => {
    const before = (await records()).map(withoutPlace);
    await favourite(fields);
    expect((await records()).map(withoutPlace)).toEqual(before);
  });

  it('takes the menu entry from the options where the menu does not show the favourite', async () => {
    await favourite({ listed: false });
    expect(await failureOf(records())).toMatchObject({
      code: 'SOURCE_SETTING_WRONG',
      message: expect.stringContaining('interventionsMenuEntryId'),
    });
    const options = { interventionsMenuEntryId: favouriteEntry };
    expect((await records(openOn(server, { options }))).length).toBeGreaterThan(0);
  });

  it('tells a favourite that is not there by its option', async () => {
    const options = { GroupesDetailFavoriteQueryId: 7, groupsMenuEntryId: 1 };
    expect(await failureOf(records(openOn(server, { options })))).toMatchObject({
      code: 'SOURCE_SETTING_WRONG',
      facts: { query: '7', option: 'GroupesDetailFavoriteQueryId' },
    });
  });
});

describe('while the timetable is edited', () => {
  it('it is read once more, and then it is whole', async () => {
    const before = (await records()).map(withoutPlace);
    await controls.fault({
      match: { path: search, query: { page: '3' } },
      fault: 'drift',
      drift: 'inserted',
      count: 1,
    });
    expect((await records()).map(withoutPlace)).toEqual(before);
  });

  it('for long, the read ends in an error', async () => {
    await controls.fault({ match: { path: search, query: { page: '2' } }, fault: 'drift', drift: 'removed' });
    expect(await failureOf(records())).toMatchObject({ code: 'SOURCE_DRIFTED' });
  });
});

describe('the token', () => {
  it('that expires between two pages is renewed, and the page asked for again', async () => {
    await controls.fault({ match: { path: search, query: { page: '2' } }, fault: 'status', status: 401, count: 1 });
    const before = await controls.tokenRequests();
    expect((await records()).length).toBeGreaterThan(0);
    expect((await controls.tokenRequests()).slice(before.length)).toEqual(['password', 'refresh_token']);
  });

  it('of a session that was ended is replaced by the password', async () => {
    const source = openOn(server);
    const chunks = source.fetch(window)[Symbol.asyncIterator]();
    const before = await controls.tokenRequests();
    await chunks.next();
    await controls.post('keycloak/end-sessions');
    while (!(await chunks.next()).done);
    expect((await controls.tokenRequests()).slice(before.length)).toEqual(['password', 'refresh_token', 'password']);
  });

  it('of a realm with short lives and rotation lasts for the whole read', async () => {
    await controls.setRealm({ accessTokenLifespan: 1, revokeRefreshToken: true });
    expect((await records()).length).toBeGreaterThan(0);
    await controls.setRealm({ useRefreshTokens: false });
    expect((await records()).length).toBeGreaterThan(0);
    await controls.setRealm({ accessTokenLifespan: 300, revokeRefreshToken: false, useRefreshTokens: true });
  });

  it.each([400, 401] as const)('is refused once for a wrong password, with status %i', async (badPasswordStatus) => {
    await controls.setRealm({ badPasswordStatus });
    const before = await controls.tokenRequests();
    const source = openOn(server, { secrets: { password: 'another' } });
    expect(await failureOf(collect(source.fetch(window)))).toMatchObject({ code: 'SOURCE_AUTH_REFUSED' });
    expect(await failureOf(collect(source.fetch(window)))).toMatchObject({ code: 'SOURCE_AUTH_REFUSED' });
    expect((await controls.tokenRequests()).slice(before.length)).toEqual(['password']);
  });
});

it.each([
  ['html200', 'SOURCE_ANSWER_INVALID'],
  ['no-content', 'SOURCE_ANSWER_INVALID'],
  ['cut', 'SOURCE_ANSWER_INVALID'],
  ['reset', 'SOURCE_UNREACHABLE'],
])('%s in place of a page is never an empty list', async (fault, code) => {
  await controls.fault({ match: { path: search, query: { page: '2' } }, fault, count: 1 });
  expect(await failureOf(records())).toMatchObject({ code });
});

it('a favourite most of whose lines cannot be read has changed', async () => {
  await controls.fault({ match: { path: search }, fault: 'spoilt-lines', share: 0.6 });
  expect(await failureOf(records())).toMatchObject({ code: 'SOURCE_ANSWER_INVALID' });
});

function withoutPlace({ place: _, ...record }: SourceRecord): unknown {
  return record;
}
