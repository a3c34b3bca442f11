import { seeded } from './seeded.ts';

/** Choices that are the same for the same seed. */
export class Pick {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = seeded(seed);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** An integer, both ends included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#next() * (high - low + 1));
  }

  one<T>(things: readonly T[]): T {
    const thing = things[Math.floor(this.#next() * things.length)];
    if (thing === undefined) throw new RangeError('nothing to pick from');
    return thing;
  }

  shuffled<T>(things: readonly T[]): T[] {
    const keyed = things.map((thing) => ({ thing, key: this.#next() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ thing }) => thing);
  }
}
