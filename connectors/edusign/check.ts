import { z } from 'zod';
import type { Check } from '../../roster/contracts.ts';
import type { ErrorCode } from '../../roster/error-codes.ts';
import { RollcallError } from '../../roster/errors.ts';
import type { Window } from '../../roster/window.ts';
import type { EdusignClient } from './client.ts';
import { stretchesOf } from './days.ts';
import { rateClassOf } from './lists.ts';
import type { TargetOptions } from './options.ts';
import { readReasonNames } from './reasons.ts';
import { apiType, keyedShape, schoolShape } from './wire.ts';

const keyPage = "Edusign's administration: applications, private app, API keys";

/** Tries the address, the key and each right, and looks who else writes there. Reads only: rights to write show later. */
export async function* check(client: EdusignClient, options: TargetOptions, window: Window): AsyncGenerator<Check> {
  const failure = yield* checkSchool(client, window);
  if (failure !== undefined && failure !== 'TARGET_FORBIDDEN') return;
  for (const path of ['professor', 'student', 'group', 'justified-absence'] as const) {
    yield (await tryRight(client, path, { page: '0', ...(path === 'student' ? { limit: '1' } : {}) })).line;
  }
  const [days] = stretchesOf(window.fromDate, window.toDate);
  const courses = await tryRight(client, 'course', { ...days, page: '0' });
  yield courses.line;
  if (courses.entries !== undefined) yield otherWriters(courses.entries, options);
  yield* checkReasons(client);
  if (options.sendCredentials) {
    yield {
      subject: 'sendCredentials',
      state: 'warning',
      detail: 'Edusign will mail their credentials to people who are added.',
      next: 'Leave it off until after the first live run, unless everybody shall be mailed.',
    };
  }
}

/** Yields what it found; returns the code when the school did not answer. */
async function* checkSchool(client: EdusignClient, window: Window): AsyncGenerator<Check, ErrorCode | undefined> {
  const tried = await attempt(() => client.find({ path: ['school'] }, schoolShape));
  if ('code' in tried) {
    yield* schoolFailure(tried, client.host);
    return tried.code;
  }
  const { NAME: name = '', TIMEZONE: zone = '' } = tried.value ?? {};
  yield { subject: 'address', state: 'ok', detail: `Edusign answers at ${client.host}.` };
  yield { subject: 'API key', state: 'ok', detail: `It belongs to the school "${name}".` };
  yield zoneLine(zone, window.zone);
  return undefined;
}

function* schoolFailure(failure: Failure, host: string): Generator<Check> {
  const { code, detail } = failure;
  const reached: Check = { subject: 'address', state: 'ok', detail: `Edusign answers at ${host}.` };
  switch (code) {
    case 'TARGET_AUTH_REFUSED':
      yield reached;
      yield { subject: 'API key', state: 'failed', detail, next: `Make a key in ${keyPage}; set it as secret apiKey.` };
      return;
    case 'TARGET_UNPAID':
      yield reached;
      yield { subject: 'subscription', state: 'failed', detail, next: 'Ask Edusign for the API option.' };
      return;
    case 'TARGET_FORBIDDEN':
      yield reached;
      yield {
        subject: 'right to read school',
        state: 'failed',
        detail,
        next: `Give the key this right in ${keyPage}.`,
      };
      return;
    case 'TARGET_RATE_LIMITED':
      yield { ...reached, state: 'failed', detail, next: 'Wait a minute, then check again.' };
      return;
    default:
      yield { ...reached, state: 'failed', detail, next: 'Check the address of the account, and what lets us out.' };
  }
}

function zoneLine(zone: string, ours: string): Check {
  const subject = 'time zone';
  if (zone === ours) return { subject, state: 'ok', detail: `Edusign and the connection both say ${zone}.` };
  return zone === ''
    ? { subject, state: 'warning', detail: 'Edusign does not say its own.', next: `See that it is ${ours} there.` }
    : {
        subject,
        state: 'warning',
        detail: `Edusign says ${zone}, the connection ${ours}.`,
        next: 'Set the same zone on both sides: days and reminders are cut in it.',
      };
}

type Entry = z.infer<typeof keyedShape>;

const rightNames = {
  professor: 'professors',
  student: 'students',
  group: 'groups',
  course: 'courses',
  'justified-absence': 'absences',
} as const;

async function tryRight(
  client: EdusignClient,
  path: keyof typeof rightNames,
  query: Readonly<Record<string, string>>,
): Promise<{ line: Check; entries?: readonly Entry[] }> {
  const look = { path: [path], query, rateClass: rateClassOf(path) };
  const tried = await attempt(() => client.find(look, z.array(keyedShape)));
  const subject = `right to read ${rightNames[path]}`;
  if ('code' in tried) return { line: rightFailure(subject, rightNames[path], tried) };
  return { line: { subject, state: 'ok', detail: 'Granted.' }, entries: tried.value ?? [] };
}

function rightFailure(subject: string, right: string, { code, detail }: Failure): Check {
  const next =
    code === 'TARGET_FORBIDDEN'
      ? `Give the key the right to ${right} in ${keyPage}.`
      : 'Check again; if it lasts, show this line to Edusign.';
  return { subject, state: 'failed', detail, next };
}

/** From one page of sheets: who else makes them shows there, or hardly anywhere. */
function otherWriters(entries: readonly Entry[], { takeOverFrom }: TargetOptions): Check {
  const counts = new Map<string, number>();
  for (const { apiId, apiType: system } of entries) {
    if (apiId === '' || system === apiType || takeOverFrom.includes(system)) continue;
    counts.set(system, (counts.get(system) ?? 0) + 1);
  }
  const subject = 'other connectors';
  if (counts.size === 0) {
    return { subject, state: 'ok', detail: `None in a sample of ${entries.length} sheets of the coming days.` };
  }
  const told = [...counts].map(([system, count]) => `${system === '' ? 'one without a name' : system} (${count})`);
  return {
    subject,
    state: 'warning',
    detail: `In a sample of ${entries.length} sheets some carry keys of: ${told.slice(0, 5).join(', ')}.`,
    next: 'Two connectors on one school double lessons. Switch the other one off, then name it in takeOverFrom.',
  };
}

async function* checkReasons(client: EdusignClient): AsyncGenerator<Check> {
  const subject = 'reasons of absence';
  const tried = await attempt(() => readReasonNames(client));
  yield 'code' in tried
    ? rightFailure(subject, 'absences', tried)
    : { subject, state: 'ok', detail: `${tried.value.size} of the school's own, beside the 7 built-in ones.` };
}

interface Failure {
  readonly code: ErrorCode;
  readonly detail: string;
}

/** What the other side or the way there says is a line; that the check itself must stop is not. */
async function attempt<T>(look: () => Promise<T>): Promise<{ readonly value: T } | Failure> {
  try {
    return { value: await look() };
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    if (!error.code.startsWith('TARGET_') && error.code !== 'HOST_NOT_ALLOWED') throw error;
    return { code: error.code, detail: error.message };
  }
}
