import type { Access, ApiTarget, TargetChange, TargetOutcome } from '../../roster/contracts.ts';
import { guardedHttp, type HttpClient } from '../http.ts';
import { readSheets } from './attendance.ts';
import { EdusignClient } from './client.ts';
import { Lessons } from './lessons.ts';
import { targetOptions } from './options.ts';
import { notCovered } from './outcomes.ts';
import { People } from './people.ts';
import { applyMembership } from './roster.ts';

/** Edusign as a target of people and lessons, and as where attendance is taken. */
export function openEdusign(access: Access, http: HttpClient = guardedHttp(access)): ApiTarget {
  const client = new EdusignClient(access, http);
  const people = new People(client, targetOptions.parse(access.options));
  const lessons = new Lessons(client, access.now);

  function applyOne(change: TargetChange): Promise<TargetOutcome> {
    switch (change.kind) {
      case 'instructor':
      case 'learner':
        return people.apply(change.kind, change);
      case 'lesson':
        return lessons.apply(change);
      case 'membership':
        return applyMembership(client, lessons, access.now, change);
      case 'group':
        return Promise.resolve(notCovered('groups'));
      case 'person':
        return Promise.resolve(notCovered('persons without a role'));
    }
  }

  async function lookUp(change: TargetChange): Promise<string | undefined> {
    switch (change.kind) {
      case 'instructor':
      case 'learner':
        return people.lookUp(change.kind, change);
      case 'lesson':
        return lessons.lookUp(change);
      // A place on a roster is not an object: putting somebody on it twice is harmless, so there is nothing to look for.
      case 'membership':
      case 'group':
      case 'person':
        return undefined;
    }
  }

  return {
    shape: 'one-by-one',
    applyOne,
    lookUp,
    findAll: async (change) => (change.kind === 'lesson' ? lessons.findAll(change) : []),
    readAttendance: (sheets, window) => readSheets(client, lessons, access.now, sheets, window.zone),
  };
}
