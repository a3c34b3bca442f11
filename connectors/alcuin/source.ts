import type { Access, Source } from '../../roster/contracts.ts';
import { guardedHttp, type HttpClient } from '../http.ts';
import { putPresences } from './attendance.ts';
import { fetchEvents } from './fetch.ts';
import { sourceOptions } from './options.ts';
import { readRecords } from './read.ts';

/** The school's timetable: lessons of a window, and the persons they name. */
export function openAlcuin(access: Access, http: HttpClient = guardedHttp(access)): Source {
  return {
    scopes: [
      { kind: 'lesson', coverage: 'window' },
      { kind: 'person', coverage: 'referenced' },
    ],
    windowDays: sourceOptions.parse(access.options).nbDaysToGet,
    fetch: (window) => fetchEvents(access, http, window),
    read: readRecords,
    attendance: { put: (attendance) => putPresences(access, http, attendance) },
  };
}
