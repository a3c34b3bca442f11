import { ZodError } from 'zod';
import type { Check } from '../roster/contracts.ts';
import { errorMeanings } from '../roster/error-codes.ts';
import { RollcallError } from '../roster/errors.ts';
import { lessonWindow } from '../roster/window.ts';
import { businessNow } from '../store/clock.ts';
import type { Connection } from '../store/connections.ts';
import { checkReasons } from './check-reasons.ts';
import { type Opening, openSource, openTarget } from './open-systems.ts';

export type Side = 'source' | 'target';

/** One credential or setting of one side, tried. */
export interface ConnectionCheck extends Check {
  readonly side: Side;
}

/** Days of lessons that a target is asked for when the source cannot be opened. */
const usualDays = 14;

/** Tries every credential and setting of both sides. Reads only; a problem is a line, and the other side is still tried. */
export async function* checkConnection(
  services: Opening,
  connection: Connection,
  signal: AbortSignal,
): AsyncGenerator<ConnectionCheck> {
  const now = await services.db.organisation(connection.organisationId, businessNow);
  const windowOf = (days: number) => lessonWindow(now, days, connection.timeZone);
  let window = windowOf(usualDays);
  const isSourceWell = yield* side('source', signal, async function* () {
    const source = await openSource(services, connection, { signal });
    window = windowOf(source.windowDays);
    yield* source.check(window);
  });
  const isTargetWell = yield* side('target', signal, async function* () {
    const target = await openTarget(services, connection, { signal });
    yield* target.check(window);
  });
  // Of both sides: asked once both answer, so that nothing that failed is tried again.
  if (isSourceWell && isTargetWell) {
    yield* side('target', signal, () => checkReasons(services, connection, signal));
  }
}

/** Gives whether nothing failed. */
async function* side(
  name: Side,
  signal: AbortSignal,
  lines: () => AsyncIterable<Check>,
): AsyncGenerator<ConnectionCheck, boolean> {
  let isWell = true;
  try {
    for await (const line of lines()) {
      isWell &&= line.state !== 'failed';
      yield { side: name, ...line };
    }
    return isWell;
  } catch (error) {
    signal.throwIfAborted();
    yield { side: name, ...failure(error) };
    return false;
  }
}

/** What kept a side from being tried at all. */
function failure(error: unknown): Check {
  if (error instanceof RollcallError) {
    return { subject: 'set-up', state: 'failed', detail: error.message, next: errorMeanings[error.code].next.en };
  }
  if (error instanceof ZodError) {
    const fields = error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    return {
      subject: 'options',
      state: 'failed',
      detail: fields,
      next: 'Correct the configuration file and apply it.',
    };
  }
  throw error;
}
