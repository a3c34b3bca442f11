import { RollcallError } from '../../roster/errors.ts';
import { type HttpAnswer, HttpFailure } from '../http.ts';

/** Whom a request was for, in error texts: they are not the same people's to mend. */
export type Party = 'Auriga' | 'The single sign-on';

/** The other side's silence in our codes; everything else is passed on as it is. */
export function asSourceError(error: unknown, party: Party): unknown {
  if (!(error instanceof HttpFailure)) return error;
  const facts = { host: error.host, failure: error.kind };
  if (error.kind === 'proxy') {
    return new RollcallError('SOURCE_PROXY_FAILED', `The forward proxy ${error.message}`, { facts });
  }
  // A cut answer is one that came, and is not data: the list it holds must never be taken for a short one.
  const code = error.kind === 'cut' || error.kind === 'too-large' ? 'SOURCE_ANSWER_INVALID' : 'SOURCE_UNREACHABLE';
  return new RollcallError(code, `${party} at ${error.message}`, { facts });
}

/** What a status other than the expected one means. The body is never quoted: it may name people. */
export function statusError(answer: HttpAnswer, host: string, party: Party = 'Auriga'): RollcallError {
  const { status } = answer;
  const facts = { host, status };
  if (status === 401) {
    return new RollcallError('SOURCE_AUTH_REFUSED', `${party} at ${host} refused a token that was just issued.`, {
      facts,
    });
  }
  if (status === 403) {
    return new RollcallError('SOURCE_FORBIDDEN', `${party} at ${host} does not let this address or account in.`, {
      facts,
    });
  }
  if (status === 429) {
    return new RollcallError('SOURCE_RATE_LIMITED', `${party} at ${host} asked us to slow down.`, {
      facts,
      ...(answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs }),
    });
  }
  if (status >= 500) {
    return new RollcallError('SOURCE_UNREACHABLE', `${party} at ${host} failed with status ${status}.`, { facts });
  }
  if (status === 400 || status === 404)
    return settingWrong(`${party} at ${host} does not know what was asked (${status}).`, facts);
  return answerInvalid(`${party} at ${host} answered with status ${status}.`, facts);
}

type Facts = Readonly<Record<string, string | number>>;

export function settingWrong(message: string, facts: Facts = {}): RollcallError {
  return new RollcallError('SOURCE_SETTING_WRONG', message, { facts });
}

export function answerInvalid(message: string, facts: Facts = {}): RollcallError {
  return new RollcallError('SOURCE_ANSWER_INVALID', message, { facts });
}

export function drifted(message: string, facts: Facts = {}): RollcallError {
  return new RollcallError('SOURCE_DRIFTED', message, { facts });
}
