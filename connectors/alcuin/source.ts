import type { Access, AttendanceSink, Scope, Source } from '../../roster/contracts.ts';
import { RollcallError } from '../../roster/errors.ts';
import { guardedHttp, type HttpClient, type HttpLimits } from '../http.ts';
import { holdsPresences, putPresences } from './attendance.ts';
import { checkAlcuin } from './check.ts';
import { AlcuinClient } from './client.ts';
import { fetchAll } from './fetch.ts';
import { partOf } from './lists.ts';
import { directoriesOf, type SourceOptions, sourceOptions } from './options.ts';
import { readRecords } from './read.ts';
import { knownFields } from './wire.ts';

/** The school's timetable: lessons of a window, the persons they name, and groups where the connection wants them. */
export function openAlcuin(access: Access, limits: HttpLimits = {}): Source {
  const options = sourceOptions.parse(access.options);
  const client = new AlcuinClient(access, httpFor(access, options, limits));
  return {
    scopes: scopesOf(options),
    windowDays: options.nbDaysToGet,
    directories: directoriesOf(options),
    fetch: (window) => fetchAll(client, options, window),
    read: readRecords,
    attendance: sinkOf(client),
    answers: { ...knownFields, listOf: (part) => (partOf(part).kind === 'groups' ? 'groupes' : 'evenements') },
    check: (window) => checkAlcuin(client, access, options, window),
  };
}

/**
 * Groups are read as a whole, or the read is an error. Where no option names their directories we know only those that
 * the lessons of these days happen to name: a directory without a lesson this fortnight has not lost its groups.
 */
function scopesOf(options: SourceOptions): readonly Scope[] {
  const isChosen = (options.annuaireIdStudentsGroups ?? []).length > 0;
  return [
    { kind: 'lesson', coverage: 'window' },
    { kind: 'person', coverage: 'referenced' },
    ...(options.groups ? [{ kind: 'group', coverage: isChosen ? 'complete' : 'referenced' } as const] : []),
  ];
}

/** No call is known that lists the ERP's motives, so that people type their codes. */
function sinkOf(client: AlcuinClient): AttendanceSink {
  return {
    typedReasons: true,
    put: (attendance) => putPresences(client, attendance),
    holds: (attendance) => holdsPresences(client, attendance),
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
