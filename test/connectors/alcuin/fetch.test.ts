import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAlcuin } from '../../../connectors/alcuin/source.ts';
import type { Source } from '../../../roster/contracts.ts';
import { lessonWindow } from '../../../roster/window.ts';
import { collect, failureOf, testAccess } from '../doubles/access.ts';
import { type AlcuinDouble, alcuinDouble, event, group, learner } from '../doubles/alcuin-double.ts';

const window = lessonWindow('2026-11-02T23:30:00.000Z', 14, 'Europe/Paris');
let double: AlcuinDouble;
let source: Source;
let url = '';

beforeAll(async () => {
  double = alcuinDouble();
  url = `${await double.listen()}/api`;
  source = opened({ lookAheadDays: 0 });
});

function opened(options: object): Source {
  return openAlcuin(testAccess({ settings: { url }, options }));
}

beforeEach(() => {
  double.seen.length = 0;
  double.events = [1, 2, 3, 4, 5].map((id) => event({ id }));
  double.people = {};
  double.groups = {};
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

  it('reads a later page that doubles something once more: it is drift unless the source doubles it again', async () => {
    const doubled = [event({ id: 4 }), event({ id: 4 })];
    double.spoilPage = (page, number) => (number === 2 ? { ...page, contenu: doubled } : page);
    expect(await fetched()).toHaveLength(3);
    let asked = 0;
    double.spoilPage = (page, number) => {
      if (number !== 2) return page;
      asked += 1;
      return asked === 1 ? { ...page, contenu: doubled } : page;
    };
    expect(await failureOf(fetched())).toMatchObject({ code: 'SOURCE_DRIFTED' });
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

describe('fetching beyond the window', () => {
  const partsOf = async (options: object) => (await collect(opened(options).fetch(window))).map(({ part }) => part);

  beforeEach(() => {
    double.events = [
      event(),
      event({ id: 2, debut: '2026-11-18T08:30:00' }),
      event({ id: 3, debut: '02/12/2026 08h30' }),
    ];
  });

  it('asks for fourteen days more, in pages of their own', async () => {
    expect(await partsOf({})).toEqual(['evenements?numeroPage=1', 'evenements-suivants?numeroPage=1']);
    expect(double.seen.map(({ url }) => url.replace(/&taille.*/, ''))).toEqual([
      '/api/evenements?dateDebut=20261103&dateFin=20261117',
      '/api/evenements?dateDebut=20261118&dateFin=20261201',
    ]);
  });

  it('asks for as many days as it is told, across the end of a year too', async () => {
    await partsOf({ nbDaysToGet: 14, lookAheadDays: 60 });
    expect(double.seen.at(-1)?.url).toContain('dateDebut=20261118&dateFin=20270116');
  });

  it('asks for none when it is told so', async () => {
    expect(await partsOf({ lookAheadDays: 0 })).toEqual(['evenements?numeroPage=1']);
  });

  it('counts either list for itself', async () => {
    double.spoilPage = (page, _, url) => (url.includes('20261118') ? { ...page, nbTotal: 5, contenu: [] } : page);
    expect(await failureOf(partsOf({}))).toMatchObject({ code: 'SOURCE_DRIFTED' });
  });
});

describe('fetching groups', () => {
  const chunksOf = (options: object) => collect(opened({ lookAheadDays: 0, ...options }).fetch(window));
  const partsOf = async (options: object) =>
    (await chunksOf({ groups: true, ...options })).map(({ part }) => part).filter((part) => !part.startsWith('even'));

  beforeEach(() => {
    const named = (...groupes: unknown[]) => event({ id: 1, groupes });
    double.events = [named({ id: 81, idAnnuaire: 6 }, { id: 71, idAnnuaire: 5 }, { id: 82, idAnnuaire: 6 }, null, {})];
    double.groups = { 5: [71, 72, 73].map((id) => group({ id })), 6: [group({ id: 81, idAnnuaire: 6 })] };
  });

  it('reads the directories of the option, all pages of each', async () => {
    expect(await partsOf({ annuaireIdStudentsGroups: '5' })).toEqual([
      'annuaires/5/groupes?numeroPage=1',
      'annuaires/5/groupes?numeroPage=2',
    ]);
  });

  it('reads those that the lessons name when no option does', async () => {
    expect((await partsOf({})).map((part) => part.replace(/\?.*/, ''))).toEqual([
      'annuaires/5/groupes',
      'annuaires/5/groupes',
      'annuaires/6/groupes',
    ]);
  });

  it('reads none when groups are off', async () => {
    expect(await chunksOf({ annuaireIdStudentsGroups: 5 })).toHaveLength(1);
  });

  it('covers all groups only when it is told where they are', () => {
    const coverage = (options: object) => opened(options).scopes.find(({ kind }) => kind === 'group')?.coverage;
    expect(coverage({ groups: true, annuaireIdStudentsGroups: [5, 6] })).toBe('complete');
    expect(coverage({ groups: true })).toBe('referenced');
    expect(coverage({ annuaireIdStudentsGroups: 5 })).toBeUndefined();
  });

  it.each([
    [
      'the total changes',
      (page: object, number: number) => ({ ...page, nbTotal: number === 2 ? 4 : 3 }),
      'SOURCE_DRIFTED',
    ],
    [
      'a group moves to the next page',
      (page: object, number: number) => (number === 2 ? { ...page, contenu: [group({ id: 72 })] } : page),
      'SOURCE_DRIFTED',
    ],
    ['the list is an error', () => ({ code: 'ERREUR' }), 'SOURCE_ANSWER_INVALID'],
  ])('fails as a whole when %s', async (_, spoil, code) => {
    double.spoilPage = (page, number, url) => (url.includes('/groupes') ? spoil(page, number) : page);
    expect(await failureOf(partsOf({ annuaireIdStudentsGroups: 5 }))).toMatchObject({ code });
  });

  it('names the option and the number of a directory that Alcuin does not know', async () => {
    const error = await failureOf(partsOf({ annuaireIdStudentsGroups: [5, 99] }));
    expect(error).toMatchObject({ code: 'SOURCE_SETTING_WRONG', facts: { directory: '99' } });
    expect((error as Error).message).toContain('directory 99 (annuaireIdStudentsGroups)');
  });

  it('says which option helps when the lessons name a directory that is not there', async () => {
    double.groups = { 5: [group()] };
    const error = await failureOf(partsOf({}));
    expect(error).toMatchObject({ code: 'SOURCE_SETTING_WRONG', facts: { directory: '6' } });
    expect((error as Error).message).toContain('Set annuaireIdStudentsGroups');
  });
});

describe('directories of people', () => {
  const options = ['annuaireIdInitialStudents', 'annuaireIdContinuousStudents', 'annuaireIdProfessors'];

  beforeEach(() => {
    double.people = { 2: [learner] };
  });

  it.each(options)('that are unknown are a wrong %s, before any event is read', async (option) => {
    const error = await failureOf(collect(opened({ [option]: [2, 98] }).fetch(window)));
    expect(error).toMatchObject({ code: 'SOURCE_SETTING_WRONG', facts: { directory: '98', option } });
    expect((error as Error).message).toContain(`directory 98 (${option})`);
    expect(double.seen.some(({ url }) => url.includes('evenements'))).toBe(false);
  });

  it.each(options)('that are known leave nobody of theirs in the snapshot: %s', async (option) => {
    double.events = [];
    const chunks = await collect(opened({ [option]: 2 }).fetch(window));
    expect(double.seen[0]?.url).toBe('/api/annuaires/2/personnes?taillePage=1&numeroPage=1');
    expect(chunks.map(({ part }) => part)).toEqual(['evenements?numeroPage=1', 'evenements-suivants?numeroPage=1']);
    expect(Buffer.concat(chunks.map(({ body }) => body)).toString()).not.toContain('Martin');
  });
});
