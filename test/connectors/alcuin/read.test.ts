import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../../../connectors/alcuin/read.ts';
import type { RawChunk } from '../../../roster/contracts.ts';
import { RollcallError } from '../../../roster/errors.ts';
import type { LessonRecord, PersonRecord, SourceRecord, UnreadableRecord } from '../../../roster/records.ts';
import { lessonWindow } from '../../../roster/window.ts';
import { collect, failureOf, streamOf } from '../doubles/access.ts';
import { type DoubleEvent, event, group, learner, teacher } from '../doubles/alcuin-double.ts';

const window = lessonWindow('2026-11-02T08:00:00.000Z', 14, 'Europe/Paris');

function page(number: number, contenu: unknown, nbTotal: unknown = 1): RawChunk {
  const body = Buffer.from(JSON.stringify({ nbTotal, contenu }));
  return { part: `evenements?numeroPage=${number}`, mediaType: 'application/json', body };
}

function pageOf(part: string, ...contenu: unknown[]): RawChunk {
  return { ...page(1, contenu, contenu.length), part };
}

function unreadableOf(records: readonly SourceRecord[]): UnreadableRecord[] {
  return records.filter((record) => record.kind === 'unreadable');
}

function readAll(...chunks: RawChunk[]): Promise<SourceRecord[]> {
  return collect(readRecords(streamOf(...chunks), window));
}

function lessonsOf(records: readonly SourceRecord[]): LessonRecord[] {
  return records.filter((record) => record.kind === 'lesson');
}

function personsOf(records: readonly SourceRecord[]): PersonRecord[] {
  return records.filter((record) => record.kind === 'person');
}

async function lessonOf(changes: DoubleEvent): Promise<LessonRecord | undefined> {
  return lessonsOf(await readAll(page(1, [event(changes)])))[0];
}

describe('reading a snapshot of Alcuin', () => {
  it('gives the lesson and its persons', async () => {
    expect(await readAll(page(1, [event()]))).toEqual([
      {
        kind: 'person',
        syncKey: '9001',
        givenName: 'Agnès',
        familyName: 'Durand',
        email: 'agnes.durand@school.example',
        phone: '',
        directory: '4',
        place: { part: 'evenements?numeroPage=1', line: 1 },
      },
      expect.objectContaining({ syncKey: '1001', givenName: 'Zoé', phone: '06 00 00 00 01', directory: '2' }),
      {
        kind: 'lesson',
        syncKey: '501@2026-11-03',
        sourceId: '501',
        localDate: '2026-11-03',
        title: 'Cours - Algèbre',
        startsAt: '2026-11-03T07:30:00.000Z',
        endsAt: '2026-11-03T09:00:00.000Z',
        createdOn: null,
        room: 'B 204',
        state: 'active',
        instructorKeys: ['9001'],
        learnerKeys: ['1001'],
        groupKeys: [],
        place: { part: 'evenements?numeroPage=1', line: 1 },
      },
    ]);
  });

  it('keys one event with several dates by date, and several on one date by start, across pages', async () => {
    const afternoon = event({ debut: '2026-11-03T14:00:00', fin: '2026-11-03T16:00:00' });
    const nextWeek = event({ debut: '10/11/2026 08h30', fin: '10/11/2026 10h00' });
    const records = await readAll(page(1, [afternoon, nextWeek]), page(2, [event()]));
    expect(lessonsOf(records).map(({ syncKey }) => syncKey)).toEqual([
      '501@2026-11-03#2',
      '501@2026-11-10',
      '501@2026-11-03',
    ]);
  });

  it('dates a lesson by the school’s zone', async () => {
    expect(await lessonOf({ debut: '2026-11-03T23:30:00Z', fin: '2026-11-04T01:00:00Z' })).toMatchObject({
      syncKey: '501@2026-11-04',
    });
  });

  it('gives a person of several lessons once, and again only where the content differs', async () => {
    const renamed = { ...learner, nom: 'Martin-Roux' };
    const records = await readAll(page(1, [event(), event({ id: 2 }), event({ id: 3, apprenants: [renamed] })]));
    expect(personsOf(records).map(({ syncKey, familyName }) => `${syncKey} ${familyName}`)).toEqual([
      '9001 Durand',
      '1001 Martin',
      '1001 Martin-Roux',
    ]);
  });

  it('names a person once on a roster, and leaves out who has no identifier', async () => {
    const lesson = await lessonOf({
      formateurs: teacher,
      apprenants: [learner, { nom: 'Sans', prenom: 'Numéro' }, learner, 'Zoé', null, { ...learner, id: 12.5 }],
    });
    expect(lesson).toMatchObject({ instructorKeys: ['9001'], learnerKeys: ['1001'] });
  });

  it('takes missing lists for empty ones', async () => {
    const lesson = await lessonOf({ formateurs: undefined, apprenants: null, ressources: '' });
    expect(lesson).toMatchObject({ instructorKeys: [], learnerKeys: [], room: '' });
  });

  it('joins the rooms and leaves other resources out', async () => {
    const ressources = [
      { id: 1, nom: ' B\u00a0 204 ', type: 'SAL' },
      { id: 2, nom: 'Vidéoprojecteur', type: 'MAT' },
      { id: 3, nom: 'Amphi', type: 'sal' },
      { id: 4, nom: '', type: 'SAL' },
      { id: 5 },
    ];
    expect(await lessonOf({ ressources })).toMatchObject({ room: 'B 204, Amphi' });
  });

  it('cleans texts of the spaces people never typed', async () => {
    const lesson = await lessonOf({ nom: '\u00a0Cours\u00a0-\u202f Alge\u0300bre \u0000\n' });
    expect(lesson?.title).toBe('Cours - Algèbre');
  });

  it.each([
    ['ACT', 'active'],
    ['act ', 'active'],
    ['NON', 'cancelled'],
    ['ATT', 'waiting'],
    ['???', 'waiting'],
    [undefined, 'waiting'],
  ])('reads the state %s as %s', async (etat, state) => {
    expect(await lessonOf({ etat })).toMatchObject({ state });
  });

  it.each([
    ['id', { id: undefined }],
    ['id', { id: '' }],
    ['id', { id: 'a b' }],
    ['id', { id: '7#2' }],
    ['id', { id: '..' }],
    ['id', { id: 2 ** 60 }],
    ['debut', { debut: undefined }],
    ['debut', { debut: 'demain' }],
    ['id', { id: null, debut: null }],
  ])('tells an event without a readable %s by its place, and reads all others', async (field, changes) => {
    const records = await readAll(page(1, [event()]), page(2, [event({ id: 2 }), event(changes), event({ id: 3 })]));
    expect(unreadableOf(records)).toEqual([
      { kind: 'unreadable', of: 'lesson', field, place: { part: 'evenements?numeroPage=2', line: 2 } },
    ]);
    expect(lessonsOf(records).map(({ sourceId }) => sourceId)).toEqual(['501', '2', '3']);
  });

  it.each([null, undefined, '', 'midi', '2026-11-03'])(
    'gives a lesson whose end is %j, without an end',
    async (fin) => {
      expect(await lessonOf({ fin })).toMatchObject({ syncKey: '501@2026-11-03', endsAt: '' });
    },
  );

  it.each([
    ['2026-11-01T23:30:00Z', '2026-11-02'],
    ['2026-11-02T09:15:00+01:00', '2026-11-02'],
    ['2026-11-02T23:59:00', '2026-11-02'],
    ['02/11/2026 08h30', '2026-11-02'],
    ['02/11/2026', '2026-11-02'],
    ['2026-11-02', '2026-11-02'],
    ['20261102', '2026-11-02'],
    ['2026-10-25T02:30', '2026-10-25'],
    ['31/02/2026', null],
    ['0001-01-01T00:00:00', null],
    ['0001-01-01', null],
    ['hier', null],
    ['', null],
    [null, null],
    [undefined, null],
    [20261102, null],
  ])('reads the creation %j as the local date %j', async (dateCreation, createdOn) => {
    expect(await lessonOf({ dateCreation })).toMatchObject({ createdOn });
  });

  it('names the groups of a lesson, each once', async () => {
    const groupes = [{ id: 72, idAnnuaire: 5 }, { id: 'G-1' }, { id: 72 }, { nom: 'sans' }, 71, null];
    expect(await lessonOf({ groupes })).toMatchObject({ groupKeys: ['72', 'G-1', '71'] });
    expect(await lessonOf({ groupes: { id: 72 } })).toMatchObject({ groupKeys: ['72'] });
    expect(await lessonOf({ groupes: undefined })).toMatchObject({ groupKeys: [] });
  });

  it('tells once of an event that it names somebody without an identifier', async () => {
    const records = await readAll(page(1, [event({ apprenants: [{ nom: 'Sans' }, learner, {}], formateurs: [{}] })]));
    expect(unreadableOf(records)).toEqual([
      { kind: 'unreadable', of: 'person', field: 'id', place: { part: 'evenements?numeroPage=1', line: 1 } },
    ]);
  });

  it('gives a person again who is kept in another directory elsewhere', async () => {
    const moved = { ...learner, idAnnuaire: '3' };
    const nowhere = { ...learner, idAnnuaire: undefined };
    const records = await readAll(page(1, [event({ apprenants: [learner, moved, nowhere], formateurs: [] })]));
    expect(personsOf(records).map(({ directory }) => directory)).toEqual(['2', '3', '']);
  });

  it('gives the same records when the store cut the pages into pieces', async () => {
    const whole = page(1, [event({ nom: 'Été' }), event({ id: 2 })]);
    const second = page(2, [event({ id: 3 })]);
    const pieces = [...whole.body].map((byte) => ({ ...whole, body: Uint8Array.of(byte) }));
    expect(await readAll(...pieces, second)).toEqual(await readAll(whole, second));
  });

  it('refuses what a store cut off', async () => {
    const whole = page(1, [event()]);
    const error = await failureOf(readAll({ ...whole, body: whole.body.subarray(0, -1) }));
    expect(error).toMatchObject({ code: 'SOURCE_ANSWER_INVALID' });
  });
});

describe('reading beyond the window', () => {
  const within = 'evenements?numeroPage=1';
  const beyond = 'evenements-suivants?numeroPage=1';

  it('gives lessons like any other', async () => {
    const later = event({ id: 9, debut: '2026-12-19T08:30:00', fin: '2026-12-19T10:00:00' });
    const lessons = lessonsOf(await readAll(pageOf(within, event()), pageOf(beyond, later)));
    expect(lessons.map(({ syncKey }) => syncKey)).toEqual(['501@2026-11-03', '9@2026-12-19']);
    expect(lessons[1]?.place).toEqual({ part: beyond, line: 1 });
  });

  it('gives an occurrence once that is in both ranges: the first', async () => {
    const again = event({ id: '501', debut: '03/11/2026 08h30', nom: 'Autre', apprenants: [{ id: 5 }] });
    const records = await readAll(pageOf(within, event()), pageOf(beyond, again, event({ debut: '2026-11-17T08:30' })));
    expect(lessonsOf(records).map(({ syncKey, title }) => `${syncKey} ${title}`)).toEqual([
      '501@2026-11-03 Cours - Algèbre',
      '501@2026-11-17 Cours - Algèbre',
    ]);
    expect(personsOf(records).some(({ syncKey }) => syncKey === '5')).toBe(false);
  });
});

describe('reading groups', () => {
  const part = 'annuaires/5/groupes?numeroPage=1';

  it('gives the group and its members', async () => {
    expect(await readAll(pageOf(part, group({ nom: 'CL_L1\u00a0 A' })))).toEqual([
      {
        kind: 'group',
        syncKey: '71',
        title: 'CL_L1 A',
        directory: '5',
        memberKeys: ['1001', '1002'],
        place: { part, line: 1 },
      },
    ]);
  });

  it.each([
    ['numbers, each once', [1001, '1002', 1001], ['1001', '1002']],
    ['one number', 1001, ['1001']],
    ['one person', { id: 1001, nom: 'Martin' }, ['1001']],
    ['persons', [{ id: 1002 }, { id: 1001 }], ['1002', '1001']],
    ['nothing', null, []],
    ['an empty text', '', []],
  ])('takes %s for members', async (_, apprenants, memberKeys) => {
    expect(await readAll(pageOf(part, group({ apprenants })))).toMatchObject([{ kind: 'group', memberKeys }]);
  });

  it('puts a group that does not say its directory where it was found', async () => {
    const records = await readAll(pageOf(part, group({ idAnnuaire: undefined }), group({ id: 72, idAnnuaire: '6' })));
    expect(records).toMatchObject([{ directory: '5' }, { directory: '6' }]);
  });

  it('gives a group without a name or members, for the rules to judge', async () => {
    const records = await readAll(pageOf(part, group({ nom: undefined, apprenants: undefined })));
    expect(records).toMatchObject([{ kind: 'group', title: '', memberKeys: [] }]);
  });

  it('tells a group without a readable identifier, and reads all others', async () => {
    expect(await readAll(pageOf(part, group({ id: ' ' }), group({ id: 72 })))).toMatchObject([
      { kind: 'unreadable', of: 'group', field: 'id', place: { part, line: 1 } },
      { kind: 'group', syncKey: '72' },
    ]);
  });

  it('tells a member without a readable identifier', async () => {
    expect(await readAll(pageOf(part, group({ apprenants: [1001, {}, null, 'x y'] })))).toMatchObject([
      { kind: 'group', memberKeys: ['1001'] },
      { kind: 'unreadable', of: 'person', field: 'id', place: { part, line: 1 } },
    ]);
  });

  it.each([null, 'groupe', 7])('refuses a page on which %j stands for a group', async (odd) => {
    expect(await failureOf(readAll(pageOf(part, group(), odd)))).toMatchObject({ code: 'SOURCE_ANSWER_INVALID' });
  });
});

const anyId = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.string(), fc.anything());
const anyTime = fc.oneof(
  fc.constantFrom('2026-11-03T08:30:00', '03/11/2026 14h00', '2026-10-25T02:30', '2026-03-29T02:30:00+01:00'),
  fc.string(),
  fc.anything(),
);
const anyPerson = fc.oneof(
  fc.record({ id: anyId, nom: fc.anything(), prenom: fc.string(), email: fc.string() }, { requiredKeys: [] }),
  fc.anything(),
);
const anyEvent = fc.oneof(
  fc.record(
    {
      id: anyId,
      nom: fc.string({ unit: 'binary' }),
      etat: fc.anything(),
      debut: anyTime,
      fin: anyTime,
      formateurs: fc.oneof(fc.array(anyPerson), anyPerson),
      apprenants: fc.oneof(fc.array(anyPerson), anyPerson),
      groupes: fc.oneof(fc.array(anyPerson), anyPerson),
      dateCreation: anyTime,
      ressources: fc.anything(),
    },
    { requiredKeys: [] },
  ),
  fc.anything(),
);

const goodEvent = fc.record({
  id: fc.integer({ min: 1, max: 4 }),
  debut: fc.constantFrom('2026-11-03T08:30:00', '2026-11-03T14:00:00+01:00', '04/11/2026 08h30', '2026-10-25T02:30'),
  apprenants: fc.array(fc.record({ id: fc.integer({ min: 1, max: 9 }), nom: fc.string() })),
});

describe('any snapshot of Alcuin', () => {
  it('is read, or refused with a coded error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent), fc.anything(), async (events, nbTotal) => {
        const outcome = await readAll(page(1, events, nbTotal)).catch((error: unknown) => error);
        expect(Array.isArray(outcome) || outcome instanceof RollcallError).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('is read, or refused with a coded error, whatever its bytes', async () => {
    const body = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(body, fc.string(), async (bytes, charset) => {
        const chunk = { part: 'p', mediaType: `application/json; charset=${charset}`, body: bytes };
        const outcome = await readAll(chunk).catch((error: unknown) => error);
        expect(Array.isArray(outcome) || outcome instanceof RollcallError).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('gives a lesson or tells a place for every event when it is read at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent), async (events) => {
        const outcome = await readAll(page(1, events)).catch(() => undefined);
        if (outcome === undefined) return;
        const told = unreadableOf(outcome).filter((record) => record.of === 'lesson');
        const lines = [...lessonsOf(outcome), ...told].map(({ place }) => place.line).sort((a, b) => a - b);
        expect(lines).toEqual(events.map((_, index) => index + 1));
      }),
      { numRuns: 300 },
    );
  });

  it('gives a group or tells a place for every row of a directory when it is read at all', async () => {
    const anyGroup = fc.oneof(
      fc.record(
        { id: anyId, nom: fc.anything(), idAnnuaire: anyId, apprenants: fc.oneof(fc.array(anyId), fc.anything()) },
        { requiredKeys: [] },
      ),
      fc.anything(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyGroup), async (groups) => {
        const outcome = await readAll(pageOf('annuaires/5/groupes?numeroPage=1', ...groups)).catch((error) => error);
        if (!Array.isArray(outcome)) {
          expect(outcome).toBeInstanceOf(RollcallError);
          return;
        }
        const rows = (outcome as SourceRecord[]).filter(
          (record) => record.kind === 'group' || (record.kind === 'unreadable' && record.of === 'group'),
        );
        expect(rows.map(({ place }) => place.line)).toEqual(groups.map((_, index) => index + 1));
      }),
      { numRuns: 300 },
    );
  });

  it('gives every occurrence once, wherever the two ranges overlap', async () => {
    const day = fc.constantFrom('2026-11-15', '2026-11-16', '2026-11-17', '2026-11-18');
    const occurrences = fc.uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 3 }), day }), {
      selector: ({ id, day }) => `${id}@${day}`,
    });
    await fc.assert(
      fc.asyncProperty(occurrences, fc.boolean(), async (given, overlaps) => {
        const events = given.map(({ id, day }) => event({ id, debut: `${day}T08:30:00` }));
        const within = events.filter(({ debut }) => String(debut) < '2026-11-17');
        const beyond = events.filter(({ debut }) => String(debut) >= (overlaps ? '2026-11-16' : '2026-11-17'));
        const records = await readAll(
          pageOf('evenements?numeroPage=1', ...within),
          pageOf('evenements-suivants?numeroPage=1', ...beyond),
        );
        const keys = lessonsOf(records).map(({ syncKey }) => syncKey);
        expect([...keys].sort()).toEqual(given.map(({ id, day }) => `${id}@${day}`).sort());
      }),
      { numRuns: 100 },
    );
  });

  it('loses no good event and no named person, and gives every lesson a key of its own', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(goodEvent, { maxLength: 20 }), async (events) => {
        const records = await readAll(
          page(
            1,
            events.map((changes) => event(changes)),
          ),
        );
        const keys = lessonsOf(records).map(({ syncKey }) => syncKey);
        expect(keys).toHaveLength(events.length);
        expect(new Set(keys).size).toBe(keys.length);
        const known = new Set(personsOf(records).map(({ syncKey }) => syncKey));
        const named = events.flatMap(({ apprenants }) => apprenants.map(({ id }) => String(id)));
        expect(named.every((id) => known.has(id))).toBe(true);
        expect(
          await readAll(
            page(
              1,
              events.map((changes) => event(changes)),
            ),
          ),
        ).toEqual(records);
      }),
      { numRuns: 200 },
    );
  });
});
