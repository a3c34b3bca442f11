import type { Access } from '../../roster/contracts.ts';
import type { RollcallError } from '../../roster/errors.ts';
import type { HttpAnswer, HttpClient } from '../http.ts';
import { baseOf } from '../system.ts';
import { asSourceError, statusError } from './errors.ts';
import { accountSettings } from './options.ts';
import { authorise, rateClass } from './wire.ts';

/** One school's API: knows its address and password, and tells its failures in our codes. */
export class AlcuinClient {
  /** The address that all paths are below. */
  readonly base: URL;
  readonly #access: Access;
  readonly #http: HttpClient;

  constructor(access: Access, http: HttpClient) {
    this.base = baseOf(accountSettings.parse(access.settings).url);
    this.#access = access;
    this.#http = http;
  }

  /** Asks for what must be there: an answer with status 200, or a coded error. `unknown` words a 404 of this question. */
  async get(url: URL, unknown?: () => RollcallError): Promise<HttpAnswer> {
    const answer = await this.send('GET', url);
    if (answer.status === 404 && unknown !== undefined) throw unknown();
    if (answer.status !== 200) throw statusError(answer, this.base.host);
    return answer;
  }

  /** Sends one request and gives whatever was answered; silence is a coded error. */
  async send(method: 'GET' | 'PUT', url: URL, json?: unknown): Promise<HttpAnswer> {
    const headers = { ...authorise(this.#access.secrets['password'] ?? ''), Accept: 'application/json' };
    try {
      return await this.#http.send({ method, url, headers, rateClass, ...(json === undefined ? {} : { json }) });
    } catch (error) {
      throw asSourceError(error);
    }
  }
}
