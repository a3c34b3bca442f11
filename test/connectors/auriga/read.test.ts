import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLabel } from '../../../connectors/auriga/cells.ts';
import { readPerson } from '../../../connectors/auriga/people.ts';
import { readInstant } from '../../../connectors/auriga/times.ts';
import { collect, failureOf } from '../doubles/access.ts';
import { groupHeaders, groupLine, interventionHeaders, line } from '../doubles/auriga-double.ts';
import { chunkOf, definition, groupsPage, lessonOf, lessons, pageOf, records, window } from './snapshot.ts';

describe('a line of the set-up page', () => {
  it('is a lesson with its people', async () => {
    const people = '16026415/GRIMAUD/Karole/k.grimaud@gmail.com|13456/Smith/John/john@gmail.com';
    const given = line({ 'Learner(s)': people, 'Instructor(s)': people, 'Group ID(s)': '546|456' });
    expect(await records(definition(), pageOf([given]))).toEqual([
      {
        kind: 'person',
        syncKey: '16026415',
        familyName: 'GRIMAUD',
        givenName: 'Karole',
        email: 'k.grimaud@gmail.com',
        phone: '',
        directory: '',
        place: { part: 'interventions?page=1', line: 1 },
      },
      expect.objectContaining({ syncKey: '13456', familyName: 'Smith', givenName: 'John', email: 'john@gmail.com' }),
      {
        kind: 'lesson',
        syncKey: '115849@2026-11-03',
        sourceId: '115849',
        localDate: '2026-11-03',
        title: 'Cours magistral § Éthique du numérique - ETHIX',
        startsAt: '2026-11-03T07:30:00.000Z',
        endsAt: '2026-11-03T10:30:00.000Z',
        createdOn: null,
        room: 'Classroom 210',
        state: 'active',
        instructorKeys: ['16026415', '13456'],
        learnerKeys: ['16026415', '13456'],
        groupKeys: ['546', '456'],
        place: { part: 'interventions?page=1', line: 1 },
      },
    ]);
  });

  it('is a group with its code', async () => {
    expect(await records(definition(null, 'groups'), groupsPage([groupLine()]))).toEqual([
      {
        kind: 'group',
        syncKey: '95101654',
        title: 'Groupe TD 1',
        description: '2526_ING_ING1_S5_TLS',
        directory: '',
        memberKeys: ['16026415', '13456'],
        place: { part: 'groups?page=1', line: 1 },
      },
    ]);
  });
});

describe('the name of a lesson', () => {
  it.each([
    ['Cours magistral § Éthique', { fr: 'Éthique' }, { fr: 'Cours magistral' }],
    ['Lectures § Éthique', '{"fr": "Éthique"}', '{ "en": "Lectures" }'],
    ['Éthique', 'Éthique', null],
    ['TD', '', { fr: '', en: ' ', de: 'TD' }],
    ['Session from 08:30', null, {}],
  ])('is %s', async (title, unit, activity) => {
    const cells = { 'Educational Unit.Label': unit, 'Activity Type.Label': activity };
    expect((await lessonOf(line({ ...cells, 'Session (Description)': 'Session  from 08:30 ' }))).title).toBe(title);
  });

  it('is the id when nothing else is said', async () => {
    const nothing = { 'Educational Unit.Label': null, 'Activity Type.Label': null, 'Session (Description)': '' };
    expect((await lessonOf(line(nothing))).title).toBe('115849');
  });
});

it.each([
  ['Salle 210', 'Salle 210', 'S210'],
  ['S210', '', 'S210'],
  ['S210', null, ' S210 '],
  ['', null, undefined],
])('the room is "%s"', async (room, label, code) => {
  expect((await lessonOf(line({ 'Resource.Label': label, 'Resource.Code': code }))).room).toBe(room);
});

describe('a text in several languages', () => {
  it.each([
    ['Éthique', { fr: 'Éthique', en: 'Ethics' }],
    ['Ethics', { en: 'Ethics' }],
    ['Ethik', { fr: null, en: '', de: 'Ethik' }],
    ['Éthique', '{"en": "Ethics", "fr": "Éthique"}'],
    ['Éthique', ' Éthique '],
    ['{not json', '{not json'],
    ['2026', 2026],
    ['', null],
    ['', []],
    ['', {}],
  ])('is read as "%s"', (text, cell) => expect(readLabel(cell)).toBe(text));

  it('is a text whatever it is, and one that was read before is read as itself', () => {
    fc.assert(
      fc.property(fc.anything(), (cell) => {
        const text = readLabel(cell);
        expect(typeof text).toBe('string');
        expect(text).toBe(text.trim());
      }),
    );
  });
});

describe('people', () => {
  it.each([
    ['13456/Smith/John/john@gmail.com', ['13456', 'Smith', 'John', 'john@gmail.com']],
    [' 13456 / Smith / John / john@gmail.com ', ['13456', 'Smith', 'John', 'john@gmail.com']],
    ['7/Fabre/Jean/Luc/jl@x.example', ['7', 'Fabre', 'Jean/Luc', 'jl@x.example']],
    ['7/DE LA  TOUR/Anne/a@x.example', ['7', 'DE LA TOUR', 'Anne', 'a@x.example']],
    ['7/Nadal/Hugo/', ['7', 'Nadal', 'Hugo', '']],
    ['7//Hugo/h@x.example', ['7', '', 'Hugo', 'h@x.example']],
    ['7/Nadal/h@x.example', ['7', 'Nadal', '', 'h@x.example']],
    ['7/Nadal/Hugo', ['7', 'Nadal', 'Hugo', '']],
    ['7', ['7', '', '', '']],
  ])('"%s" is read', (segment, [id, familyName, givenName, email]) => {
    expect(readPerson(segment)).toEqual({ id, familyName, givenName, email });
  });

  it.each(['/Smith/John/j@x.example', 'Pont/Jean/Luc/j@x.example', '1@2/A/B/c@x.example', ''])(
    '"%s" is nobody',
    (segment) => {
      expect(readPerson(segment)).toBeUndefined();
    },
  );

  it('are named once, and whoever cannot be is told by place without a name', async () => {
    const given = line({ 'Learner(s)': '|1/A/B/a@x.example| |1/A/B/a@x.example|/Lost/Person/l@x.example|' });
    const all = await records(definition(), pageOf([given]));
    expect(all.at(-1)).toMatchObject({ learnerKeys: ['1'] });
    expect(all.filter(({ kind }) => kind === 'unreadable')).toEqual([
      { kind: 'unreadable', of: 'person', field: 'Learner(s)', place: { part: 'interventions?page=1', line: 1 } },
    ]);
  });

  it('are written the way they are read', () => {
    const name = fc.stringMatching(/^[A-Za-zÀ-ÿ' -]{1,20}$/).map((text) => text.replace(/\s+/g, ' ').trim() || 'X');
    fc.assert(
      fc.property(
        fc.nat(),
        name,
        fc.array(name, { minLength: 1, maxLength: 3 }),
        fc.emailAddress(),
        (id, last, first, mail) => {
          fc.pre(!/[/|]/.test(mail));
          const person = { id: String(id), familyName: last, givenName: first.join('/'), email: mail };
          expect(readPerson([id, last, ...first, mail].join('/'))).toEqual({
            ...person,
            familyName: last.normalize('NFC'),
            givenName: first.join('/').normalize('NFC'),
          });
        },
      ),
    );
  });

  it('of two lessons with other data are two rows, for the rules to see', async () => {
    const all = await records(
      definition(),
      pageOf([line({ 'Learner(s)': '1/A/B/a@x.example' }), line({ ID: 2, 'Learner(s)': '1/A/C/a@x.example' })]),
    );
    expect(all.filter((record) => record.kind === 'person' && record.syncKey === '1')).toHaveLength(2);
  });
});

describe('times', () => {
  it.each([
    ['2021-12-15T08:30:00', '2021-12-15T07:30:00.000Z'],
    ['2026-07-15 08:30', '2026-07-15T06:30:00.000Z'],
    ['2026-11-03T08:30:00Z', '2026-11-03T08:30:00.000Z'],
    ['2026-11-03T08:30:00.000+05:00', '2026-11-03T03:30:00.000Z'],
    // The hour that is skipped in March, and the one that happens twice in October: the first, in summer time.
    ['2026-03-29T02:30:00', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25T02:30:00', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25T02:30:00+01:00', '2026-10-25T01:30:00.000Z'],
    ['2026-02-30T08:30:00', undefined],
    ['0001-01-01T00:00:00', undefined],
    ['2026-11-03', undefined],
    ['', undefined],
    [null, undefined],
    [1_762_155_000_000, undefined],
  ])('%s in Paris is %s', (cell, instant) => expect(readInstant(cell, 'Europe/Paris')).toBe(instant));

  it.each([
    [null, '2026-11-03T07:30:00.000Z'],
    ['Europe/Paris', '2026-11-03T07:30:00.000Z'],
    ['America/Martinique', '2026-11-03T12:30:00.000Z'],
  ])('are those of the zone that the definition names: %s', async (zone, startsAt) => {
    expect(await lessons(definition(zone), pageOf([line()]))).toMatchObject([{ startsAt, localDate: '2026-11-03' }]);
  });

  it('of a zone that nobody knows are refused', async () => {
    expect(await failureOf(records(definition('Mars/Olympus'), pageOf([line()])))).toMatchObject({
      code: 'SOURCE_ANSWER_INVALID',
    });
  });

  it('that cannot be read leave the end empty, and are told of a start', async () => {
    expect((await lessonOf(line({ End: '-' }))).endsAt).toBe('');
    const all = await records(definition(), pageOf([line(), line({ ID: 2, Start: '-' })]));
    expect(all.filter(({ kind }) => kind === 'unreadable')).toMatchObject([{ of: 'lesson', field: 'Start' }]);
  });
});

describe('the window', () => {
  it.each([
    ['yesterday', '2026-11-01T08:30:00', 0],
    ['today', '2026-11-02T00:00:00', 1],
    ['the last day', '2026-11-16T08:30:00', 1],
    ['beyond, to tell when it will be sent', '2026-11-30T08:30:00', 1],
    ['far beyond', '2026-12-01T08:30:00', 0],
  ])('%s', async (_, Start, count) => {
    expect(await lessons(definition(), pageOf([line({ Start })]))).toHaveLength(count);
  });
});

describe('columns', () => {
  const shuffled = (headers: readonly string[], seed: number) =>
    headers.map((header, at) => ({ header, at })).sort((a, b) => ((a.at * seed) % 13) - ((b.at * seed) % 13));

  it.each([2, 3, 5, 7])('are found wherever they stand (%i)', async (seed) => {
    const order = shuffled(interventionHeaders, seed);
    const cells = line();
    const columns = order.map(({ header }) => ({ label: { en: header } }));
    const [found] = await lessons(definition(), pageOf([order.map(({ at }) => cells[at])], columns));
    expect(found).toEqual(await lessonOf(cells));
  });

  it("are found by the product's own French and English headers", async () => {
    const headers = [
      'id',
      'Début',
      'FIN',
      'Composant pédagogique.Libellé',
      "Type d'activité . Libellé",
      'Séance (Description)',
      'Ressource.Caption',
      'Ressource.Code',
      'Apprenants',
      'Intervenant(s)',
      'ID groupe(s)',
    ];
    const columns = headers.map((label) => ({ label: label === 'Apprenants' ? 'Apprenant(s)' : label }));
    expect(await lessons(definition(), pageOf([line()], columns))).toEqual([await lessonOf(line())]);
  });

  it('are found by their place in the model before any header', async () => {
    const columns: object[] = interventionHeaders.map((en) => ({ label: { en } }));
    // Somebody renamed both: only the model tells them apart.
    columns[1] = { field: 'startDateTime', path: 'Intervention', label: { fr: 'Fin' } };
    columns[2] = { field: 'endDateTime', path: 'Intervention', label: { fr: 'Début' } };
    expect(await lessons(definition(), pageOf([line()], columns))).toEqual([await lessonOf(line())]);
  });

  it.each(['ID', 'Start', 'End', 'Learner(s)', 'Instructor(s)'])('%s must be there', async (lost) => {
    const at = interventionHeaders.indexOf(lost);
    const without = (cells: readonly unknown[]) => cells.filter((_, index) => index !== at);
    const columns = without(interventionHeaders).map((en) => ({ label: { en } }));
    const error = await failureOf(records(definition(), pageOf([without(line())], columns)));
    expect(error).toMatchObject({ code: 'SOURCE_SETTING_WRONG', message: expect.stringContaining(`"${lost}"`) });
  });

  it('other than these may be missing, or too many', async () => {
    const kept = ['ID', 'Start', 'End', 'Learner(s)', 'Instructor(s)'];
    const cells = line();
    const columns = [...kept, 'Status'].map((en) => ({ label: { en } }));
    const given = [...kept.map((header) => cells[interventionHeaders.indexOf(header)]), 'PLANIFIE'];
    expect(await lessons(definition(), pageOf([given], columns))).toMatchObject([
      { title: '115849', room: '', groupKeys: [] },
    ]);
  });

  it('that are not named are those of the set-up page, if every line fits', async () => {
    expect(await lessons(definition(), pageOf([line()], null))).toEqual([await lessonOf(line())]);
    for (const odd of [line({ ID: 'x' }), line({ Start: 'x' }), line().slice(1)]) {
      const error = await failureOf(records(definition(), pageOf([line(), odd], null)));
      expect(error).toMatchObject({ code: 'SOURCE_ANSWER_INVALID' });
    }
  });

  it('of another number than the cells are refused', async () => {
    const error = await failureOf(records(definition(), pageOf([line().slice(1)])));
    expect(error).toMatchObject({ code: 'SOURCE_ANSWER_INVALID' });
  });
});

describe('several lines of one intervention', () => {
  it('are one lesson with all units, rooms and people in the order they were seen', async () => {
    const more = line({
      'Educational Unit.Label': { fr: 'Algèbre' },
      'Resource.Label': 'Salle 102',
      'Learner(s)': '1002/B/C/b@x.example|1001/Martin/Zoé/zoe.martin@school.example',
      'Group ID(s)': 547,
    });
    const found = await lessons(definition(), pageOf([line(), line()], undefined, 1), pageOf([more], undefined, 2));
    expect(found).toMatchObject([
      {
        title: 'Cours magistral § Éthique du numérique - ETHIX, Algèbre',
        room: 'Classroom 210, Salle 102',
        learnerKeys: ['1001', '1002'],
        groupKeys: ['546', '547'],
        place: { line: 1 },
      },
    ]);
  });

  it('are one group with all members', async () => {
    const page = groupsPage([groupLine(), groupLine({ 'Learner(s)': '13456|7/A/B/c@x.example' })]);
    expect(await records(definition(null, 'groups'), page)).toMatchObject([{ memberKeys: ['16026415', '13456', '7'] }]);
  });
});

describe('what is no favourite any more', () => {
  it.each([
    [[1, 'x'], undefined],
    [[1, 'x', 'y'], 'SOURCE_ANSWER_INVALID'],
    [['x'], 'SOURCE_ANSWER_INVALID'],
  ])('with the ids %j', async (ids, code) => {
    const read = records(definition(), pageOf(ids.map((ID) => line({ ID }))));
    if (code === undefined) expect((await read).filter(({ kind }) => kind === 'unreadable')).toHaveLength(1);
    else expect(await failureOf(read)).toMatchObject({ code });
    const groups = records(definition(null, 'groups'), groupsPage(ids.map((ID) => groupLine({ ID }))));
    if (code === undefined) expect((await groups).filter(({ kind }) => kind === 'unreadable')).toHaveLength(1);
    else expect(await failureOf(groups)).toMatchObject({ code });
  });

  it('is an error, an empty one is none', async () => {
    expect(
      await records(definition(), chunkOf('interventions?page=1', { content: { lines: [] }, totalPages: 0 })),
    ).toEqual([]);
    for (const body of [
      {},
      { totalPages: 1 },
      { content: {}, totalPages: 1 },
      { content: { lines: {} }, totalPages: 1 },
      [],
    ]) {
      const read = records(definition(), chunkOf('interventions?page=1', body));
      expect(await failureOf(read)).toMatchObject({ code: 'SOURCE_ANSWER_INVALID' });
    }
  });
});

it('a read that was begun again replaces the one before', async () => {
  const first = [definition(), pageOf([line(), line({ ID: 2 })])];
  expect(await lessons(...first, definition(), pageOf([line({ ID: 3 })]))).toMatchObject([{ sourceId: '3' }]);
});

describe('cells of any content', () => {
  const cell = fc.oneof(
    fc.anything(),
    fc.string(),
    fc.integer(),
    fc.constantFrom('|', '/', '1/2/3/4', '1|2', '{}', null),
  );
  const json = cell.map((value) => JSON.parse(JSON.stringify({ value: safe(value) })).value);

  it('never break the read, and name lessons only by people that were given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(json, { minLength: 11, maxLength: 11 }), async (cells) => {
        const odd = interventionHeaders.map((_, at) => cells[at] ?? null);
        const all = await collect(streamed(await records(definition(), pageOf([line(), line({ ID: 2 }), odd]))));
        const persons = new Set(all.flatMap((record) => (record.kind === 'person' ? [record.syncKey] : [])));
        for (const record of all) {
          if (record.kind !== 'lesson') continue;
          expect([...record.learnerKeys, ...record.instructorKeys].every((key) => persons.has(key))).toBe(true);
          expect(record.title).not.toBe('');
        }
        const group = groupHeaders.map((_, at) => cells[at] ?? null);
        await records(definition(null, 'groups'), groupsPage([groupLine(), groupLine({ ID: 2 }), group]));
      }),
      { numRuns: 300 },
    );
  });
});

/** What JSON can carry. */
function safe(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null');
  } catch {
    return null;
  }
}

async function* streamed<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

it('the window of these tests is fourteen days', () => {
  expect(window).toMatchObject({ fromDate: '2026-11-02', toDate: '2026-11-16' });
});
