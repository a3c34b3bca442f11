import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { OpenExits } from './exits.ts';
import { type GateSettings, turned, userOf } from './gate.ts';
import type { Passage, Passages } from './journal.ts';

/** Headers that are meant for the proxy and go no further (RFC 9110, 7.6.1). */
const hopByHop = ['proxy-authorization', 'proxy-connection', 'connection', 'keep-alive', 'te', 'upgrade'];

/** Carries what passes the gate, and closes what it has opened. */
export class Forwarding {
  // A tunnel has left the HTTP server: nobody else would close it.
  readonly #tunnels = new Set<Duplex>();

  constructor(
    private readonly settings: GateSettings,
    private readonly passages: Passages,
    private readonly exits: OpenExits,
  ) {}

  tunnel(request: IncomingMessage, client: Duplex, head: Buffer): void {
    this.#tunnels.add(client);
    client.once('close', () => this.#tunnels.delete(client));
    client.on('error', () => client.destroy());
    const target = request.url ?? '';
    const passage = this.#note(request, target, null);
    const answer = (status: number) => client.end(statusLine(status));
    if (this.#turnAway(request, passage, client, answer)) return;
    const [host, port] = splitTarget(target);
    if (!(port > 0 && port < 65_536)) {
      settle(passage, 400, 'refused');
      answer(400);
      return;
    }
    const server = connect({ host, port });
    this.exits.watch(server);
    server.once('connect', () => {
      settle(passage, 200, 'passed');
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      if (head.length > 0) server.write(head);
      server.pipe(client);
      client.pipe(server);
    });
    server.once('error', () => {
      if (passage.ended === 'open') {
        settle(passage, 502, 'unreachable');
        answer(502);
      } else client.destroy();
    });
    server.once('close', () => client.end());
    client.once('close', () => server.destroy());
  }

  forward(request: IncomingMessage, response: ServerResponse): void {
    const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
    const passage = this.#note(request, `${url?.hostname}:${url?.port || '80'}`, url?.pathname ?? '');
    const answer = (status: number) => {
      if (status === 407) response.setHeader('proxy-authenticate', challenge);
      response.writeHead(status, { 'content-type': 'text/plain' }).end(`${words[status] ?? 'Refused'}\n`);
    };
    if (this.#turnAway(request, passage, request.socket, answer)) return;
    if (url === undefined) {
      settle(passage, 400, 'refused');
      answer(400);
      return;
    }
    this.#carry(request, url, response, passage, answer);
  }

  close(): void {
    for (const client of this.#tunnels) client.destroy();
    this.exits.closeAll();
  }

  #carry(
    request: IncomingMessage,
    url: URL,
    response: ServerResponse,
    passage: Passage,
    answer: (status: number) => void,
  ): void {
    // A connection of its own for each request: what came through is then known by its port.
    const outward = httpRequest(url, { method: request.method, headers: endToEnd(request.headers), agent: false });
    outward.once('socket', (socket) => this.exits.watch(socket));
    outward.once('response', (incoming) => {
      settle(passage, incoming.statusCode ?? 0, 'passed');
      response.writeHead(incoming.statusCode ?? 502, endToEnd(incoming.headers));
      incoming.pipe(response);
      // An answer cut in the middle has to arrive cut.
      incoming.once('close', () => {
        if (!incoming.complete) response.destroy();
      });
    });
    outward.once('error', () => {
      if (passage.ended === 'open') settle(passage, 502, 'unreachable');
      if (response.headersSent) response.destroy();
      else answer(502);
    });
    response.once('close', () => outward.destroy());
    request.pipe(outward);
  }

  #note(request: IncomingMessage, target: string, path: string | null): Passage {
    const user = userOf(request.headers['proxy-authorization']);
    return this.passages.open({ method: request.method ?? '', target, path, user });
  }

  /** Whether it went no further. */
  #turnAway(request: IncomingMessage, passage: Passage, client: Duplex, answer: (status: number) => void): boolean {
    const no = turned(this.settings, request.headers['proxy-authorization']);
    if (no === undefined) return false;
    if (no === 'cut') {
      passage.ended = 'refused';
      client.destroy();
      return true;
    }
    settle(passage, no.status, no.ended);
    answer(no.status);
    return true;
  }
}

const challenge = 'Basic realm="simulators"';

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));
}

const words: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  407: 'Proxy Authentication Required',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

function statusLine(status: number): string {
  const extra = status === 407 ? `Proxy-Authenticate: ${challenge}\r\n` : '';
  return `HTTP/1.1 ${status} ${words[status] ?? 'Refused'}\r\n${extra}Content-Length: 0\r\nConnection: close\r\n\r\n`;
}

function settle(passage: Passage, status: number, ended: Passage['ended']): void {
  passage.status = status;
  passage.ended = ended;
}

/** `host:port`, where the host of IPv6 is in brackets. */
function splitTarget(target: string): [string, number] {
  const at = target.lastIndexOf(':');
  return [target.slice(0, at).replaceAll(/[[\]]/g, ''), Number(target.slice(at + 1))];
}
