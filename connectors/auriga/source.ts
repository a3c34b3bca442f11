import type { Access, AttendanceSink, Scope, Source } from '../../roster/contracts.ts';
import { RollcallError } from '../../roster/errors.ts';
import { guardedHttp, type HttpClient, type HttpLimits } from '../http.ts';
import { holdsAbsences, putAbsences } from './attendance.ts';
import { checkAuriga } from './check.ts';
import { AurigaClient } from './client.ts';
import { fetchAll } from './favourites.ts';
import { type SourceOptions, sourceOptions } from './options.ts';
import { readRecords } from './read.ts';
import { readAbsenceReasons } from './reasons.ts';

/** The school's timetable: interventions of a window, the persons they name, and groups where a favourite lists them. */
export function openAuriga(access: Access, limits: HttpLimits = {}): Source {
  const options = sourceOptions.parse(access.options);
  const client = new AurigaClient(access, httpFor(access, options, limits));
  return {
    scopes: scopesOf(options),
    windowDays: options.nbDaysToGet,
    directories: {},
    fetch: () => fetchAll(client, options),
    read: (chunks, window) => readRecords(chunks, window, options.lookAheadDays),
    attendance: sinkOf(client),
    reasons: () => readAbsenceReasons(client),
    check: (window) => checkAuriga(client, access, options, window),
    close: () => client.signIn.signOut(),
  };
}

/** The favourite lists every group of the school, or the read is an error. */
function scopesOf({ GroupesDetailFavoriteQueryId: groups }: SourceOptions): readonly Scope[] {
  return [
    { kind: 'lesson', coverage: 'window' },
    { kind: 'person', coverage: 'referenced' },
    ...(groups === undefined ? [] : [{ kind: 'group', coverage: 'complete' } as const]),
  ];
}

function sinkOf(client: AurigaClient): AttendanceSink {
  return {
    put: (attendance) => putAbsences(client, attendance),
    holds: (attendance) => holdsAbsences(client, attendance),
  };
}

/** With `useProxy` nothing goes past the proxy: without one, every request is refused before it is sent. */
function httpFor(access: Access, { useProxy }: SourceOptions, limits: HttpLimits): HttpClient {
  if (!useProxy) return guardedHttp(access, limits);
  if (access.proxy !== undefined) return guardedHttp(access, { ...limits, proxy: access.proxy });
  return { send: () => Promise.reject(noProxy()) };
}

function noProxy(): RollcallError {
  return new RollcallError(
    'SOURCE_PROXY_FAILED',
    'useProxy is on, but no forward proxy is configured. Set ROLLCALL_PROXY_URL for the worker, or switch useProxy off.',
  );
}
