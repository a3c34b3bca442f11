import { z } from 'zod';
import { RollcallError } from '../../roster/errors.ts';
import { type HttpAnswer, HttpFailure } from '../http.ts';
import { readJson } from './json.ts';
import type { DirectoryOption } from './options.ts';

/** The other side's silence in our codes; everything else is passed on as it is. */
export function asSourceError(error: unknown): unknown {
  if (!(error instanceof HttpFailure)) return error;
  const facts = { host: error.host, failure: error.kind };
  if (error.kind === 'proxy') {
    return new RollcallError('SOURCE_PROXY_FAILED', `The forward proxy ${error.message}`, { facts });
  }
  // A cut answer is one that came, and is not data: the list it holds must never be taken for a short one.
  const code = error.kind === 'cut' || error.kind === 'too-large' ? 'SOURCE_ANSWER_INVALID' : 'SOURCE_UNREACHABLE';
  return new RollcallError(code, `Alcuin at ${error.message}`, { facts });
}

/** What a status other than 200 means (statuses and policy are assumed). The body is never quoted: it may name people. */
export function statusError(answer: HttpAnswer, host: string): RollcallError {
  const facts = { host, status: answer.status };
  const { status } = answer;
  if (status === 401)
    return new RollcallError('SOURCE_AUTH_REFUSED', `Alcuin at ${host} refused the password.`, { facts });
  if (status === 403)
    return new RollcallError('SOURCE_FORBIDDEN', `Alcuin at ${host} ${forbidden(answer)}.`, { facts });
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

const forbiddenShape = z.looseObject({ code: z.enum(['IP_REFUSEE', 'DROIT_INSUFFISANT']) });

/** Two codes say which of the two it is (assumed); any other answer leaves it open. */
function forbidden(answer: HttpAnswer): string {
  switch (readJson(answer, forbiddenShape)?.code) {
    case 'IP_REFUSEE':
      return 'does not let our address in';
    case 'DROIT_INSUFFISANT':
      return 'says that the account lacks a right';
    default:
      return 'does not let this address or account in';
  }
}

/** A directory that the ERP does not have is a setting to correct, never an empty school. */
export function directoryUnknown(host: string, id: string, option: DirectoryOption | undefined): RollcallError {
  const where =
    option === undefined
      ? `, which its events name. Set annuaireIdStudentsGroups to the directories of your groups`
      : ` (${option})`;
  return new RollcallError('SOURCE_SETTING_WRONG', `Alcuin at ${host} does not know directory ${id}${where}.`, {
    facts: { host, directory: id, option: option ?? '' },
  });
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
