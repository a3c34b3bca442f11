import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What must answer before work can be done here, by name. Resolves with a note or nothing; throws what is wrong. */
export type Checks = Readonly<Record<string, () => Promise<string | undefined>>>;

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly reason?: string }>>;
}

/** Asks everything at once; what does not answer in time is not ready, and why is said. */
export async function readiness(checks: Checks, withinMs = 2_000): Promise<Readiness> {
  const asked = Object.entries(checks).map(async ([name, look]) => {
    try {
      const note = await inTime(look(), withinMs);
      return [name, { ok: true, ...(note === undefined ? {} : { reason: note }) }] as const;
    } catch (error) {
      return [name, { ok: false, reason: error instanceof Error ? error.message : String(error) }] as const;
    }
  });
  const answers = await Promise.all(asked);
  return { ready: answers.every(([, { ok }]) => ok), checks: Object.fromEntries(answers) };
}

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Beyond this the heartbeats of steps come too late, and others take the steps over.
const mostDelayMs = 5_000;

/** Watches how long this process is away from its own timers. */
export class Pulse {
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });

  constructor() {
    this.#delay.enable();
  }

  /** The longest absence since the last look. */
  look(): { alive: boolean; longestDelayMs: number } {
    const longestDelayMs = Math.round(this.#delay.max / 1e6);
    this.#delay.reset();
    return { alive: longestDelayMs <= mostDelayMs, longestDelayMs };
  }

  stop(): void {
    this.#delay.disable();
  }
}
