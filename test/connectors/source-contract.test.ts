import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systems } from '../../connectors/registry.ts';
import type { Access, RawChunk, Source } from '../../roster/contracts.ts';
import { RollcallError } from '../../roster/errors.ts';
import { lessonWindow } from '../../roster/window.ts';
import { collect, failureOf, streamOf, testAccess } from './doubles/access.ts';
import { alcuinDouble, event, group, learner, teacher } from './doubles/alcuin-double.ts';
import { aurigaDouble, groupLine, line } from './doubles/auriga-double.ts';
import type { Fault, FaultyServer, Seen } from './doubles/faulty-server.ts';

/** Nobody waits long for an answer that never comes. */
function patienceFor({ kind }: Fault): Partial<Access> {
  return kind === 'hang' || kind === 'trickle' ? { requestTimeoutMs: 300 } : {};
}

/**
 * A fault after a number of requests that go well. A source that signs in gets a new token for one that is refused, and asks
 * once more with it: only then it is refused for good.
 */
function met(fault: Fault, good: number): Fault[] {
  const none: Fault = { kind: 'none' };
  const again = fault.kind === 'status' && fault.status === 401 ? [none, fault] : [];
  return [...Array.from({ length: good }, () => none), fault, ...again];
}

/** What a new source brings: a double that has some records to give, and settings that lead to it. */
interface SourceCase {
  readonly code: string;
  readonly double: () => FaultyServer;
  readonly settings: (base: string) => object;
  /** Options that make it ask for all it can give. */
  readonly options: object;
  /** Options without anything that may be left out. */
  readonly least: object;
  /** Requests before the first that carries what the account is let in with. */
  readonly signIn: number;
  /** Whether a request only asks; a GET always does. */
  readonly onlyAsks: (request: Seen) => boolean;
}

const cases: SourceCase[] = [
  {
    code: 'alcuin',
    double: () =>
      Object.assign(alcuinDouble(), {
        events: [event(), event({ id: 2 }), event({ id: 3 }), event({ id: 4, debut: '2026-11-20T08:30:00' })],
        people: { 2: [learner], 4: [teacher] },
        groups: { 5: [group(), group({ id: 72 }), group({ id: 73 })] },
      }),
    settings: (base) => ({ url: `${base}/api/` }),
    options: {
      annuaireIdInitialStudents: 2,
      annuaireIdProfessors: 4,
      annuaireIdStudentsGroups: '5',
      groups: true,
    },
    least: {},
    signIn: 0,
    onlyAsks: ({ method }) => method === 'GET',
  },
  {
    code: 'auriga',
    double: () =>
      Object.assign(aurigaDouble(), {
        interventions: [line(), line({ ID: 2 }), line({ ID: 3 }), line({ ID: 4, Start: '2026-11-20T08:30:00' })],
        groups: [groupLine(), groupLine({ ID: 72 }), groupLine({ ID: 73 })],
      }),
    settings: (base) => ({ url: base, keycloakUrl: base, realm: 'school', clientId: 'edusign', username: 'svc' }),
    options: { interventionsDetailFavoriteQueryId: 945, GroupesDetailFavoriteQueryId: '1198' },
    least: { interventionsDetailFavoriteQueryId: 945 },
    // Its description, and the token.
    signIn: 2,
    onlyAsks: ({ method, url }) => method === 'GET' || /\/(token|searchResult)(\?|$)/.test(url),
  },
];

const window = lessonWindow('2026-11-02T08:00:00.000Z', 14, 'Europe/Paris');

describe.each(cases)('any source: $code', ({ code, double: makeDouble, settings, options: all, ...about }) => {
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
    const options = system.sourceOptions?.parse(all);
    return system.openSource(testAccess({ settings: settings(base), options, ...changes }));
  }

  function fetched(changes: Partial<Access> = {}): Promise<RawChunk[]> {
    return collect(open(changes).fetch(window));
  }

  it('says what it covers, how far it looks and whom it takes', () => {
    const { scopes, windowDays, directories } = open();
    expect(scopes.length).toBeGreaterThan(0);
    expect(windowDays).toBeGreaterThan(0);
    for (const taken of Object.values(directories)) expect(taken?.length).toBeGreaterThan(0);
  });

  it('reads options that were read before as the same ones', () => {
    const schema = systems.get(code)?.sourceOptions;
    for (const options of [about.least, all])
      expect(schema?.parse(schema.parse(options))).toEqual(schema?.parse(options));
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
    double.fail(...met(fault, about.signIn));
    const error = await failureOf(fetched(patienceFor(fault)));
    expect(error).toBeInstanceOf(RollcallError);
    expect(error).toMatchObject({ code: expected });
    expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toMatch(/sesame|Zoé|Martin/);
  });

  it('takes an answer that is cut anywhere for an error of the whole read', async () => {
    await fetched();
    const requests = double.seen.length;
    for (let good = 0; good < requests; good += 1) {
      double.fail(...Array.from({ length: good }, () => ({ kind: 'none' }) as const), { kind: 'cut' });
      expect(await failureOf(fetched())).toMatchObject({ code: 'SOURCE_ANSWER_INVALID' });
    }
  });

  it('refuses a snapshot of which any part is cut anywhere', async () => {
    const chunks = await fetched();
    for (const [cut, { body }] of chunks.entries()) {
      for (let length = 0; length < body.length; length += Math.ceil(body.length / 40)) {
        const spoilt = chunks.map((chunk, index) =>
          index === cut ? { ...chunk, body: body.subarray(0, length) } : chunk,
        );
        const error = await failureOf(collect(open().read(streamOf(...spoilt), window)));
        expect(error).toMatchObject({ code: 'SOURCE_ANSWER_INVALID' });
      }
    }
  });

  describe('checked', () => {
    const lines = (changes: Partial<Access> = {}) => collect(open(changes).check(window));

    it('has a line for each setting, all of them good, and writes nothing', async () => {
      const checks = await lines();
      expect(checks.length).toBeGreaterThan(1);
      expect(new Set(checks.map(({ subject }) => subject)).size).toBe(checks.length);
      for (const { state, detail, next } of checks) {
        expect(state).toBe('ok');
        expect(detail).not.toBe('');
        expect(next).toBeUndefined();
      }
      expect(double.seen.every(about.onlyAsks)).toBe(true);
    });

    it.each([
      { kind: 'html' },
      { kind: 'cut' },
      { kind: 'hang' },
      { kind: 'lost' },
      { kind: 'status', status: 302 },
      { kind: 'status', status: 401 },
      { kind: 'status', status: 403 },
      { kind: 'status', status: 404 },
      { kind: 'status', status: 429 },
      { kind: 'status', status: 500 },
    ] as const)(
      'tells %j at any request in a failed line with what to do, and neither secret nor person',
      async (fault) => {
        await lines();
        const requests = double.seen.length;
        for (let good = 0; good < requests; good += 1) {
          double.fail(...met(fault, good));
          const checks = await lines(patienceFor(fault));
          const failed = checks.filter(({ state }) => state === 'failed');
          expect(failed).toHaveLength(1);
          expect(failed[0]?.next).not.toBe('');
          expect(JSON.stringify(checks)).not.toMatch(/sesame|Zoé|Martin|Agnès|Durand/);
        }
      },
    );

    it('tries nothing more after a refused password', async () => {
      const refused = met({ kind: 'status', status: 401 }, about.signIn);
      double.fail(...refused);
      expect((await lines()).filter(({ state }) => state !== 'ok')).toMatchObject([{ state: 'failed' }]);
      expect(double.seen).toHaveLength(about.signIn === 0 ? 1 : refused.length);
    });

    it('stops when it is cancelled', async () => {
      const reason = new Error('Stop.');
      const controller = new AbortController();
      controller.abort(reason);
      expect(await failureOf(lines({ signal: controller.signal }))).toBe(reason);
    });

    it('passes on a fault that is not the school’s', async () => {
      const ours = new RollcallError('STORE_UNAVAILABLE', 'The store is away.');
      expect(await failureOf(lines({ pace: () => Promise.reject(ours) }))).toBe(ours);
    });
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
