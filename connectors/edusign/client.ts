import type { Access } from '../../roster/contracts.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../http.ts';
import { baseOf } from '../system.ts';
import { answerInvalid, asTargetError, LookRefused, statusError } from './errors.ts';
import { saysNotFound } from './messages.ts';
import { accountSettings } from './options.ts';
import { authorise, envelopeShape, type RateClass } from './wire.ts';

/** What the API said: a result, or a business error in its own words. */
export type Said = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly message: string };

export interface Call {
  readonly method: HttpRequest['method'];
  /** Parts of the path after `/v1/`: each is encoded. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly rateClass?: RateClass;
}

export interface Shape<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

/** The v1 API: sends a call once, and tells business errors from problems of the system, which it throws. */
export class EdusignClient {
  readonly #http: HttpClient;
  readonly #base: URL;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(access: Access, http: HttpClient) {
    this.#http = http;
    this.#base = baseOf(accountSettings.parse(access.settings).url);
    this.#headers = { ...authorise(access.secrets['apiKey'] ?? ''), Accept: 'application/json' };
  }

  get host(): string {
    return this.#base.host;
  }

  async call(call: Call): Promise<Said> {
    const answer = await this.#send(call);
    const envelope = readEnvelope(answer);
    // A business error under another status than 200 would still be one; a success would not.
    if (envelope !== undefined && (answer.status === 200 || (isClientError(answer) && !envelope.ok))) return envelope;
    if (answer.status === 200) throw answerInvalid(routeOf(call));
    throw statusError(answer, this.#base.host, routeOf(call));
  }

  /**
   * What is there, or undefined where the API says that there is none. Any other refusal is no answer to "is it there":
   * {@link LookRefused}.
   */
  async find<T>(look: Omit<Call, 'method'>, shape: Shape<T>): Promise<T | undefined> {
    const call = { method: 'GET', ...look } as const;
    const said = await this.call(call);
    if (said.ok) return readResult(said.result, shape, routeOf(call));
    if (saysNotFound(said.message)) return undefined;
    throw new LookRefused(said.message, routeOf(call));
  }

  async #send(call: Call): Promise<HttpAnswer> {
    const url = new URL(`v1/${call.path.map(encodeURIComponent).join('/')}`, this.#base);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    try {
      return await this.#http.send({
        method: call.method,
        url,
        headers: this.#headers,
        rateClass: call.rateClass ?? 'normal',
        ...(call.json === undefined ? {} : { json: call.json }),
      });
    } catch (error) {
      throw asTargetError(error);
    }
  }
}

/** A result in its shape, or TARGET_ANSWER_INVALID. */
export function readResult<T>(result: unknown, shape: Shape<T>, route: string): T {
  const parsed = shape.safeParse(result);
  if (!parsed.success) throw answerInvalid(route);
  return parsed.data;
}

/** Method and kind of object: the rest of a path can be an e-mail address. */
export function routeOf(call: Pick<Call, 'method' | 'path'>): string {
  return `${call.method} /v1/${call.path[0] ?? ''}`;
}

/** 401, 402, 403 and 429 speak of the account and never of the object, whatever their body says. */
function isClientError({ status }: HttpAnswer): boolean {
  return [400, 404, 409, 422].includes(status);
}

function readEnvelope(answer: HttpAnswer): Said | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(answer.body);
    const parsed = envelopeShape.safeParse(JSON.parse(text));
    if (!parsed.success) return undefined;
    const { data } = parsed;
    return data.status === 'success' ? { ok: true, result: data.result } : { ok: false, message: data.message };
  } catch {
    return undefined;
  }
}
