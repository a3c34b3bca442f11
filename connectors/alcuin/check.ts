import type { Access, Check } from '../../roster/contracts.ts';
import { type ErrorCode, errorMeanings } from '../../roster/error-codes.ts';
import { RollcallError } from '../../roster/errors.ts';
import type { Window } from '../../roster/window.ts';
import { readProxy } from '../forward-proxy.ts';
import type { AlcuinClient } from './client.ts';
import { answerInvalid } from './errors.ts';
import { countMembers } from './fetch.ts';
import { readJson } from './json.ts';
import { eventsWithin, groupsOf, membersOf } from './lists.ts';
import { type DirectoryOption, namedDirectories, type SourceOptions } from './options.ts';
import { clean } from './text.ts';
import { pingShape, pingUrl } from './wire.ts';

/** One thing to try; what it throws becomes its line. */
interface Trial {
  readonly subject: string;
  readonly attempt: () => Promise<Check[]>;
}

/**
 * Tries every setting and credential in turn, by reading only. After what makes all the rest fail too (a refused
 * password above all: repeated attempts may lock the account), nothing more is tried.
 */
export async function* checkAlcuin(
  client: AlcuinClient,
  access: Access,
  options: SourceOptions,
  window: Window,
): AsyncGenerator<Check> {
  const trials: Trial[] = [
    { subject: 'address', attempt: () => ping(client, window) },
    ...namedDirectories(options).map(({ option, id }) => directoryTrial(client, option, id)),
    { subject: 'events', attempt: () => countEvents(client, window) },
  ];
  for (const [index, { subject, attempt }] of trials.entries()) {
    try {
      yield* await attempt();
    } catch (error) {
      const problem = problemOf(error, access);
      yield* failedLines(problem, subject, client.base.host, options);
      if (index === 0 || !canGoOn.has(problem.code)) return;
    }
  }
  yield* remarks(options);
  if (options.useProxy) yield proxyLine(access);
}

/** Problems that are about one question only. */
const canGoOn: ReadonlySet<ErrorCode> = new Set(['SOURCE_SETTING_WRONG', 'SOURCE_FORBIDDEN', 'SOURCE_ANSWER_INVALID']);

/** What is wrong with the source or its settings becomes a line; a cancelled check, or a fault of ours, does not. */
function problemOf(error: unknown, access: Access): RollcallError {
  if (access.signal.aborted) throw access.signal.reason;
  const isOurs = error instanceof RollcallError && /^(SOURCE_|HOST_NOT_ALLOWED$)/.test(error.code);
  if (!isOurs) throw error;
  return error;
}

function* failedLines(error: RollcallError, subject: string, host: string, options: SourceOptions): Generator<Check> {
  const { code, message: detail } = error;
  const answered = code === 'SOURCE_AUTH_REFUSED' || code === 'SOURCE_FORBIDDEN' || code === 'SOURCE_RATE_LIMITED';
  if (subject === 'address' && answered) yield { subject, state: 'ok', detail: `${host} answers.` };
  yield { subject: failedSubject(code, subject), state: 'failed', detail, next: nextFor(code, subject, options) };
}

function failedSubject(code: ErrorCode, subject: string): string {
  if (code === 'SOURCE_AUTH_REFUSED') return 'password';
  if (code === 'SOURCE_PROXY_FAILED') return 'proxy';
  if (code === 'SOURCE_FORBIDDEN' && subject === 'address') return 'access';
  return subject;
}

function nextFor(code: ErrorCode, subject: string, { useProxy }: SourceOptions): string {
  if (code === 'SOURCE_FORBIDDEN' && subject !== 'address') {
    return 'Ask the administrator of Alcuin to give the account the right to read this.';
  }
  if (code === 'SOURCE_FORBIDDEN') {
    return useProxy
      ? "Ask the school to let the forward proxy's address through its firewall, and the account into the API."
      : "Ask the school to let the address Rollcall calls from through its firewall, or set useProxy to call from the proxy's.";
  }
  if (code === 'SOURCE_SETTING_WRONG' && subject.startsWith('directory')) {
    return 'Correct this option in the configuration file and apply it: the administrator of Alcuin knows the numbers.';
  }
  return errorMeanings[code].next.en;
}

/** The address, the password and the clock are all told by the answer to one request. */
async function ping(client: AlcuinClient, window: Window): Promise<Check[]> {
  const answer = readJson(await client.get(pingUrl(client.base)), pingShape);
  if (answer === undefined)
    throw answerInvalid(`Alcuin at ${client.base.host} answered to a ping with something else.`);
  const version = told(answer.version);
  const address: Check =
    version === ''
      ? {
          subject: 'address',
          state: 'warning',
          detail: `${client.base.host} answers, but names no version.`,
          next: 'Make sure that the URL is that of the API: it ends in /api/.',
        }
      : { subject: 'address', state: 'ok', detail: `${client.base.host} answers, version ${version}.` };
  return [
    address,
    { subject: 'password', state: 'ok', detail: 'It was accepted.' },
    zoneLine(told(answer.fuseau), window.zone),
  ];
}

/** Times without an offset are read as the school's wall clock, which must be the server's. */
function zoneLine(theirs: string, ours: string): Check {
  const subject = 'time zone';
  if (theirs.toLowerCase() === ours.toLowerCase()) return { subject, state: 'ok', detail: `Both sides use ${ours}.` };
  return {
    subject,
    state: 'warning',
    detail:
      theirs === ''
        ? `Alcuin does not say its time zone; the connection uses ${ours}.`
        : `Alcuin says ${theirs}; the connection uses ${ours}.`,
    next: 'Compare the hours of a lesson on both sides; if they differ, correct timeZone in the configuration file.',
  };
}

function directoryTrial(client: AlcuinClient, option: DirectoryOption, id: string): Trial {
  const subject = `directory ${id} (${option})`;
  const isOfGroups = option === 'annuaireIdStudentsGroups';
  const list = isOfGroups ? groupsOf(client.base, id, true) : membersOf(client.base, id, option);
  const words = isOfGroups ? ['group', 'groups'] : ['person', 'people'];
  const attempt = async (): Promise<Check[]> => {
    const count = await countMembers(client, list);
    if (count > 0) return [{ subject, state: 'ok', detail: `It lists ${count} ${words[count === 1 ? 0 : 1]}.` }];
    const next = `If this is not the directory that was meant, correct ${option} in the configuration file.`;
    return [{ subject, state: 'warning', detail: `It lists no ${words[1]}.`, next }];
  };
  return { subject, attempt };
}

async function countEvents(client: AlcuinClient, window: Window): Promise<Check[]> {
  const subject = 'events';
  const count = await countMembers(client, eventsWithin(client.base, window));
  const days = `from ${window.fromDate} to ${window.toDate}`;
  if (count > 0) return [{ subject, state: 'ok', detail: `${count} can be read ${days}.` }];
  const next = 'If there are lessons on these days, ask the administrator of Alcuin what the account may see.';
  return [{ subject, state: 'warning', detail: `There are none ${days}.`, next }];
}

/** Settings that are valid and may not do what was meant. */
function* remarks({ groups, annuaireIdStudentsGroups: chosen = [] }: SourceOptions): Generator<Check> {
  const subject = 'groups';
  if (!groups && chosen.length > 0) {
    const next = 'Set groups to true to sync groups.';
    yield { subject, state: 'warning', detail: 'annuaireIdStudentsGroups has no effect while groups is off.', next };
  }
  if (groups && chosen.length === 0) {
    const next = 'Set annuaireIdStudentsGroups to the directories of your groups.';
    const detail = 'Without annuaireIdStudentsGroups no group that disappears from Alcuin is removed.';
    yield { subject, state: 'warning', detail, next };
  }
}

function proxyLine(access: Access): Check {
  const host = readProxy(access.proxy ?? '')?.address.host ?? '';
  return { subject: 'proxy', state: 'ok', detail: `All of this went through ${host}.` };
}

/** A short text of the other side's, fit for a line. */
function told(value: unknown): string {
  return clean(typeof value === 'number' ? String(value) : value).slice(0, 60);
}
