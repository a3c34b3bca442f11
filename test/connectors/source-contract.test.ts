import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systems } from '../../connectors/registry.ts';
import type { Access, RawChunk, Source } from '../../roster/contracts.ts';
import { RollcallError } from '../../roster/errors.ts';
import { lessonWindow } from '../../roster/window.ts';
import { collect, failureOf, streamOf, testAccess } from './doubles/access.ts';
import { alcuinDouble, event } from './doubles/alcuin-double.ts';
import type { FaultyServer } from './doubles/faulty-server.ts';

/** What a new source brings: a double that has some records to give, and settings that lead to it. */
interface SourceCase {
  readonly code: string;
  readonly double: () => FaultyServer;
  readonly settings: (base: string) => object;
}

const cases: SourceCase[] = [
  {
    code: 'alcuin',
    double: () => Object.assign(alcuinDouble(), { events: [event(), event({ id: 2 }), event({ id: 3 })] }),
    settings: (base) => ({ url: `${base}/api/` }),
  },
];

const window = lessonWindow('2026-11-02T08:00:00.000Z', 14, 'Europe/Paris');

describe.each(cases)('any source: $code', ({ code, double: makeDouble, settings }) => {
  let double: FaultyServer;
  let base = '';

  beforeAll(async () => {
    double = makeDouble();
    base = await double.listen();
  });
  beforeEach(() => {
    double.seen.length = 0;
    double.fail();
  });
  afterAll(() => double.close());

  function open(changes: Partial<Access> = {}): Source {
    const system = systems.get(code);
    if (system?.openSource === undefined) throw new Error(`${code} is no source.`);
    const options = system.sourceOptions?.parse({});
    return system.openSource(testAccess({ settings: settings(base), options, requestTimeoutMs: 300, ...changes }));
  }

  function fetched(changes: Partial<Access> = {}): Promise<RawChunk[]> {
    return collect(open(changes).fetch(window));
  }

  it('says what it covers and how far it looks', () => {
    const { scopes, windowDays } = open();
    expect(scopes.length).toBeGreaterThan(0);
    expect(windowDays).toBeGreaterThan(0);
  });

  it('gives the same records from the same snapshot, whole or in pieces', async () => {
    const chunks = await fetched();
    const records = await collect(open().read(streamOf(...chunks), window));
    expect(records.length).toBeGreaterThan(0);
    const cut = chunks.flatMap(({ body, ...chunk }) => [
      { ...chunk, body: body.subarray(0, 7) },
      { ...chunk, body: body.subarray(7) },
    ]);
    expect(await collect(open().read(streamOf(...cut), window))).toEqual(records);
  });

  it('reads without reaching outside', async () => {
    const chunks = await fetched();
    const before = double.seen.length;
    await collect(open({ allowHosts: [] }).read(streamOf(...chunks), window));
    expect(double.seen).toHaveLength(before);
  });

  it('names records by keys of their own, and lessons only by persons it gave', async () => {
    const records = await collect(open().read(streamOf(...(await fetched())), window));
    const lessons = records.filter((record) => record.kind === 'lesson');
    const persons = new Set(records.filter((record) => record.kind === 'person').map(({ syncKey }) => syncKey));
    expect(new Set(lessons.map(({ syncKey }) => syncKey)).size).toBe(lessons.length);
    for (const { instructorKeys, learnerKeys } of lessons) {
      expect([...instructorKeys, ...learnerKeys].every((key) => persons.has(key))).toBe(true);
    }
  });

  it('asks for a place in a rate class it names before every request', async () => {
    const paced: string[] = [];
    await fetched({
      pace: async (rateClass) => {
        paced.push(rateClass);
      },
    });
    expect(paced).toHaveLength(double.seen.length);
    const known = Object.keys(systems.get(code)?.defaultRates ?? {});
    expect(paced.every((rateClass) => known.includes(rateClass))).toBe(true);
  });

  it.each([
    [{ kind: 'html' }, 'SOURCE_ANSWER_INVALID'],
    [{ kind: 'cut' }, 'SOURCE_ANSWER_INVALID'],
    [{ kind: 'hang' }, 'SOURCE_UNREACHABLE'],
    [{ kind: 'trickle' }, 'SOURCE_UNREACHABLE'],
    [{ kind: 'lost' }, 'SOURCE_UNREACHABLE'],
    [{ kind: 'status', status: 302 }, 'SOURCE_ANSWER_INVALID'],
    [{ kind: 'status', status: 401 }, 'SOURCE_AUTH_REFUSED'],
    [{ kind: 'status', status: 403 }, 'SOURCE_FORBIDDEN'],
    [{ kind: 'status', status: 500 }, 'SOURCE_UNREACHABLE'],
    [{ kind: 'status', status: 504 }, 'SOURCE_UNREACHABLE'],
  ] as const)('meets %j with %s, never with an empty list, and tells no secret', async (fault, expected) => {
    double.fail(fault);
    const error = await failureOf(fetched());
    expect(error).toBeInstanceOf(RollcallError);
    expect(error).toMatchObject({ code: expected });
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toMatch(/sesame|Zoé|Martin/);
  });

  it('passes on how long it was asked to wait', async () => {
    double.fail({ kind: 'status', status: 429, retryAfter: '9' });
    expect(await failureOf(fetched())).toMatchObject({ code: 'SOURCE_RATE_LIMITED', retryAfterMs: 9_000 });
  });

  it('reaches nothing in our own network that is not allowed', async () => {
    expect(await failureOf(fetched({ allowHosts: [] }))).toMatchObject({ code: 'HOST_NOT_ALLOWED' });
    expect(double.seen).toHaveLength(0);
  });

  it('stops when the step is cancelled', async () => {
    const reason = new Error('Stop.');
    const controller = new AbortController();
    controller.abort(reason);
    expect(await failureOf(fetched({ signal: controller.signal }))).toBe(reason);
  });
});
