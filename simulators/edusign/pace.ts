import { z } from 'zod';
import type { ApiRequest } from '../kit/dispatch.ts';

const minuteMs = 60_000;

export const paceShape = z.strictObject({
  /** Requests a minute before the slow-down; null: no limit. 480 is documented. */
  perMinute: z.number().int().min(1).nullable(),
  /** The same for heavy routes, which count for both. 24 is documented. */
  heavyPerMinute: z.number().int().min(1).nullable(),
  /** Milliseconds each request too many adds to the delay. 100 is documented. */
  stepMs: z.number().int().min(0),
});
export type PaceLimits = z.infer<typeof paceShape>;

export const documentedPace: PaceLimits = { perMinute: 480, heavyPerMinute: 24, stepMs: 100 };

/** Lists of people and sheets, and the lock (assumed: the site marks heavy routes only by a dot that cannot be read). */
const heavy = [
  { method: 'GET', pattern: /^\/v1\/(course|student|professor)\/?$/ },
  { method: 'GET', pattern: /^\/v1\/course\/lock\// },
];

/** The platform's rate rule: too many requests are slowed, never refused. By real time, over the last minute. */
export class Pace {
  limits: PaceLimits;
  #all: number[] = [];
  #heavy: number[] = [];

  constructor(limits: PaceLimits) {
    this.limits = limits;
  }

  /** Counts a request and gives the milliseconds it has to wait. */
  delayFor(request: ApiRequest): number {
    const now = performance.now();
    count(this.#all, now);
    const isHeavy = heavy.some(({ method, pattern }) => method === request.method && pattern.test(request.path));
    if (isHeavy) count(this.#heavy, now);
    return Math.max(
      this.#delay(this.#all.length, this.limits.perMinute),
      isHeavy ? this.#delay(this.#heavy.length, this.limits.heavyPerMinute) : 0,
    );
  }

  /** Requests of the last minute, for whoever tests a client's pacing. */
  counts(): { lastMinute: number; heavyLastMinute: number } {
    const since = performance.now() - minuteMs;
    const recent = (times: readonly number[]) => times.filter((at) => at > since).length;
    return { lastMinute: recent(this.#all), heavyLastMinute: recent(this.#heavy) };
  }

  reset(): void {
    this.#all = [];
    this.#heavy = [];
  }

  #delay(count: number, limit: number | null): number {
    return limit === null ? 0 : Math.max(0, count - limit) * this.limits.stepMs;
  }
}

function count(times: number[], now: number): void {
  while (times[0] !== undefined && times[0] <= now - minuteMs) times.shift();
  times.push(now);
}
