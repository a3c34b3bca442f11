import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systems } from '../../connectors/registry.ts';
import type { Access, ApiTarget, TargetChange } from '../../roster/contracts.ts';
import { RollcallError } from '../../roster/errors.ts';
import { failureOf, testAccess } from './doubles/access.ts';
import { lessonChange, membershipChange, personChange } from './doubles/changes.ts';
import { edusignDouble } from './doubles/edusign-double.ts';
import type { FaultyServer } from './doubles/faulty-server.ts';

interface TargetDouble extends FaultyServer {
  clear(): void;
}

/** What a new target brings: a double that keeps what is written, and settings that lead to it. */
interface TargetCase {
  readonly code: string;
  readonly double: () => TargetDouble;
  readonly settings: (base: string) => object;
}

const cases: TargetCase[] = [{ code: 'edusign', double: edusignDouble, settings: (url) => ({ url }) }];

const inserts: [string, TargetChange][] = [
  ['a learner', personChange()],
  ['an instructor', personChange({ kind: 'instructor', foreignId: 'alc:9001' })],
  ['a lesson', lessonChange()],
];

const faults = [
  [{ kind: 'html' }, 'TARGET_ANSWER_INVALID'],
  [{ kind: 'cut' }, 'TARGET_UNREACHABLE'],
  [{ kind: 'hang' }, 'TARGET_UNREACHABLE'],
  [{ kind: 'trickle' }, 'TARGET_UNREACHABLE'],
  [{ kind: 'status', status: 401 }, 'TARGET_AUTH_REFUSED'],
  [{ kind: 'status', status: 403 }, 'TARGET_FORBIDDEN'],
  [{ kind: 'status', status: 404 }, 'TARGET_ANSWER_INVALID'],
  [{ kind: 'status', status: 500 }, 'TARGET_UNREACHABLE'],
  [{ kind: 'status', status: 502 }, 'TARGET_UNREACHABLE'],
] as const;

describe.each(cases)('any target: $code', ({ code, double: makeDouble, settings }) => {
  let double: TargetDouble;
  let base = '';

  beforeAll(async () => {
    double = makeDouble();
    base = await double.listen();
  });
  beforeEach(() => double.clear());
  afterAll(() => double.close());

  function open(changes: Partial<Access> = {}): ApiTarget {
    const system = systems.get(code);
    if (system?.openTarget === undefined) throw new Error(`${code} is no target.`);
    const options = system.targetOptions?.parse({});
    return system.openTarget(testAccess({ settings: settings(base), options, requestTimeoutMs: 300, ...changes }));
  }

  async function made(change: TargetChange): Promise<string> {
    const outcome = await open().applyOne(change);
    if (outcome.state !== 'applied') throw new Error(`It was ${outcome.state}.`);
    return outcome.targetId;
  }

  describe.each(inserts)('making %s', (_, insert) => {
    it('is found again by our key, and nothing is found before', async () => {
      expect(await open().lookUp(insert)).toBeUndefined();
      const targetId = await made(insert);
      expect(await open().lookUp(insert)).toBe(targetId);
    });

    it('whose answer is lost is thrown, written once, and found by looking', async () => {
      double.fail({ kind: 'lost' });
      expect(await failureOf(open().applyOne(insert))).toMatchObject({ code: 'TARGET_UNREACHABLE' });
      expect(double.seen.filter(({ method }) => method !== 'GET')).toHaveLength(1);
      expect(await open().lookUp(insert)).toBeDefined();
    });

    it.each(faults)('meets %j with %s, without a second try, and tells no secret', async (fault, expected) => {
      double.fail(fault);
      const error = await failureOf(open().applyOne(insert));
      expect(error).toBeInstanceOf(RollcallError);
      expect(error).toMatchObject({ code: expected });
      expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toMatch(/sesame|Zoé|Martin|zoe/i);
      expect(double.seen).toHaveLength(1);
    });

    it.each(faults)('is not taken for absent by a look that meets %j', async (fault, expected) => {
      double.fail(fault);
      expect(await failureOf(open().lookUp(insert))).toMatchObject({ code: expected });
    });

    it('passes on how long it was asked to wait', async () => {
      double.fail({ kind: 'status', status: 429, retryAfter: '9' });
      const error = await failureOf(open().applyOne(insert));
      expect(error).toMatchObject({ code: 'TARGET_RATE_LIMITED', retryAfterMs: 9_000 });
    });

    it('reaches nothing in our own network that is not allowed', async () => {
      expect(await failureOf(open({ allowHosts: [] }).applyOne(insert))).toMatchObject({ code: 'HOST_NOT_ALLOWED' });
      expect(double.seen).toHaveLength(0);
    });

    it('sends nothing once the step may not write any more', async () => {
      const refusal = new RollcallError('LEASE_LOST', 'Too late.');
      expect(await failureOf(open({ pace: () => Promise.reject(refusal) }).applyOne(insert))).toBe(refusal);
      expect(double.seen).toHaveLength(0);
    });

    it('asks for a place in a rate class it names before every request', async () => {
      const paced: string[] = [];
      const target = open({
        pace: async (rateClass) => {
          paced.push(rateClass);
        },
      });
      await target.applyOne(insert);
      await target.lookUp(insert);
      if (insert.kind === 'lesson') await target.findAll(insert);
      expect(paced).toHaveLength(double.seen.length);
      const known = Object.keys(systems.get(code)?.defaultRates ?? {});
      expect(paced.every((rateClass) => known.includes(rateClass))).toBe(true);
    });
  });

  it('repeats everything but an insert without a second effect', async () => {
    const lessonId = await made(lessonChange());
    const personId = await made(personChange());
    const renamed = { ...lessonChange().after, title: 'Analyse' };
    const changes = [
      personChange({
        operation: 'update',
        targetId: personId,
        after: { ...personChange().after, phone: '0600000001' },
      }),
      lessonChange({ operation: 'update', targetId: lessonId, after: renamed }),
      membershipChange({ targetId: lessonId }),
      membershipChange({ operation: 'delete', targetId: lessonId }),
      lessonChange({ operation: 'delete', targetId: lessonId, after: {} }),
      personChange({ operation: 'archive', targetId: personId, after: {} }),
    ];
    for (const change of changes) {
      const first = await open().applyOne(change);
      const writes = double.seen.filter(({ method }) => method !== 'GET').length;
      expect(first).toMatchObject({ state: 'applied' });
      expect(await open().applyOne(change)).toEqual(first);
      expect(double.seen.filter(({ method }) => method !== 'GET')).toHaveLength(writes);
    }
  });

  it('finds every double of a lesson', async () => {
    const ids = [await made(lessonChange()), await made(lessonChange())];
    const found = await open().findAll(lessonChange());
    expect(found.map(({ targetId }) => targetId).sort()).toEqual([...ids].sort());
  });
});
