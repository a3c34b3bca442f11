import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';

/** How an answer can go wrong. `lost`: the work is done, and the answer never arrives. */
export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'html' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'trickle' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string };

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** A server of a test, on a port of its own, whose next answers can be made to go wrong. */
export interface FaultyServer {
  readonly app: FastifyInstance;
  readonly seen: Seen[];
  /** Where it listens, once it does. */
  listen(): Promise<string>;
  /** The next requests meet these faults, one each. */
  fail(...faults: Fault[]): void;
  close(): Promise<void>;
}

export function faultyServer(): FaultyServer {
  const app = Fastify({ forceCloseConnections: true });
  const seen: Seen[] = [];
  let faults: Fault[] = [];
  const lost = new WeakSet<object>();

  app.addHook('preHandler', async (request, reply) => {
    seen.push({ method: request.method, url: request.url, headers: request.headers, body: request.body });
    const [fault, ...rest] = faults;
    faults = rest;
    if (fault?.kind === 'lost') lost.add(request);
    else if (fault !== undefined && fault.kind !== 'none') spoil(reply, fault);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    if (lost.has(request)) reply.raw.destroy();
    return payload;
  });

  return {
    app,
    seen,
    listen: () => app.listen({ port: 0, host: '127.0.0.1' }),
    fail: (...next) => {
      faults = next;
    },
    close: () => app.close(),
  };
}

function spoil(reply: FastifyReply, fault: Exclude<Fault, { kind: 'lost' | 'none' }>): void {
  switch (fault.kind) {
    case 'html':
      reply.code(200).type('text/html; charset=utf-8').send('<html><body>Your session was lost.</body></html>');
      return;
    case 'status':
      if (fault.retryAfter !== undefined) reply.header('retry-after', fault.retryAfter);
      reply.code(fault.status).type('text/plain').send('Something about Zoé Martin');
      return;
    case 'hang':
      reply.hijack();
      return;
    case 'cut':
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      reply.raw.write('{"status":"success","nbTotal":1,"contenu":[');
      setTimeout(() => reply.raw.destroy(), 10);
      return;
    case 'trickle': {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => reply.raw.write(' '), 20);
      reply.raw.on('close', () => clearInterval(timer));
    }
  }
}
