import type { Payload, PayloadCodec } from '@temporalio/common';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { Logger } from 'pino';
import { z } from 'zod';
import { RollcallError } from '../roster/errors.ts';
import { isThisMachine } from './address.ts';
import type { CodecAccess, CodecUser } from './codec-access.ts';
import { isSealed } from './payload-codec.ts';

/** What a codec server works with. */
export interface CodecServerOptions {
  readonly codec: PayloadCodec;
  /** The only namespace whose payloads it opens. */
  readonly namespace: string;
  /** The only web page that may call it: scheme, host and port of the Temporal UI. */
  readonly origin: string;
  /** Who may call. Nothing is local mode: whoever sits at this machine, and nobody else can reach it. */
  readonly access: CodecAccess | undefined;
  readonly log: Logger;
}

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));
const wirePayload = z
  .object({ metadata: z.record(z.string(), base64).default({}), data: base64.optional() })
  .transform(({ metadata, data }): Payload => ({ metadata, ...(data === undefined ? {} : { data }) }));
const asked = z.object({
  payloads: z.array(wirePayload).max(1_000),
});

const whoeverIsHere: CodecUser = { name: 'local', mayDecode: true, mayEncode: true };

/**
 * Lets the Temporal UI show what we sealed. The browser asks, with the token of whoever looks: the server at Temporal never
 * has a key. It says who asked for how many payloads, and keeps none.
 */
export function codecServer(options: CodecServerOptions): FastifyInstance {
  const app = fastify({ logger: false, bodyLimit: 16 * 1024 * 1024 });
  const users = new WeakMap<FastifyRequest, CodecUser>();

  app.addHook('onRequest', async (request, reply) => {
    const problem = refuseStrangePage(options, request);
    if (problem !== undefined) return refuse(reply, 403, problem);
    allowPage(options, request, reply);
    if (request.method === 'OPTIONS') return reply.code(204).send();
    const user = options.access === undefined ? whoeverIsHere : await options.access(bearerOf(request));
    if (user === undefined) {
      return refuse(reply, 401, 'The token is missing, unknown, was revoked, or has run out.');
    }
    users.set(request, user);
  });

  const serve = (path: string, may: (user: CodecUser) => boolean, work: (given: Payload[]) => Promise<Payload[]>) =>
    app.post(path, async (request, reply) => {
      const user = users.get(request) ?? { name: '', mayDecode: false, mayEncode: false };
      if (!may(user)) return refuse(reply, 403, 'This role may not do that, or is of one organisation only.');
      const namespace = request.headers['x-namespace'];
      if (namespace !== options.namespace) {
        return refuse(reply, 403, `Payloads of the namespace "${options.namespace}" only: name it in X-Namespace.`);
      }
      const given = asked.safeParse(request.body);
      if (!given.success) return refuse(reply, 400, 'The body is not {"payloads": [{"metadata", "data"}]} in base64.');
      const payloads = await work(given.data.payloads);
      options.log.info({ who: user.name, namespace, payloads: payloads.length }, `codec${path}`);
      return { payloads: payloads.map(toWire) };
    });

  serve(
    '/decode',
    ({ mayDecode }) => mayDecode,
    (given) => openSealed(options.codec, given),
  );
  serve(
    '/encode',
    ({ mayEncode }) => mayEncode,
    (given) => options.codec.encode(given),
  );
  app.options('/*', async (_, reply) => reply.code(204).send());

  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof RollcallError && error.code === 'KEY_MISSING') {
      return refuse(reply, 422, 'A payload was sealed with a key that is not here, or was altered.');
    }
    if (error instanceof RollcallError && error.code === 'STORE_UNAVAILABLE') {
      return refuse(reply, 503, 'Tokens cannot be checked now: the store, or the sign-in, does not answer.');
    }
    if (error.statusCode !== undefined && error.statusCode < 500)
      return refuse(reply, error.statusCode, 'Not understood.');
    options.log.error({ error: error.name }, 'codec server');
    return refuse(reply, 500, 'A fault of ours.');
  });
  return app;
}

/** What was never sealed is shown as it is: Temporal's own payloads, such as those of its schedules. */
async function openSealed(codec: PayloadCodec, given: Payload[]): Promise<Payload[]> {
  const opened = await codec.decode(given.filter(isSealed));
  let next = 0;
  return given.map((payload) => (isSealed(payload) ? (opened[next++] ?? payload) : payload));
}

/**
 * A page of another origin is refused; programs send none. Without tokens the name by which we were called must be this
 * machine's too: a page elsewhere can have its own name point here.
 */
function refuseStrangePage({ origin, access }: CodecServerOptions, request: FastifyRequest): string | undefined {
  const from = request.headers.origin;
  if (from !== undefined && from !== origin && !(access === undefined && isSamePageHere(from, origin))) {
    return 'Only the page of ROLLCALL_CODEC_ORIGIN may ask.';
  }
  if (access === undefined && !isThisMachine(hostOf(`http://${request.headers.host ?? ''}`))) {
    return 'Without tokens only this machine may ask.';
  }
  return undefined;
}

/** On one machine 127.0.0.1 and localhost are the same page. */
function isSamePageHere(from: string, origin: string): boolean {
  if (!URL.canParse(from)) return false;
  return isThisMachine(hostOf(from)) && isThisMachine(hostOf(origin)) && new URL(from).port === new URL(origin).port;
}

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).hostname : '');

function allowPage({ origin, access }: CodecServerOptions, request: FastifyRequest, reply: FastifyReply): void {
  const from = access === undefined ? (request.headers.origin ?? origin) : origin;
  reply
    .header('access-control-allow-origin', from)
    .header('access-control-allow-credentials', 'true')
    .header('access-control-allow-methods', 'POST')
    .header('access-control-allow-headers', 'authorization, authorization-extras, content-type, x-namespace')
    .header('access-control-max-age', '600')
    .header('cache-control', 'no-store')
    .header('vary', 'origin');
}

function bearerOf(request: FastifyRequest): string {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
}

function refuse(reply: FastifyReply, status: number, message: string): FastifyReply {
  return reply.code(status).send({ message });
}

function toWire({ metadata, data }: Payload) {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return {
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, text(bytes)])),
    ...(data ? { data: text(data) } : {}),
  };
}
