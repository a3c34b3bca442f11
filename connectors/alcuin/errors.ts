import { RollcallError } from '../../roster/errors.ts';
import { type HttpAnswer, HttpFailure } from '../http.ts';

/** The other side's silence in our codes; everything else is passed on as it is. */
export function asSourceError(error: unknown): unknown {
  if (!(error instanceof HttpFailure)) return error;
  // A cut answer is one that came, and is not data: the list it holds must never be taken for a short one.
  const code = error.kind === 'cut' || error.kind === 'too-large' ? 'SOURCE_ANSWER_INVALID' : 'SOURCE_UNREACHABLE';
  return new RollcallError(code, `Alcuin at ${error.message}`, { facts: { host: error.host, failure: error.kind } });
}

/** What a status other than 200 means (statuses and policy are assumed). The body is never quoted: it may name people. */
export function statusError(answer: HttpAnswer, host: string): RollcallError {
  const facts = { host, status: answer.status };
  const { status } = answer;
  if (status === 401)
    return new RollcallError('SOURCE_AUTH_REFUSED', `Alcuin at ${host} refused the password.`, { facts });
  if (status === 403) {
    return new RollcallError('SOURCE_FORBIDDEN', `Alcuin at ${host} does not let this address or account in.`, {
      facts,
    });
  }
  if (status === 429) return rateLimited(answer, host);
  if (status >= 500) {
    return new RollcallError('SOURCE_UNREACHABLE', `Alcuin at ${host} failed with status ${status}.`, { facts });
  }
  if (status === 400 || status === 404) {
    return new RollcallError('SOURCE_SETTING_WRONG', `Alcuin at ${host} does not know what was asked (${status}).`, {
      facts,
    });
  }
  return answerInvalid(`Alcuin at ${host} answered with status ${status}.`, facts);
}

function rateLimited(answer: HttpAnswer, host: string): RollcallError {
  return new RollcallError('SOURCE_RATE_LIMITED', `Alcuin at ${host} asked us to slow down.`, {
    facts: { host },
    ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
  });
}

export function answerInvalid(message: string, facts: Record<string, string | number> = {}): RollcallError {
  return new RollcallError('SOURCE_ANSWER_INVALID', message, { facts });
}

export function drifted(message: string, facts: Record<string, string | number> = {}): RollcallError {
  return new RollcallError('SOURCE_DRIFTED', message, { facts });
}
