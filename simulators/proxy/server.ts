import { createServer, type Server } from 'node:http';
import Fastify from 'fastify';
import { z } from 'zod';
import { bodyOf } from '../kit/control.ts';
import type { ProxyExits } from '../kit/proxy-exits.ts';
import type { Running } from '../kit/server.ts';
import { OpenExits } from './exits.ts';
import { Forwarding } from './forwarding.ts';
import { type GateSettings, gateShape } from './gate.ts';
import { Passages } from './journal.ts';

export interface ForwardProxyOptions {
  /** 0 or absent takes a free port. */
  readonly port?: number | undefined;
  /** `user:password` that clients must give. */
  readonly credentials?: string | undefined;
}

/** A proxy at work; a system that only lets its address in asks {@link exits}. */
export interface RunningProxy extends Running {
  readonly exits: ProxyExits;
}

/** Starts a forward proxy: tunnels (CONNECT) and plain requests with the whole address in their first line. */
export async function startForwardProxy(options: ForwardProxyOptions = {}): Promise<RunningProxy> {
  const settings: GateSettings = gateShape.parse({ credentials: options.credentials ?? null, refuse: null });
  const passages = new Passages();
  const exits = new OpenExits();
  const proxy = new Forwarding(settings, passages, exits);

  // The control endpoints are ordinary requests to the same port: only those have a bare path.
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    serverFactory: (own): Server =>
      createServer((request, response) =>
        /^http:/i.test(request.url ?? '') ? proxy.forward(request, response) : own(request, response),
      ).on('connect', (request, client, head) => proxy.tunnel(request, client, head)),
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, _request, reply) => reply.code(400).send({ error: String(error) }));
  app.get('/__control/journal', () => ({ total: passages.list().length, entries: passages.list() }));
  app.delete('/__control/journal', () => {
    passages.clear();
    return { ok: true };
  });
  app.get('/__control/settings', () => ({ refuse: settings.refuse, asksForPassword: settings.credentials !== null }));
  app.patch('/__control/settings', (request) => {
    Object.assign(settings, gateShape.partial().parse(bodyOf(request)));
    return { refuse: settings.refuse, asksForPassword: settings.credentials !== null };
  });

  await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  const { port } = z.object({ port: z.number() }).parse(app.server.address());
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    controlUrl: `${url}/__control`,
    exits,
    close: async () => {
      proxy.close();
      await app.close();
    },
  };
}
