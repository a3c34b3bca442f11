import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAlcuin } from '../../../connectors/alcuin/source.ts';
import type { Source } from '../../../roster/contracts.ts';
import { lessonWindow } from '../../../roster/window.ts';
import { collect, failureOf, testAccess } from '../doubles/access.ts';
import { type AlcuinDouble, alcuinDouble, event } from '../doubles/alcuin-double.ts';

const window = lessonWindow('2026-11-02T23:30:00.000Z', 14, 'Europe/Paris');
let double: AlcuinDouble;
let source: Source;

beforeAll(async () => {
  double = alcuinDouble();
  const url = `${await double.listen()}/api`;
  source = openAlcuin(testAccess({ settings: { url } }));
});

beforeEach(() => {
  double.seen.length = 0;
  double.events = [1, 2, 3, 4, 5].map((id) => event({ id }));
  double.spoilPage = (page) => page;
});

afterAll(() => double.close());

function fetched() {
  return collect(source.fetch(window));
}

describe('fetching from Alcuin', () => {
  it('asks page by page for the local dates of the window, with the password in the header only', async () => {
    const chunks = await fetched();
    expect(chunks.map(({ part }) => part)).toEqual([1, 2, 3].map((page) => `evenements?numeroPage=${page}`));
    expect(double.seen.map(({ url }) => url)).toEqual(
      [1, 2, 3].map((page) => `/api/evenements?dateDebut=20261103&dateFin=20261117&taillePage=200&numeroPage=${page}`),
    );
    expect(double.seen.every(({ headers }) => headers['authorization'] === 'Bearer open-sesame-42')).toBe(true);
  });

  it('gives the bodies out as they came', async () => {
    double.events = [event({ nom: 'Algèbre\u00a0 II' })];
    const [chunk] = await fetched();
    expect(Buffer.from(chunk?.body ?? []).toString()).toContain('Algèbre\u00a0 II');
    expect(chunk?.mediaType).toBe('application/json; charset=utf-8');
  });

  it('reads an empty timetable as one empty page, also without a content', async () => {
    double.events = [];
    double.spoilPage = ({ contenu, ...page }) => page;
    const chunks = await fetched();
    expect(chunks).toHaveLength(1);
    expect(await collect(source.read(source.fetch(window), window))).toEqual([]);
  });

  it('takes a single object for a list of one', async () => {
    double.events = [event()];
    double.spoilPage = (page) => ({ ...page, contenu: event() });
    expect(await fetched()).toHaveLength(1);
  });

  it('takes what one page doubles for the doubling of the source', async () => {
    double.events = [event(), event()];
    expect(await fetched()).toHaveLength(1);
  });

  it.each([
    ['the total changes', (page: object, number: number) => ({ ...page, nbTotal: number === 2 ? 6 : 5 })],
    ['the last page is short', (page: object, number: number) => (number === 3 ? { ...page, contenu: [] } : page)],
    ['there are more than named', (page: object) => ({ ...page, nbTotal: 3 })],
    [
      'a page comes twice',
      (page: object, number: number) => (number === 2 ? { ...page, contenu: double.events.slice(0, 2) } : page),
    ],
    [
      'one event moves to the next page',
      (page: object, number: number) => (number === 2 ? { ...page, contenu: double.events.slice(1, 3) } : page),
    ],
  ])('is SOURCE_DRIFTED when %s', async (_, spoil) => {
    double.spoilPage = spoil;
    expect(await failureOf(fetched())).toMatchObject({ code: 'SOURCE_DRIFTED' });
  });

  it.each([
    ['an error with status 200', { code: 'ERREUR', message: 'Session perdue' }],
    ['a bare list', [event()]],
    ['no total', { contenu: [] }],
    ['a total that is nothing', { nbTotal: null, contenu: [] }],
    ['a total without content', { nbTotal: 3 }],
    ['content that is text', { nbTotal: 1, contenu: 'rien' }],
    ['an event that is none', { nbTotal: 1, contenu: [null] }],
    ['null', null],
  ])('is SOURCE_ANSWER_INVALID when it gets %s', async (_, answer) => {
    double.spoilPage = () => answer ?? 'null';
    expect(await failureOf(fetched())).toMatchObject({ code: 'SOURCE_ANSWER_INVALID' });
  });

  it.each([400, 404])('tells a setting that is wrong by status %i', async (status) => {
    double.fail({ kind: 'status', status });
    expect(await failureOf(fetched())).toMatchObject({ code: 'SOURCE_SETTING_WRONG' });
  });

  it('takes a fault on a later page for a fault of the whole read', async () => {
    double.fail({ kind: 'none' }, { kind: 'cut' });
    const pages: string[] = [];
    const read = (async () => {
      for await (const { part } of source.fetch(window)) pages.push(part);
    })();
    expect(await failureOf(read)).toMatchObject({ code: 'SOURCE_ANSWER_INVALID' });
    expect(pages).toEqual(['evenements?numeroPage=1']);
  });
});
