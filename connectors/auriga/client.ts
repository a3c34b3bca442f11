import type { Access } from '../../roster/contracts.ts';
import type { RollcallError } from '../../roster/errors.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../http.ts';
import { baseOf } from '../system.ts';
import { rateClass, scopeHeader } from './auriga-wire.ts';
import { asSourceError, statusError } from './errors.ts';
import { accountSettings } from './options.ts';
import { type Monotonic, SignIn } from './sign-in.ts';

type Method = HttpRequest['method'];

/** One school's API: signs in when it must, and tells its failures in our codes. */
export class AurigaClient {
  /** The address that all paths are below. */
  readonly base: URL;
  readonly signIn: SignIn;
  readonly #http: HttpClient;

  constructor(access: Access, http: HttpClient, now?: Monotonic) {
    this.base = apiOf(accountSettings.parse(access.settings).url);
    this.signIn = new SignIn(access, http, now);
    this.#http = http;
  }

  /** Asks for what must be there: an answer with status 200, or a coded error. `unknown` words a 404 of this question. */
  async ask(method: 'GET' | 'POST', url: URL, json?: unknown, unknown?: () => RollcallError): Promise<HttpAnswer> {
    const answer = await this.send(method, url, json);
    if (answer.status === 404 && unknown !== undefined) throw unknown();
    if (answer.status !== 200) throw statusError(answer, this.base.host);
    return answer;
  }

  /**
   * Sends one request and gives whatever was answered; silence is a coded error. A token that is refused, because its
   * session was ended or a server restarted, is replaced once.
   */
  async send(method: Method, url: URL, json?: unknown): Promise<HttpAnswer> {
    const token = await this.signIn.token();
    const answer = await this.#exchange(method, url, json, token);
    if (answer.status !== 401) return answer;
    this.signIn.drop(token);
    return this.#exchange(method, url, json, await this.signIn.token());
  }

  async #exchange(method: Method, url: URL, json: unknown, token: string): Promise<HttpAnswer> {
    const headers = { Accept: 'application/json', ...scopeHeader, Authorization: `Bearer ${token}` };
    try {
      return await this.#http.send({ method, url, headers, rateClass, ...(json === undefined ? {} : { json }) });
    } catch (error) {
      throw asSourceError(error, 'Auriga');
    }
  }
}

/** The API is below the application's own address; some people write it with the address. */
function apiOf(address: string): URL {
  const base = baseOf(address);
  return base.pathname.endsWith('/api/') ? base : new URL('api/', base);
}
