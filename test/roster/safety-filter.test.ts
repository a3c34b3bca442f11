import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeKinds, operations, removes } from '../../roster/changes.ts';
import {
  type Limit,
  limitsWithin,
  type PlanCell,
  type SourceSize,
  safetyFilter,
  suspicionOf,
} from '../../roster/safety-filter.ts';

const cell: fc.Arbitrary<PlanCell> = fc.record({
  kind: fc.constantFrom(...changeKinds),
  operation: fc.constantFrom(...operations),
  school: fc.constantFrom('', 'north', 'south'),
  count: fc.nat(2_000),
  base: fc.nat(10_000),
});
const cells = fc.array(cell, { maxLength: 20 });
const size: fc.Arbitrary<SourceSize> = fc.record({ seen: fc.nat(2_000), known: fc.nat(2_000) });
const limit: fc.Arbitrary<Limit> = fc.record({ percent: fc.integer({ min: 0, max: 100 }), floor: fc.nat(100) });

const byDefault = limitsWithin({}, {});
const healthy: SourceSize = { seen: 100, known: 100 };
const deletes = (count: number, base: number): PlanCell => ({
  kind: 'lesson',
  operation: 'delete',
  school: '',
  count,
  base,
});
const withoutReason = (held: ReturnType<typeof safetyFilter>) => held.map(({ reason: _, ...rest }) => rest);

describe('the safety filter', () => {
  it('lets a normal day pass and holds a sharp one', () => {
    expect(safetyFilter([deletes(15, 1_000)], byDefault, healthy)).toEqual([]);
    expect(safetyFilter([deletes(200, 1_000)], byDefault, healthy)).toEqual([]);
    expect(safetyFilter([deletes(201, 1_000)], byDefault, healthy)).toEqual([
      { ...deletes(201, 1_000), reason: 'OVER_LIMIT' },
    ]);
  });

  it('lets up to the floor pass however small the school is', () => {
    expect(safetyFilter([deletes(15, 15)], byDefault, healthy)).toEqual([]);
    expect(safetyFilter([deletes(16, 16)], byDefault, healthy)).toHaveLength(1);
  });

  it('holds the cell of one school and lets the other school go on', () => {
    const north = { ...deletes(500, 1_000), school: 'north' };
    const south = { ...deletes(5, 1_000), school: 'south' };
    expect(withoutReason(safetyFilter([north, south], byDefault, healthy))).toEqual([north]);
  });

  it('never holds inserts, whatever the source says', () => {
    fc.assert(
      fc.property(cells, size, (plan, sourceSize) => {
        const held = safetyFilter(plan, byDefault, sourceSize);
        expect(held.filter(({ operation }) => operation === 'insert')).toEqual([]);
      }),
    );
  });

  it('holds every removal and nothing else when the source is empty and nothing is over a limit', () => {
    fc.assert(
      fc.property(cells, fc.integer({ min: 1, max: 2_000 }), (plan, known) => {
        const held = safetyFilter(plan, () => undefined, { seen: 0, known });
        expect(withoutReason(held)).toEqual(plan.filter(({ operation, count }) => removes(operation) && count > 0));
        expect(held.every(({ reason }) => reason === 'SOURCE_EMPTY')).toBe(true);
      }),
    );
  });

  it('holds every removal of a suspicious source, whatever the limits are', () => {
    fc.assert(
      fc.property(cells, fc.dictionary(fc.constantFrom(...operations), limit), size, (plan, limits, sourceSize) => {
        fc.pre(suspicionOf(sourceSize) !== undefined);
        const held = safetyFilter(plan, (_kind, operation) => limits[operation], sourceSize).filter(({ operation }) =>
          removes(operation),
        );
        expect(withoutReason(held)).toEqual(plan.filter(({ operation, count }) => removes(operation) && count > 0));
      }),
    );
  });

  it('holds more when there is more, never less', () => {
    fc.assert(
      fc.property(
        cell,
        fc.nat(1_000),
        fc.dictionary(fc.constantFrom(...operations), limit),
        size,
        (one, more, limits, sourceSize) => {
          const larger = { ...one, count: one.count + more };
          const heldBefore = safetyFilter([one], (_kind, operation) => limits[operation], sourceSize).length;
          expect(
            safetyFilter([larger], (_kind, operation) => limits[operation], sourceSize).length,
          ).toBeGreaterThanOrEqual(heldBefore);
        },
      ),
    );
  });

  it('holds nothing up to the floor of a source that is not suspicious', () => {
    fc.assert(
      fc.property(cell, limit, (one, given) => {
        const small = { ...one, count: Math.min(one.count, given.floor) };
        expect(safetyFilter([small], () => given, healthy)).toEqual([]);
      }),
    );
  });

  it('gives back cells of the plan only, each once and in order', () => {
    fc.assert(
      fc.property(cells, size, (plan, sourceSize) => {
        const held = withoutReason(safetyFilter(plan, byDefault, sourceSize));
        let from = 0;
        for (const one of held) {
          const at = plan.findIndex((wanted, index) => index >= from && JSON.stringify(wanted) === JSON.stringify(one));
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + 1;
        }
      }),
    );
  });
});

describe('a suspicious source', () => {
  it.each([
    [0, 0, undefined],
    [0, 1, 'SOURCE_EMPTY'],
    [0, 5_000, 'SOURCE_EMPTY'],
    [1, 9, undefined],
    [4, 10, 'SOURCE_SHRANK'],
    [5, 10, undefined],
    [499, 1_000, 'SOURCE_SHRANK'],
    [500, 1_000, undefined],
    [2_000, 1_000, undefined],
  ] as const)('that says %i of %i known records is %s', (seen, known, suspicion) => {
    expect(suspicionOf({ seen, known })).toBe(suspicion);
  });

  it('property: a row without a readable key holds every removal of what it casts doubt on, and nothing else more', () => {
    fc.assert(
      fc.property(cells, fc.constantFrom(...changeKinds), (plan, doubted) => {
        const plain = safetyFilter(plan, () => undefined, healthy);
        const held = safetyFilter(plan, () => undefined, { ...healthy, unreadable: { [doubted]: 1 } });
        const expected = plan.filter((c) => c.count > 0 && c.kind === doubted && removes(c.operation));
        expect(plain).toEqual([]);
        expect(held).toEqual(expected.map((c) => ({ ...c, reason: 'ROWS_UNREADABLE' })));
      }),
    );
  });
});
