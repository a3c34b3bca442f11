import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foreignId, lessonKeys, localDate, membershipKey, type Occurrence } from '../../roster/sync-key.ts';

const zones = ['Europe/Paris', 'Europe/Stockholm', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland', 'UTC'];
const hourMs = 3_600_000;

/** Instants of a few days around both clock changes of Paris: many fall on one local date. */
const instant = fc
  .tuple(fc.constantFrom('2026-03-28T00:00:00Z', '2026-10-24T00:00:00Z'), fc.integer({ min: 0, max: 4 * 24 * 4 }))
  .map(([from, quarters]) => new Date(Date.parse(from) + (quarters * hourMs) / 4).toISOString());

const occurrence: fc.Arbitrary<Occurrence> = fc.record({
  sourceId: fc.oneof(fc.constantFrom('1', '2', '1@2026-03-29', '1@2026-03-29#2'), fc.string({ minLength: 1 })),
  startsAt: instant,
});

const keysOf = (occurrences: readonly Occurrence[], zone = 'Europe/Paris') => [
  ...lessonKeys(occurrences, zone).values(),
];

describe('the key of a lesson', () => {
  it('is its source id at its local start date', () => {
    expect(keysOf([{ sourceId: '7', startsAt: '2026-09-01T08:00:00Z' }])).toEqual(['7@2026-09-01']);
  });

  it('takes the date of the school, not of UTC', () => {
    const late = [{ sourceId: '7', startsAt: '2026-09-01T22:30:00Z' }];
    expect(keysOf(late, 'Europe/Paris')).toEqual(['7@2026-09-02']);
    expect(keysOf(late, 'UTC')).toEqual(['7@2026-09-01']);
    expect(keysOf(late, 'America/New_York')).toEqual(['7@2026-09-01']);
  });

  it('counts lessons of one id on one date by their start, whatever the order of the source', () => {
    const morning = { sourceId: '7', startsAt: '2026-09-01T06:00:00Z' };
    const noon = { sourceId: '7', startsAt: '2026-09-01T10:00:00Z' };
    const evening = { sourceId: '7', startsAt: '2026-09-01T16:00:00Z' };
    const keys = lessonKeys([evening, morning, noon], 'Europe/Paris');
    expect([morning, noon, evening].map((one) => keys.get(one))).toEqual([
      '7@2026-09-01',
      '7@2026-09-01#2',
      '7@2026-09-01#3',
    ]);
  });

  it('orders the two 02:30 of the night the clock goes back by the instant', () => {
    const first = { sourceId: '7', startsAt: '2026-10-25T00:30:00Z' };
    const second = { sourceId: '7', startsAt: '2026-10-25T01:30:00Z' };
    const keys = lessonKeys([second, first], 'Europe/Paris');
    expect([keys.get(first), keys.get(second)]).toEqual(['7@2026-10-25', '7@2026-10-25#2']);
  });

  it('keeps one date on the short and the long day of a clock change', () => {
    expect(localDate('2026-03-28T22:59:59Z', 'Europe/Paris')).toBe('2026-03-28');
    expect(localDate('2026-03-28T23:00:00Z', 'Europe/Paris')).toBe('2026-03-29');
    expect(localDate('2026-03-29T21:59:59Z', 'Europe/Paris')).toBe('2026-03-29');
    expect(localDate('2026-03-29T22:00:00Z', 'Europe/Paris')).toBe('2026-03-30');
    expect(localDate('2026-10-24T21:59:59Z', 'Europe/Paris')).toBe('2026-10-24');
    expect(localDate('2026-10-24T22:00:00Z', 'Europe/Paris')).toBe('2026-10-25');
    expect(localDate('2026-10-25T22:59:59Z', 'Europe/Paris')).toBe('2026-10-25');
    expect(localDate('2026-10-25T23:00:00Z', 'Europe/Paris')).toBe('2026-10-26');
  });

  it('is unique, for any ids and starts, in any zone', () => {
    fc.assert(
      fc.property(fc.array(occurrence, { maxLength: 40 }), fc.constantFrom(...zones), (occurrences, zone) => {
        const keys = lessonKeys(occurrences, zone);
        expect(keys.size).toBe(occurrences.length);
        expect(new Set(keys.values()).size).toBe(occurrences.length);
      }),
    );
  });

  it('does not depend on the order of the source where no two start at once', () => {
    const distinct = fc.uniqueArray(occurrence, {
      selector: (one) => `${one.sourceId} ${one.startsAt}`,
      maxLength: 30,
    });
    const shuffled = distinct.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.constantFrom(...zones)),
    );
    fc.assert(
      fc.property(shuffled, ([list, other, zone]) => {
        const keys = lessonKeys(list, zone);
        const again = lessonKeys(other, zone);
        for (const one of list) expect(again.get(one)).toBe(keys.get(one));
      }),
    );
  });

  it('stays when a lesson is added later on the same day', () => {
    fc.assert(
      fc.property(
        fc.array(occurrence, { minLength: 1, maxLength: 20 }),
        fc.nat(),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(...zones),
        (occurrences, which, hours, zone) => {
          const before = lessonKeys(occurrences, zone);
          const { sourceId } = occurrences[which % occurrences.length] as Occurrence;
          const starts = occurrences.filter((one) => one.sourceId === sourceId).map((one) => Date.parse(one.startsAt));
          const added = { sourceId, startsAt: new Date(Math.max(...starts) + hours * hourMs).toISOString() };
          const after = lessonKeys([added, ...occurrences], zone);
          for (const one of occurrences) expect(after.get(one)).toBe(before.get(one));
        },
      ),
    );
  });
});

describe('names made of keys', () => {
  it('tell two sources with one integer apart by the code of the connection', () => {
    expect(foreignId('north', '7@2026-09-01')).toBe('north:7@2026-09-01');
    expect(foreignId('north', '7')).not.toBe(foreignId('south', '7'));
  });

  it('name a place on a roster by both its ends', () => {
    expect(membershipKey('7@2026-09-01', '12')).toBe('7@2026-09-01|12');
  });
});
