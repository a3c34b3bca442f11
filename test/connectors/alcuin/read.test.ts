import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../../../connectors/alcuin/read.ts';
import type { RawChunk } from '../../../roster/contracts.ts';
import { RollcallError } from '../../../roster/errors.ts';
import type { LessonRecord, PersonRecord, SourceRecord } from '../../../roster/records.ts';
import { lessonWindow } from '../../../roster/window.ts';
import { collect, failureOf, streamOf } from '../doubles/access.ts';
import { type DoubleEvent, event, learner, teacher } from '../doubles/alcuin-double.ts';

const window = lessonWindow('2026-11-02T08:00:00.000Z', 14, 'Europe/Paris');

function page(number: number, contenu: unknown, nbTotal: unknown = 1): RawChunk {
  const body = Buffer.from(JSON.stringify({ nbTotal, contenu }));
  return { part: `evenements?numeroPage=${number}`, mediaType: 'application/json', body };
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
        place: { part: 'evenements?numeroPage=1', line: 1 },
      },
      expect.objectContaining({ syncKey: '1001', givenName: 'Zoé', phone: '06 00 00 00 01' }),
      {
        kind: 'lesson',
        syncKey: '501@2026-11-03',
        sourceId: '501',
        localDate: '2026-11-03',
        title: 'Cours - Algèbre',
        startsAt: '2026-11-03T07:30:00.000Z',
        endsAt: '2026-11-03T09:00:00.000Z',
        room: 'B 204',
        state: 'active',
        instructorKeys: ['9001'],
        learnerKeys: ['1001'],
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
    ['start', { debut: undefined }],
    ['start', { debut: 'demain' }],
    ['end', { fin: null }],
  ])('refuses an event without a readable %s, by its place and without its data', async (field, changes) => {
    const error = await failureOf(readAll(page(1, [event()]), page(2, [event({ id: 2 }), event(changes)])));
    expect(error).toMatchObject({
      code: 'SOURCE_ANSWER_INVALID',
      facts: { part: 'evenements?numeroPage=2', line: 2, field },
    });
    expect((error as Error).message).not.toMatch(/Martin|Algèbre|demain/);
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

  it('gives as many lessons as it has events when it is read at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEvent), async (events) => {
        const outcome = await readAll(page(1, events)).catch(() => undefined);
        if (outcome !== undefined) expect(lessonsOf(outcome)).toHaveLength(events.length);
      }),
      { numRuns: 300 },
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
