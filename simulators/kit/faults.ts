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
  'commit-after-cut',
  'timeout',
  'timeout-after-commit',
  'doubled-page',
  'drift',
  'gone',
  'locked',
  'windows-1252',
  'windows-1252-undeclared',
] as const;

/** Faults of turning pages. The first page of a list shows nothing of them, so that they leave it alone. */
const laterPagesOnly: ReadonlySet<string> = new Set(['doubled-page', 'drift']);

const ruleShape = z.strictObject({
  match: z
    .strictObject({
      method: z.string().optional(),
      /** Start of the path, as the journal shows it. */
      path: z.string().optional(),
      /** Regular expression over the path. */
      pattern: z.string().optional(),
      /** Query parameters by name, exactly these values: `{"numeroPage": "2"}`. */
      query: z.record(z.string(), z.string()).optional(),
    })
    .default({}),
  fault: z.string(),
  /** Milliseconds of real time to wait; what for depends on the fault. */
  ms: z.number().int().min(0).optional(),
  status: z.number().int().min(200).max(599).optional(),
  /** Seconds, sent as `Retry-After`; a text (an HTTP date, nonsense) is sent as it is. */
  retryAfter: z.union([z.number().int().min(0), z.string().min(1)]).optional(),
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
  /** For faults that hit a part of one request: the part. */
  share: z.number().min(0).max(1).optional(),
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

/** What a rule may look at in a request. */
export interface FaultTarget {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** What only the system itself can say about its faults. */
export interface FaultTerms {
  /** Whether this asks for a later page of a list. */
  isLaterPage(request: FaultTarget): boolean;
  /** Whether the fault can happen now; a weekly outage cannot at any other time. */
  isInForce?(fault: string): boolean;
}

interface Armed {
  readonly id: number;
  readonly rule: FaultRule;
  readonly matches: (request: FaultTarget) => boolean;
  readonly chance: () => number;
  fired: number;
}

/** The switches of one simulator, in order. The first rule that hits a request is the only one that does. */
export class FaultBook {
  readonly #names: ReadonlySet<string>;
  readonly #terms: FaultTerms;
  #armed: Armed[] = [];
  #lastId = 0;

  /** @param names every fault this simulator knows. */
  constructor(names: readonly string[], terms: FaultTerms) {
    this.#names = new Set(names);
    this.#terms = terms;
  }

  /** Checks a rule from outside. Throws a `ZodError` or `RangeError` that says what is wrong. */
  parse(input: unknown): FaultRule {
    const rule = ruleShape.parse(input);
    // A bad pattern is found here, before any other rule is touched.
    matcher(rule.match);
    if (!this.#names.has(rule.fault)) {
      throw new RangeError(`unknown fault '${rule.fault}'; known: ${[...this.#names].join(', ')}`);
    }
    return rule;
  }

  add(rule: FaultRule): FaultStatus {
    this.#lastId += 1;
    const armed: Armed = {
      id: this.#lastId,
      rule,
      matches: matcher(rule.match),
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
  pick(request: FaultTarget): FaultRule | undefined {
    for (const armed of this.#armed) {
      if (!armed.matches(request) || !this.#canShow(armed.rule.fault, request)) continue;
      if (armed.rule.count !== undefined && armed.fired >= armed.rule.count) continue;
      if (armed.rule.probability !== undefined && armed.chance() >= armed.rule.probability) continue;
      armed.fired += 1;
      return armed.rule;
    }
    return undefined;
  }

  /** A fault that would not show is not used up: its count is for requests that suffer. */
  #canShow(fault: string, request: FaultTarget): boolean {
    if (laterPagesOnly.has(fault) && !this.#terms.isLaterPage(request)) return false;
    return this.#terms.isInForce?.(fault) ?? true;
  }
}

function matcher({ method, path, pattern, query }: FaultRule['match']): Armed['matches'] {
  const wanted = pattern === undefined ? undefined : new RegExp(pattern);
  const parameters = Object.entries(query ?? {});
  return (request) =>
    (method === undefined || method.toUpperCase() === request.method) &&
    (path === undefined || request.path.startsWith(path)) &&
    (wanted === undefined || wanted.test(request.path)) &&
    parameters.every(([name, value]) => request.query[name] === value);
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
