import type { Access, ApiTarget, HeldKind, HeldObject, TargetChange, TargetOutcome } from '../../roster/contracts.ts';
import { guardedHttp, type HttpClient } from '../http.ts';
import { readSheets } from './attendance.ts';
import { check } from './check.ts';
import { EdusignClient } from './client.ts';
import { CourseLooks, findCourse } from './courses.ts';
import { LookRefused } from './errors.ts';
import { Groups } from './groups.ts';
import { heldGroup, heldLesson, heldPerson } from './held.ts';
import { inventory } from './inventory.ts';
import { Lessons } from './lessons.ts';
import { targetOptions } from './options.ts';
import { notCovered, refused } from './outcomes.ts';
import { Ownership } from './ownership.ts';
import { People } from './people.ts';
import { readReasons } from './reasons.ts';
import { applyMembership } from './roster.ts';
import { findDoubles, lookUpLesson } from './sheet-keys.ts';
import { apiType } from './wire.ts';

/** Edusign as a target of people, groups and lessons, and as where attendance is taken. */
export function openEdusign(access: Access, http: HttpClient = guardedHttp(access)): ApiTarget {
  const client = new EdusignClient(access, http);
  const options = targetOptions.parse(access.options);
  const ownership = new Ownership(options.takeOverFrom);
  const looks = new CourseLooks(client);
  const people = new People(client, options, ownership);
  const groups = new Groups(client, ownership);
  const lessons = new Lessons(client, looks, ownership, access.now);

  function applyKind(change: TargetChange): Promise<TargetOutcome> {
    switch (change.kind) {
      case 'instructor':
      case 'learner':
        return people.apply(change.kind, change);
      case 'group':
        return groups.apply(change);
      case 'lesson':
        return lessons.apply(change);
      case 'membership':
        return applyMembership(client, looks, access.now, change);
      case 'person':
        return Promise.resolve(notCovered('persons without a role'));
    }
  }

  async function lookUp(change: TargetChange): Promise<string | undefined> {
    switch (change.kind) {
      case 'instructor':
      case 'learner':
        return people.lookUp(change.kind, change);
      case 'group':
        return groups.lookUp(change);
      case 'lesson':
        return lookUpLesson(client, change);
      // A place on a roster is not an object: putting somebody on it twice is harmless, so there is nothing to look for.
      case 'membership':
      case 'person':
        return undefined;
    }
  }

  async function read(kind: HeldKind, id: string): Promise<HeldObject | undefined> {
    // Without an id the path would name the whole list.
    if (id === '') return undefined;
    if (kind === 'lesson') return held(heldLesson, await findCourse(client, id));
    if (kind === 'group') return held(heldGroup, await groups.find(id));
    return held((person) => heldPerson(kind, person), await people.find(kind, id));
  }

  return {
    shape: 'one-by-one',
    ownSystem: apiType,
    takeOverFrom: options.takeOverFrom,
    mailsCredentials: options.sendCredentials,
    inventory: (ask) => inventory(client, access.now, ask),
    read,
    check: (window) => check(client, options, window),
    applyOne: (change) => applyKind(change).catch(refusedLook),
    lookUp,
    findAll: async (change) => (change.kind === 'lesson' ? findDoubles(client, change, access.now) : []),
    readAttendance: (sheets, window) => readSheets(client, access.now, sheets, window),
    reasons: () => readReasons(client),
  };
}

/** What Edusign will not show us is that record's problem: the others go on. */
function refusedLook(error: unknown): TargetOutcome {
  if (error instanceof LookRefused) return refused(error.words);
  throw error;
}

function held<T>(translate: (object: T) => HeldObject, object: T | undefined): HeldObject | undefined {
  return object === undefined ? undefined : translate(object);
}
