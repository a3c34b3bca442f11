import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systems } from '../../connectors/registry.ts';
import type { Access, ApiTarget, HeldKind, TargetChange } from '../../roster/contracts.ts';
import { RollcallError } from '../../roster/errors.ts';
import { lessonWindow } from '../../roster/window.ts';
import { collect, failureOf, testAccess } from './doubles/access.ts';
import { groupChange, lessonChange, membershipChange, personChange } from './doubles/changes.ts';
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
  ['a group', groupChange()],
  ['a lesson', lessonChange()],
];

const heldKinds: readonly HeldKind[] = ['instructor', 'learner', 'group', 'lesson'];
const window = lessonWindow(testAccess().now(), 14, 'Europe/Paris');

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

  function writes(): number {
    return double.seen.filter(({ method }) => method !== 'GET').length;
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
      expect(writes()).toBe(1);
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

  describe.each(inserts)('%s that was made', (_, insert) => {
    const kind = insert.kind as HeldKind;

    it('is told by the inventory and by its id, in our words and with our key', async () => {
      const targetId = await made(insert);
      const { instructors: _i, members: _m, ...content } = insert.after;
      const told = {
        kind,
        targetId,
        foreignId: insert.foreignId,
        foreignSystem: open().ownSystem,
        archived: false,
        // It may hold fields that our insert left out.
        content: expect.objectContaining(content),
        instructorIds: insert.instructorIds,
        learnerIds: insert.learnerIds,
      };
      expect(await collect(open().inventory({ kinds: heldKinds, window }))).toEqual([told]);
      expect(await open().read(kind, targetId)).toEqual(told);
    });

    it('is not told among other kinds', async () => {
      await made(insert);
      const kinds = heldKinds.filter((other) => other !== kind);
      expect(await collect(open().inventory({ kinds, window }))).toEqual([]);
    });

    it('may be adopted again and again, without a write when nothing differs', async () => {
      const targetId = await made(insert);
      const before = writes();
      const adopt: TargetChange = { ...insert, operation: 'adopt', targetId };
      expect(await open().applyOne(adopt)).toEqual({ state: 'applied', targetId });
      expect(writes()).toBe(before);
      const [field, value] = insert.after['title'] === undefined ? ['givenName', 'Zohra'] : ['title', 'Autre'];
      const changed = { ...adopt, after: { ...insert.after, [field]: value } };
      for (let times = 0; times < 2; times += 1) {
        expect(await open().applyOne(changed)).toEqual({ state: 'applied', targetId });
        expect(writes()).toBe(before + 1);
      }
      expect(await open().read(kind, targetId)).toMatchObject({ content: { [field]: value } });
    });

    it('is not written by an update that differs in nothing', async () => {
      const targetId = await made(insert);
      const before = writes();
      await open().applyOne({ ...insert, operation: 'update', targetId });
      await open().applyOne({ ...insert, operation: 'update', targetId, before: insert.after });
      expect(writes()).toBe(before);
    });

    it.each(faults)('is not left out by an inventory or a look that meets %j', async (fault, code) => {
      const targetId = await made(insert);
      double.fail(fault);
      expect(await failureOf(collect(open().inventory({ kinds: [kind], window })))).toMatchObject({ code });
      double.fail(fault);
      expect(await failureOf(open().read(kind, targetId))).toMatchObject({ code });
    });

    it('is unknown by another id', async () => {
      await made(insert);
      expect(await open().read(kind, 'nobody')).toBeUndefined();
      expect(await open().applyOne({ ...insert, operation: 'adopt', targetId: 'nobody' })).toMatchObject({
        state: 'gone',
      });
    });
  });

  describe('its check', () => {
    it('finds nothing wrong where nothing is, and writes nothing', async () => {
      const lines = await collect(open().check(window));
      expect(lines.filter(({ state }) => state !== 'ok')).toEqual([]);
      expect(writes()).toBe(0);
    });

    it.each(faults)('meets %j with a line that says what to do, and tells no secret and no person', async (fault) => {
      for (const [, insert] of inserts) await made(insert);
      double.fail(fault);
      const lines = await collect(open().check(window));
      expect(lines.some(({ state, next }) => state === 'failed' && next !== undefined)).toBe(true);
      expect(JSON.stringify(lines)).not.toMatch(/sesame|Zoé|Martin|zoe/i);
    });
  });

  it('repeats everything but an insert without a second effect', async () => {
    const lessonId = await made(lessonChange());
    const personId = await made(personChange());
    const groupId = await made(groupChange());
    const renamed = { ...lessonChange().after, title: 'Analyse' };
    const changes = [
      personChange({
        operation: 'update',
        targetId: personId,
        after: { ...personChange().after, phone: '0600000001' },
      }),
      groupChange({ operation: 'update', targetId: groupId, learnerIds: ['student1', 'student2', 'student3'] }),
      lessonChange({ operation: 'update', targetId: lessonId, after: renamed }),
      lessonChange({ operation: 'rekey', targetId: lessonId, after: renamed, foreignId: 'alc:501@2026-11-04' }),
      membershipChange({ targetId: lessonId }),
      membershipChange({ operation: 'delete', targetId: lessonId }),
      lessonChange({ operation: 'delete', targetId: lessonId, after: {} }),
      groupChange({ operation: 'archive', targetId: groupId, after: {}, learnerIds: [] }),
      groupChange({ operation: 'restore', targetId: groupId }),
      personChange({ operation: 'archive', targetId: personId, after: {} }),
      personChange({ operation: 'restore', targetId: personId }),
    ];
    for (const change of changes) {
      const first = await open().applyOne(change);
      const before = writes();
      expect(first).toMatchObject({ state: 'applied' });
      expect(await open().applyOne(change)).toEqual(first);
      expect(writes()).toBe(before);
    }
  });

  it('finds every double of a lesson', async () => {
    const ids = [await made(lessonChange()), await made(lessonChange())];
    const found = await open().findAll(lessonChange());
    expect(found.map(({ targetId }) => targetId).sort()).toEqual([...ids].sort());
  });
});
