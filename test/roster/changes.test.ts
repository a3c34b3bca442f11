import { describe, expect, it } from 'vitest';
import { changeKinds, operations, rank, removes } from '../../roster/changes.ts';

const writes = operations.filter((operation) => !removes(operation));
const removals = operations.filter(removes);

describe('the order of changes', () => {
  it('removes last: every removal comes after every write', () => {
    const lastWrite = Math.max(...changeKinds.flatMap((kind) => writes.map((operation) => rank(kind, operation))));
    const firstRemoval = Math.min(...changeKinds.flatMap((kind) => removals.map((one) => rank(kind, one))));
    expect(removals).toEqual(['delete', 'archive']);
    expect(firstRemoval).toBeGreaterThan(lastWrite);
  });

  it('writes people before lessons and lessons before rosters', () => {
    for (const operation of writes) {
      const people = changeKinds.filter((kind) => !['group', 'lesson', 'membership'].includes(kind));
      expect(people).toEqual(expect.arrayContaining(['instructor', 'learner']));
      expect(new Set(people.map((kind) => rank(kind, operation))).size).toBe(1);
      const inOrder = (['learner', 'group', 'lesson', 'membership'] as const).map((kind) => rank(kind, operation));
      expect(inOrder).toEqual([...new Set(inOrder)].sort((a, b) => a - b));
    }
  });

  it('removes in the opposite order, so that nothing is named any more when it goes', () => {
    for (const operation of removals) {
      const writeOrder = changeKinds.toSorted((a, b) => rank(a, 'insert') - rank(b, 'insert'));
      const ranks = writeOrder.toReversed().map((kind) => rank(kind, operation));
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    }
  });

  it('fits the column that stores it', () => {
    for (const kind of changeKinds) {
      for (const operation of operations) expect(rank(kind, operation)).toSatisfy(Number.isInteger);
    }
  });
});
