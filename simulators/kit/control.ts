import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from './clock.ts';
import type { FaultBook } from './faults.ts';
import type { Journal } from './journal.ts';

/** A control request that cannot be done, with what to do instead. */
export class ControlError extends Error {
  readonly status: number;

  constructor(message: string, status = 400) {
    super(message);
    this.status = status;
  }
}

/** What every simulator offers beside its API, under `/__control`. */
export interface Controls {
  readonly journal: Journal;
  readonly faults: FaultBook;
  readonly clock: Clock;
  /** The whole state, as plain data. */
  state(): unknown;
  /** Does one edit of the school and gives what it made or changed. */
  edit(body: unknown): unknown;
  /** Changes the password or key that the API asks for. */
  setSecret(secret: string): void;
  /** Notes that the state changed. */
  touch(): void;
}

const clockShape = z.union([
  z.strictObject({ now: z.iso.datetime({ offset: true }) }),
  z.strictObject({ offsetMs: z.number().int() }),
  z.strictObject({ reset: z.literal(true) }),
]);
const secretShape = z.strictObject({ secret: z.string().min(1) });
const journalQuery = z.object({
  method: z.string().optional(),
  path: z.string().optional(),
  after: z.coerce.number().int().optional(),
});

/** The parsed JSON body; undefined when there is none. */
export function bodyOf(request: FastifyRequest): unknown {
  const { body } = request;
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined;
  return JSON.parse(body.toString('utf8'));
}

/** Adds the control endpoints. They need no password, are never journalled, and no fault hits them. */
export function addControls(app: FastifyInstance, controls: Controls): void {
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof ControlError) return reply.code(error.status).send({ error: error.message });
    if (error instanceof z.ZodError) return reply.code(400).send({ error: z.prettifyError(error) });
    if (error instanceof SyntaxError || error instanceof RangeError) {
      return reply.code(400).send({ error: error.message });
    }
    console.error(error);
    return reply.code(500).send({ error: String(error) });
  });

  app.get('/__control/journal', (request) => {
    const entries = controls.journal.list(journalQuery.parse(request.query));
    return { total: entries.length, entries };
  });
  app.delete('/__control/journal', () => {
    controls.journal.clear();
    return { ok: true };
  });

  app.get('/__control/faults', () => ({ rules: controls.faults.list() }));
  app.post('/__control/faults', (request) => controls.faults.add(controls.faults.parse(bodyOf(request))));
  app.put('/__control/faults', (request) => {
    const rules = z
      .array(z.unknown())
      .parse(bodyOf(request))
      .map((rule) => controls.faults.parse(rule));
    controls.faults.clear();
    for (const rule of rules) controls.faults.add(rule);
    return { rules: controls.faults.list() };
  });
  app.delete('/__control/faults', () => {
    controls.faults.clear();
    return { ok: true };
  });

  app.get('/__control/state', () => controls.state());
  app.post('/__control/school', (request) => {
    const result = controls.edit(bodyOf(request));
    controls.touch();
    return { ok: true, result };
  });

  const clockNow = () => ({ now: controls.clock.now().toISOString(), offsetMs: controls.clock.offsetMs });
  app.get('/__control/clock', clockNow);
  app.post('/__control/clock', (request) => {
    const wish = clockShape.parse(bodyOf(request));
    if ('now' in wish) controls.clock.set(wish.now);
    else if ('offsetMs' in wish) controls.clock.shift(wish.offsetMs);
    else controls.clock.reset();
    return clockNow();
  });

  app.post('/__control/secret', (request) => {
    controls.setSecret(secretShape.parse(bodyOf(request)).secret);
    return { ok: true };
  });
}
