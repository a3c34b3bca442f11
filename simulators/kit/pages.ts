import type { FaultRule } from './faults.ts';

/**
 * One page of a list, with the faults that only lists have. `drift` is what a reader meets when somebody edits while
 * he turns pages: from the second page on, the list is no longer the one the first page was cut from.
 *
 * @param index counts from 0.
 */
export function cutPage<T>(
  items: readonly T[],
  index: number,
  size: number,
  fault: FaultRule | undefined,
): { items: readonly T[]; total: number } {
  const seen = index > 0 && fault?.fault === 'drift' ? drifted(items, fault.drift ?? 'removed') : items;
  const shown = index > 0 && fault?.fault === 'doubled-page' ? index - 1 : index;
  return { items: seen.slice(shown * size, (shown + 1) * size), total: seen.length };
}

function drifted<T>(items: readonly T[], how: 'removed' | 'inserted' | 'swapped'): readonly T[] {
  const [first, ...rest] = items;
  const last = items.at(-1);
  if (first === undefined || last === undefined) return items;
  switch (how) {
    case 'removed':
      return rest;
    case 'inserted':
      return [first, ...items];
    // The total stays the same: one record falls into the gap unless the reader compares identifiers too.
    case 'swapped':
      return [...rest, last];
  }
}
