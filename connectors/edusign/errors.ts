import type { ErrorCode } from '../../roster/error-codes.ts';
import { RollcallError } from '../../roster/errors.ts';
import { type HttpAnswer, HttpFailure } from '../http.ts';

/**
 * The other side's silence in our codes; everything else is passed on as it is. A request whose answer was cut may have
 * worked, like one that timed out: both are told as unreachable, and the caller looks before it repeats.
 */
export function asTargetError(error: unknown): unknown {
  if (!(error instanceof HttpFailure)) return error;
  const code = error.kind === 'too-large' ? 'TARGET_ANSWER_INVALID' : 'TARGET_UNREACHABLE';
  return new RollcallError(code, `Edusign at ${error.message}`, { facts: { host: error.host, failure: error.kind } });
}

/** Statuses are documented, except 429, which v1 never mentions. Their bodies are bare text and are never quoted. */
const byStatus: Readonly<Record<number, { code: ErrorCode; words: string }>> = {
  401: { code: 'TARGET_AUTH_REFUSED', words: 'refused the API key' },
  402: { code: 'TARGET_UNPAID', words: 'says that the subscription or its API option is missing' },
  403: { code: 'TARGET_FORBIDDEN', words: 'says that the API key lacks a right' },
  429: { code: 'TARGET_RATE_LIMITED', words: 'asked us to slow down' },
};

/** What a status means that is no answer to the question. */
export function statusError(answer: HttpAnswer, host: string, route: string): RollcallError {
  const { status, retryAfterMs } = answer;
  const known = byStatus[status];
  const code = known?.code ?? (status >= 500 ? 'TARGET_UNREACHABLE' : 'TARGET_ANSWER_INVALID');
  const words = known?.words ?? `answered with status ${status}`;
  return new RollcallError(code, `Edusign at ${host} ${words} (${route}).`, {
    facts: { host, status, route },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

export function answerInvalid(route: string): RollcallError {
  return new RollcallError('TARGET_ANSWER_INVALID', `Edusign answered with something we cannot read (${route}).`, {
    facts: { route },
  });
}

/**
 * The API refused a look in words we do not know. That is no reason to take the object for absent; where one record is at
 * stake it is that record's problem and not the run's. Its words may name people: they are no part of the error text.
 */
export class LookRefused extends RollcallError {
  readonly words: string;

  constructor(words: string, route: string) {
    super('TARGET_ANSWER_INVALID', `Edusign refused a look in words we do not know (${route}).`, { facts: { route } });
    this.words = words;
  }
}
