import type http from 'node:http';
import type { Socket } from 'node:net';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';

/** A forward proxy as requests need it. The credentials are apart from the address, which is told in errors. */
export interface ForwardProxy {
  readonly address: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** The proxy that a text names, user name and password included; undefined when it is no http or https address. */
export function readProxy(text: string): ForwardProxy | undefined {
  try {
    const address = new URL(text);
    if (address.protocol !== 'http:' && address.protocol !== 'https:') return undefined;
    const credentials = [address.username, address.password].map(decodeURIComponent).join(':');
    address.username = '';
    address.password = '';
    if (credentials === ':') return { address, headers: {} };
    return { address, headers: { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` } };
  } catch {
    return undefined;
  }
}

type ConnectOptions = Parameters<HttpsProxyAgent<string>['connect']>[1];
type Connect = () => Promise<Socket>;
type Guard = (connect: Connect) => Promise<Socket>;
type TellRefusal = (status: number, target: string) => void;

/**
 * The way of one request through the operator's forward proxy: a tunnel (HTTP CONNECT) to an https address, the absolute
 * form to an http one. Each request has a connection of its own, which ends with `signal`: an idle tunnel that the proxy
 * closed meanwhile would look like a fault of the system behind it.
 */
export class ProxyRoute {
  readonly agents: { readonly http: http.Agent; readonly https: http.Agent };
  /** Host and port of the proxy, for error texts. */
  readonly host: string;
  readonly #hasCredentials: boolean;
  readonly #signal: AbortSignal;
  #isOpen = false;
  #problem: string | undefined;

  /** @param trusted certificates to trust instead of the usual ones, for tests */
  constructor({ address, headers }: ForwardProxy, signal: AbortSignal, trusted?: string) {
    this.host = address.host;
    this.#hasCredentials = headers['Proxy-Authorization'] !== undefined;
    this.#signal = signal;
    // The library hands what it does not know to the socket, which is closed by the signal.
    const options = { headers, signal };
    const guard: Guard = (connect) => this.#open(connect);
    this.agents = {
      http: new AbsoluteForm(address, options, guard),
      https: new Tunnel(address, options, guard, (status, target) => this.#refused(status, target), trusted),
    };
  }

  /** What went wrong before the system behind the proxy was reached: the end of "the forward proxy HOST …". */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Notes that the time is up: a proxy that has not opened the way by then is the one that is silent. */
  timedOut(): void {
    if (!this.#isOpen) this.#problem ??= 'did not answer in time';
  }

  /** Notes the status of an answer to a request in absolute form: only a proxy says 407. */
  answered(status: number): void {
    if (status === 407) this.#refused(status, '');
  }

  async #open(connect: Connect): Promise<Socket> {
    try {
      const socket = await connect();
      this.#isOpen = true;
      return socket;
    } catch (error) {
      this.#problem ??= this.#signal.aborted ? 'did not answer in time' : 'could not be reached';
      throw error;
    }
  }

  #refused(status: number, target: string): void {
    if (status !== 407) this.#problem = `did not connect us to ${target} (status ${status})`;
    else if (this.#hasCredentials) this.#problem = 'refused the user name and password we have for it (status 407)';
    else this.#problem = 'asks for a user name and password, and we have none for it (status 407)';
  }
}

class AbsoluteForm extends HttpProxyAgent<string> {
  readonly #guard: Guard;

  constructor(proxy: URL, options: object, guard: Guard) {
    super(proxy, options);
    this.#guard = guard;
  }

  override connect(request: Parameters<HttpProxyAgent<string>['connect']>[0], options: ConnectOptions) {
    // The library's agents name the socket's type, which is that of Node in every case.
    return this.#guard(() => super.connect(request, options)) as ReturnType<HttpProxyAgent<string>['connect']>;
  }
}

/** Takes a proxy's refusal for what it is: the library would give it out as the answer of the system behind. */
class Tunnel extends HttpsProxyAgent<string> {
  readonly #guard: Guard;
  readonly #tell: TellRefusal;
  readonly #trusted: string | undefined;

  constructor(proxy: URL, options: object, guard: Guard, tell: TellRefusal, trusted: string | undefined) {
    super(proxy, options);
    this.#guard = guard;
    this.#tell = tell;
    this.#trusted = trusted;
  }

  override connect(request: http.ClientRequest, options: ConnectOptions): Promise<Socket> {
    return this.#guard(async () => {
      let status = 0;
      request.once('proxyConnect', (answer: { statusCode: number }) => {
        status = answer.statusCode;
      });
      const trust = this.#trusted === undefined ? {} : { ca: this.#trusted };
      const socket = await super.connect(request, { ...options, ...trust });
      if (status === 200) return socket;
      socket.destroy();
      this.#tell(status, options.host ?? '');
      throw new Error('The proxy opened no tunnel.');
    });
  }
}
