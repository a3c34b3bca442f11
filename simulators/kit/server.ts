import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { addControls, bodyOf, type Controls } from './control.ts';
import { type ApiRequest, dispatch, type Manners, type Route } from './dispatch.ts';

/** A simulator at work. */
export interface Running {
  /** Where the API is, as a connector's setting would name it. */
  readonly url: string;
  /** Where the control endpoints are, without a slash at the end. */
  readonly controlUrl: string;
  /** Stops it: open requests are cut, pending effects never happen, the state is written. */
  close(): Promise<void>;
}

/** Everything that makes one outside system. */
export interface Blueprint {
  readonly manners: Manners;
  readonly controls: Controls;
  readonly routes: readonly ApiRoute[];
  /** Answer to a path that the API does not have. */
  readonly unknown: Route;
  /** Answer to a body that is not JSON. */
  readonly unreadable: Route;
  /** More control endpoints than every simulator has. */
  readonly addMore?: (app: FastifyInstance) => void;
  /** Writes the state for the last time. */
  readonly flush: () => void;
}

/** One route of the API. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly route: Route;
  /** For a GET that changes something. Other methods always do. */
  readonly writes?: boolean;
}

/** A whole school's presences fit; a runaway does not. Bytes. */
const mostBody = 32 * 1024 * 1024;

/** Starts a simulator on the loopback address. Port 0 takes a free one. */
export async function startServer(blueprint: Blueprint, port: number, apiPath: string): Promise<Running> {
  const app = Fastify({
    logger: false,
    forceCloseConnections: true,
    bodyLimit: mostBody,
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1000 },
  });
  // Clients send a JSON type with an empty body on DELETE; the framework's own parser would refuse that.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  addControls(app, blueprint.controls);
  blueprint.addMore?.(app);

  for (const { method, path, route, writes } of blueprint.routes) {
    const changes = writes ?? method !== 'GET';
    app.route({ method, url: path, handler: (request, reply) => serve(request, reply, route, changes) });
  }
  app.setNotFoundHandler((request, reply) => serve(request, reply, blueprint.unknown, false));

  async function serve(request: FastifyRequest, reply: FastifyReply, route: Route, changes: boolean): Promise<void> {
    reply.hijack();
    const [call, chosen] = readCall(request, route);
    const acting: Route = (asked) => {
      const answer = chosen(asked);
      if (changes) blueprint.controls.touch();
      return answer;
    };
    await dispatch(blueprint.manners, call, reply.raw, acting).catch((error: unknown) => console.error(error));
  }

  function readCall(request: FastifyRequest, route: Route): [ApiRequest, Route] {
    const common = {
      method: request.method,
      path: request.url.split('?')[0] ?? '/',
      params: textMap.parse(request.params ?? {}),
      query: queryMap.parse(request.query ?? {}),
      authorization: request.headers.authorization,
      throughProxy: blueprint.manners.exits?.has(request.socket.remotePort ?? 0) ?? false,
      fault: undefined,
    };
    try {
      return [{ ...common, body: formOf(request) ?? bodyOf(request) }, route];
    } catch {
      return [{ ...common, body: null }, blueprint.unreadable];
    }
  }

  await app.listen({ host: '127.0.0.1', port });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator has no port');
  const origin = `http://127.0.0.1:${address.port}`;
  return {
    url: `${origin}${apiPath}`,
    controlUrl: `${origin}/__control`,
    close: async () => {
      blueprint.manners.waits.stop();
      await app.close();
      blueprint.flush();
    },
  };
}

/** The parameters of a form, in order. People who try an API with curl send JSON under the same type: that is no form. */
function formOf(request: FastifyRequest): readonly [string, string][] | undefined {
  const { body } = request;
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  if (!isForm || !Buffer.isBuffer(body) || /^\s*[{[]/.test(body.toString('utf8'))) return undefined;
  return [...new URLSearchParams(body.toString('utf8'))];
}

const textMap = z.record(z.string(), z.string());
/** A parameter given twice counts by its last value. */
const queryMap = z.record(
  z.string(),
  z.union([z.string(), z.array(z.string()).transform((values) => values.at(-1) ?? '')]),
);
