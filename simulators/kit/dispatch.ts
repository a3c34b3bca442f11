import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type Answer, encode } from './answer.ts';
import type { FaultBook, FaultRule } from './faults.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { ProxyExits } from './proxy-exits.ts';
import { Stopped, type Waits } from './waits.ts';

/** A request as a route sees it. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly authorization: string | undefined;
  /** Whether it came through the forward proxy of these simulators, decided when it arrived. */
  readonly throughProxy: boolean;
  /** The fault that hit this request, for routes that serve lists. */
  readonly fault: FaultRule | undefined;
}

/**
 * A route: reads or changes the state and answers, synchronously. So an effect is whole or absent, and no two requests
 * ever interleave inside one.
 */
export type Route = (request: ApiRequest) => Answer;

/** How one outside system behaves around its routes. */
export interface Manners {
  readonly journal: Journal;
  readonly faults: FaultBook;
  readonly waits: Waits;
  /** Answer for a request that may not come in; undefined lets it in. */
  authorise(request: ApiRequest): Answer | undefined;
  /** Milliseconds the system's rate rule holds this request back. */
  slowDown(request: ApiRequest): number;
  /** For faults that answer in place of the route. */
  answerInstead(rule: FaultRule, request: ApiRequest): Answer | undefined;
  /** For faults that change what the route answered. */
  distort(rule: FaultRule, answer: Answer): Answer;
  /** The addresses of the forward proxy, where there is one. */
  readonly exits?: ProxyExits | undefined;
  /** A bare status in this system's own dress. */
  statusAnswer(status: number): Answer;
}

/**
 * Carries one request through rate, faults and route. It writes to the raw response itself: the framework stops working
 * for a client that has left, while a real system goes on and commits.
 */
export async function dispatch(
  manners: Manners,
  request: ApiRequest,
  response: ServerResponse,
  route: Route,
): Promise<void> {
  const entry = manners.journal.open(request);
  const rule = manners.faults.pick(request);
  entry.fault = rule?.fault ?? null;
  entry.slowedMs = manners.slowDown(request);
  const exchange = new Exchange(manners, { ...request, fault: rule }, response, route, entry);
  try {
    await manners.waits.for(entry.slowedMs);
    await exchange.perform(rule);
  } catch (error) {
    exchange.cut();
    if (!(error instanceof Stopped)) throw error;
  }
}

class Exchange {
  constructor(
    private readonly manners: Manners,
    private readonly request: ApiRequest,
    private readonly response: ServerResponse,
    private readonly route: Route,
    private readonly entry: JournalEntry,
  ) {}

  async perform(rule: FaultRule | undefined): Promise<void> {
    if (rule === undefined) return this.send(this.handle());
    const ms = rule.ms ?? 0;
    switch (rule.fault) {
      case 'slow':
        await this.manners.waits.for(ms);
        return this.response.destroyed ? this.leave() : this.send(this.handle());
      case 'reset':
        await this.manners.waits.for(ms);
        return this.cut();
      case 'cut':
        await this.manners.waits.for(ms);
        return this.sendHalf(this.handle());
      case 'lost-after-commit':
        this.handle();
        await this.manners.waits.for(ms);
        return this.cut();
      case 'commit-late':
        return this.commitLate(rule, ms);
      case 'commit-after-cut':
        this.cut();
        await this.manners.waits.for(ms);
        this.handle();
        return;
      case 'timeout':
        return this.hold(rule.ms);
      case 'timeout-after-commit':
        this.handle();
        return this.hold(rule.ms);
      default: {
        await this.manners.waits.for(ms);
        const instead = this.manners.answerInstead(rule, this.request);
        return this.send(instead ?? this.manners.distort(rule, this.handle()));
      }
    }
  }

  /** With a status, a gateway in front gives up at once while the system behind it still works. */
  private async commitLate(rule: FaultRule, ms: number): Promise<void> {
    if (rule.status !== undefined) this.send(this.manners.statusAnswer(rule.status));
    await this.manners.waits.for(ms);
    const answer = this.handle();
    if (rule.status === undefined) this.send(answer);
  }

  private async hold(ms: number | undefined): Promise<void> {
    if (this.response.destroyed) return this.leave();
    const gone = once(this.response, 'close');
    await (ms === undefined ? gone : Promise.race([gone, this.manners.waits.for(ms)]));
    if (this.response.destroyed) this.leave();
    else this.cut();
  }

  private handle(): Answer {
    const answer = this.manners.authorise(this.request) ?? this.run();
    this.entry.status ??= answer.status;
    return answer;
  }

  private run(): Answer {
    this.entry.handled = true;
    this.entry.handledAt = new Date().toISOString();
    return this.route(this.request);
  }

  private send(answer: Answer): void {
    if (this.response.destroyed) {
      this.leave();
      return;
    }
    const { headers, content } = encode(answer);
    this.entry.status = answer.status;
    this.entry.ended = 'answered';
    this.response.writeHead(answer.status, headers).end(content);
  }

  /** The length announces the whole, so that a careful reader can tell. */
  private sendHalf(answer: Answer): void {
    if (this.response.destroyed) {
      this.leave();
      return;
    }
    const { headers, content } = encode(answer);
    this.entry.ended = 'cut';
    this.response.writeHead(answer.status, headers);
    this.response.write(content.subarray(0, Math.ceil(content.length / 2)), () => this.response.destroy());
  }

  cut(): void {
    if (this.entry.ended === 'open') this.entry.ended = 'cut';
    this.response.destroy();
  }

  private leave(): void {
    this.entry.ended = 'client-gone';
  }
}
