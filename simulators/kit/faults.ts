import { z } from 'zod';
import { seeded } from './seeded.ts';

/** Faults that any HTTP system can have. Each simulator adds its own (see its `faults.ts`). */
export const commonFaults = [
  'slow',
  'status',
  'html200',
  'cut',
  'reset',
  'lost-after-commit',
  'commit-late',
  'timeout',
  'timeout-after-commit',
  'doubled-page',
  'drift',
] as const;

const ruleShape = z.strictObject({
  match: z
    .strictObject({
      method: z.string().optional(),
      /** Start of the path, as the journal shows it. */
      path: z.string().optional(),
      /** Regular expression over the path. */
      pattern: z.string().optional(),
    })
    .default({}),
  fault: z.string(),
  /** Milliseconds of real time to wait; what for depends on the fault. */
  ms: z.number().int().min(0).optional(),
  status: z.number().int().min(200).max(599).optional(),
  /** Seconds, sent as `Retry-After`. */
  retryAfter: z.number().int().min(0).optional(),
  /** How many times it fires; without it, until it is taken away. */
  count: z.number().int().min(1).optional(),
  /** Chance that a matching request is hit; without it, always. */
  probability: z.number().min(0).max(1).optional(),
  seed: z.number().int().optional(),
  /** Text to answer in place of the usual body of the fault. */
  body: z.string().optional(),
  contentType: z.string().optional(),
  message: z.string().optional(),
  /** For `drift`: what happened between the first page and the next ones. */
  drift: z.enum(['removed', 'inserted', 'swapped']).optional(),
});

/** One switch: which requests it hits, what it does to them, how often. */
export type FaultRule = z.infer<typeof ruleShape>;

/** A rule with what is left of it. */
export interface FaultStatus {
  readonly id: number;
  readonly rule: FaultRule;
  readonly fired: number;
  /** null: no limit. */
  readonly remaining: number | null;
}

interface Armed {
  readonly id: number;
  readonly rule: FaultRule;
  readonly matches: (method: string, path: string) => boolean;
  readonly chance: () => number;
  fired: number;
}

/** The switches of one simulator, in order. The first rule that hits a request is the only one that does. */
export class FaultBook {
  readonly #names: ReadonlySet<string>;
  #armed: Armed[] = [];
  #lastId = 0;

  /** @param names every fault this simulator knows. */
  constructor(names: readonly string[]) {
    this.#names = new Set(names);
  }

  /** Checks a rule from outside. Throws a `ZodError` or `RangeError` that says what is wrong. */
  parse(input: unknown): FaultRule {
    const rule = ruleShape.parse(input);
    if (!this.#names.has(rule.fault)) {
      throw new RangeError(`unknown fault '${rule.fault}'; known: ${[...this.#names].join(', ')}`);
    }
    return rule;
  }

  add(rule: FaultRule): FaultStatus {
    this.#lastId += 1;
    const pattern = rule.match.pattern === undefined ? undefined : new RegExp(rule.match.pattern);
    const armed: Armed = {
      id: this.#lastId,
      rule,
      matches: (method, path) =>
        (rule.match.method === undefined || rule.match.method.toUpperCase() === method) &&
        (rule.match.path === undefined || path.startsWith(rule.match.path)) &&
        (pattern === undefined || pattern.test(path)),
      chance: seeded(rule.seed ?? this.#lastId),
      fired: 0,
    };
    this.#armed.push(armed);
    return status(armed);
  }

  clear(): void {
    this.#armed = [];
  }

  list(): readonly FaultStatus[] {
    return this.#armed.map(status);
  }

  /** The rule that hits this request, counted as fired; undefined when the request goes through unharmed. */
  pick(method: string, path: string): FaultRule | undefined {
    for (const armed of this.#armed) {
      if (!armed.matches(method, path)) continue;
      if (armed.rule.count !== undefined && armed.fired >= armed.rule.count) continue;
      if (armed.rule.probability !== undefined && armed.chance() >= armed.rule.probability) continue;
      armed.fired += 1;
      return armed.rule;
    }
    return undefined;
  }
}

function status(armed: Armed): FaultStatus {
  const { count } = armed.rule;
  return {
    id: armed.id,
    rule: armed.rule,
    fired: armed.fired,
    remaining: count === undefined ? null : count - armed.fired,
  };
}
