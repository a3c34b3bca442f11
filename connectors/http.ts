import type { Readable } from 'node:stream';
import axios from 'axios';
import type { Access } from '../roster/contracts.ts';
import { RollcallError } from '../roster/errors.ts';
import { ProxyRoute, readProxy } from './forward-proxy.ts';
import { type Agents, agentsFor, judgeForProxy, type Resolve } from './network-guard.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as a form, in place of JSON. */
  readonly form?: URLSearchParams;
  /** The class in which the vendor counts this request. */
  readonly rateClass: string;
}

/** Whatever the other side said: a status of any kind is an answer, not a failure. */
export interface HttpAnswer {
  readonly status: number;
  /** The declared content type; empty when there was none. */
  readonly mediaType: string;
  /** What `Retry-After` asked for, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly body: Uint8Array;
}

export type HttpFailureKind = 'timed-out' | 'no-answer' | 'cut' | 'too-large' | 'proxy';

const failureWords: Record<Exclude<HttpFailureKind, 'proxy'>, string> = {
  'timed-out': 'did not answer in time',
  'no-answer': 'could not be reached',
  cut: 'cut its answer short',
  'too-large': 'answered with more than we accept',
};

/**
 * A request without a complete answer. It carries no cause: the library's error holds the request's headers, hence the
 * secret, and would take them into logs and histories.
 */
export class HttpFailure extends Error {
  readonly kind: HttpFailureKind;
  /** Who failed: for `proxy` the forward proxy, else the system that was asked. */
  readonly host: string;

  constructor(kind: Exclude<HttpFailureKind, 'proxy'>, host: string);
  constructor(kind: 'proxy', host: string, words: string);
  constructor(kind: HttpFailureKind, host: string, words = '') {
    super(`${host} ${kind === 'proxy' ? words : failureWords[kind]}.`);
    this.name = 'HttpFailure';
    this.kind = kind;
    this.host = host;
  }
}

export interface HttpClient {
  /**
   * Sends one request once and reads the whole answer. Throws {@link HttpFailure}, HOST_NOT_ALLOWED, what `pace` threw,
   * or the reason of the step's cancellation; never retries and never follows a redirect.
   */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

export interface HttpLimits {
  readonly maxAnswerBytes?: number;
  /** The forward proxy that connects in our place; it may hold a user name and password. */
  readonly proxy?: string;
  /** Tests bring agents that resolve names their own way. */
  readonly guarded?: Agents;
  /** Tests resolve names their own way, and trust their own certificate, where a proxy connects in our place. */
  readonly resolve?: Resolve;
  readonly trusted?: string;
}

const defaultMaxAnswerBytes = 64 * 1024 * 1024;

/**
 * The one way out for every connector. With a `proxy` every request goes through it and nothing goes past it.
 *
 * @example
 * const answer = await guardedHttp(access).send({ method: 'GET', url, headers, rateClass: 'normal' });
 */
export function guardedHttp(access: Access, limits: HttpLimits = {}): HttpClient {
  const max = limits.maxAnswerBytes ?? defaultMaxAnswerBytes;
  const { proxy } = limits;
  return {
    async send(request) {
      if (proxy !== undefined) return sendThrough(proxy, request, access, limits, max);
      const agents = agentsFor(request.url, access.allowHosts, limits.guarded);
      access.signal.throwIfAborted();
      await access.pace(request.rateClass);
      return withDeadline(access, request.url.host, (signal) => exchange(request, agents, signal, max));
    },
  };
}

/** Tells a fault of the proxy from one of the system behind it: they are not the same people's to mend. */
async function sendThrough(
  proxy: string,
  request: HttpRequest,
  access: Access,
  limits: HttpLimits,
  max: number,
): Promise<HttpAnswer> {
  const forward = readProxy(proxy);
  if (forward === undefined) throw new HttpFailure('proxy', 'of ROLLCALL_PROXY_URL', 'is not an http or https address');
  access.signal.throwIfAborted();
  await judgeForProxy(request.url, access.allowHosts, limits.resolve);
  await access.pace(request.rateClass);
  let route: ProxyRoute | undefined;
  try {
    return await withDeadline(access, request.url.host, async (signal) => {
      route = new ProxyRoute(forward, signal, limits.trusted);
      const answer = await exchange(request, route.agents, signal, max);
      if (request.url.protocol === 'http:') route.answered(answer.status);
      if (route.problem !== undefined) throw new HttpFailure('proxy', route.host, route.problem);
      return answer;
    });
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    if (error.kind === 'timed-out') route?.timedOut();
    if (route?.problem === undefined) throw error;
    throw new HttpFailure('proxy', route.host, route.problem);
  }
}

/** Bounds the whole exchange, body included: a server that trickles one byte a second must not hold a step for hours. */
async function withDeadline<T>(access: Access, host: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const timer = setTimeout(stop, access.requestTimeoutMs);
  access.signal.addEventListener('abort', stop, { once: true });
  try {
    access.signal.throwIfAborted();
    return await work(controller.signal);
  } catch (error) {
    if (access.signal.aborted) throw access.signal.reason;
    if (controller.signal.aborted) throw new HttpFailure('timed-out', host);
    throw error;
  } finally {
    clearTimeout(timer);
    access.signal.removeEventListener('abort', stop);
  }
}

async function exchange(request: HttpRequest, agents: Agents, signal: AbortSignal, max: number): Promise<HttpAnswer> {
  const answer = await startExchange(request, agents, signal);
  const body = await readBody(answer.data, signal, max, request.url.host);
  const retryAfterMs = parseRetryAfter(header(answer.headers, 'retry-after'));
  return {
    status: answer.status,
    mediaType: header(answer.headers, 'content-type'),
    body,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Up to the answer's headers. */
async function startExchange(request: HttpRequest, agents: Agents, signal: AbortSignal) {
  try {
    return await axios.request<Readable>({
      method: request.method,
      url: request.url.href,
      headers: {
        'User-Agent': 'Rollcall',
        ...request.headers,
        ...contentType(request),
      },
      ...contentOf(request),
      httpAgent: agents.http,
      httpsAgent: agents.https,
      // A proxy of the environment would connect in our place, past the guard of the agents.
      proxy: false,
      maxRedirects: 0,
      responseType: 'stream',
      validateStatus: () => true,
      signal,
    });
  } catch (error) {
    throw refusalWithin(error) ?? new HttpFailure('no-answer', request.url.host);
  }
}

function contentType({ json, form }: HttpRequest): Record<string, string> {
  if (form !== undefined) return { 'Content-Type': 'application/x-www-form-urlencoded' };
  return json === undefined ? {} : { 'Content-Type': 'application/json' };
}

function contentOf({ json, form }: HttpRequest): { data?: string } {
  if (form !== undefined) return { data: form.toString() };
  return json === undefined ? {} : { data: JSON.stringify(json) };
}

async function readBody(stream: Readable, signal: AbortSignal, max: number, host: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stream) {
      const bytes = chunk as Uint8Array;
      size += bytes.byteLength;
      if (size > max) break;
      chunks.push(bytes);
    }
  } catch {
    throw new HttpFailure('cut', host);
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (size > max) throw new HttpFailure('too-large', host);
  return Buffer.concat(chunks);
}

/** The guard speaks inside the look-up, so its error arrives wrapped by the socket and by the HTTP library. */
function refusalWithin(error: unknown): RollcallError | undefined {
  if (error instanceof RollcallError) return error;
  return error instanceof Error && error.cause !== undefined ? refusalWithin(error.cause) : undefined;
}

function header(headers: unknown, name: string): string {
  const value = (headers as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : '';
}

/** Seconds or an HTTP date. */
function parseRetryAfter(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
