/**
 * Business time of the outside systems: what "tomorrow", "started" and "ended" mean to them. It ticks, and may be
 * shifted, so that a test or a demo can live through a week in a minute. Delays and rates never use it: they are real.
 */
export class Clock {
  #offsetMs = 0;

  /** @param now instant the clock starts from; real time when absent. */
  constructor(now?: string) {
    if (now !== undefined) this.set(now);
  }

  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  /** Milliseconds between real time and business time; positive is the future. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  set(now: string): void {
    const instant = Date.parse(now);
    if (Number.isNaN(instant)) throw new RangeError(`not an instant: ${now}`);
    this.#offsetMs = instant - Date.now();
  }

  shift(offsetMs: number): void {
    this.#offsetMs = offsetMs;
  }

  reset(): void {
    this.#offsetMs = 0;
  }
}
