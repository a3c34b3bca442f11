import { DateTime } from 'luxon';
import type { DirectoryFilter } from './contracts.ts';
import type { Finding } from './finding-codes.ts';
import type { GroupRecord, LessonRecord, PersonRecord, Role, Standing, UnreadableRecord } from './records.ts';
import type { Window } from './window.ts';

/** What the rules say of one record. */
export interface Judgement {
  readonly standing: Standing;
  readonly findings: readonly Finding[];
}

const fieldNames = { familyName: 'last name', givenName: 'first name', email: 'e-mail' } as const;

// One @ with something on both sides and a dot in the domain: enough to tell a typing slip, never stricter than mail is.
const emailShape = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** A person counts with last name, first name and a readable e-mail; a phone number is optional. */
export function judgePerson(person: PersonRecord): Judgement {
  const missing = (['familyName', 'givenName', 'email'] as const).filter((field) => person[field] === '');
  const told = missing.map((field) => `has no ${fieldNames[field]}`);
  if (person.email !== '' && !emailShape.test(person.email)) told.push('has an e-mail that is not an address');
  if (told.length === 0) return { standing: 'valid', findings: [] };
  const detail = `This person ${told.join(' and ')} (${person.place.part}, position ${person.place.line}).`;
  return invalid({ code: 'PERSON_INCOMPLETE', kind: 'person', syncKey: person.syncKey, detail });
}

/**
 * How a person stands in one role: a complete one in another directory than the connection takes is *filtered*. Whom the
 * source keeps in no directory is in none of those that were chosen.
 */
export function judgeRole(person: PersonRecord, role: Role, filter: DirectoryFilter): Judgement {
  const { standing } = judgePerson(person);
  const taken = filter[role];
  if (taken === undefined || taken.includes(person.directory)) return { standing, findings: [] };
  const detail = `As ${role}: ${inDirectory(person.directory)}; the connection takes ${directories(taken)}.`;
  const finding: Finding = { code: 'WRONG_DIRECTORY', kind: role, syncKey: person.syncKey, detail };
  return { standing: 'filtered', findings: [finding] };
}

/** What an organisation chose for people with protected identity. */
export type ProtectedIdentities = 'undecided' | 'sync' | 'leave-out';

/**
 * Somebody with protected identity is sent, left out, or, until the organisation has chosen, held: who is known stays as
 * is, and nobody is made.
 */
export function judgeProtected(person: PersonRecord, choice: ProtectedIdentities, judged: Judgement): Judgement {
  if (person.protectedIdentity !== true || choice === 'sync') return judged;
  if (choice === 'leave-out') return { standing: 'filtered', findings: [] };
  const detail = 'The source marks this identity as protected, and the organisation has not chosen how to treat that.';
  return invalid({ code: 'PROTECTED_UNDECIDED', kind: 'person', syncKey: person.syncKey, detail });
}

/** How the people of a lesson stand, by role. */
export interface LessonPlaces {
  readonly instructors: readonly Standing[];
  readonly learners: readonly Standing[];
}

/**
 * A lesson is sent when it is active, lies in the window, ends after it starts, and has a title, a valid instructor and a
 * valid learner. A cancelled one counts as absent, and so does one whose instructors or learners are all left out by the
 * connection's directories; one that is waiting for confirmation, or became invalid, stays as it is at the target.
 */
export function judgeLesson(lesson: LessonRecord, places: LessonPlaces, window: Window): Judgement {
  const finding = (code: Finding['code'], detail: string): Finding => ({
    code,
    kind: 'lesson',
    syncKey: lesson.syncKey,
    detail,
  });
  if (lesson.state === 'cancelled') {
    return { standing: 'cancelled', findings: [finding('LESSON_CANCELLED', 'The source marks it as cancelled.')] };
  }
  if (lesson.localDate > window.toDate) {
    return invalid(finding('LESSON_OUTSIDE_WINDOW', visibleFrom(lesson.localDate, window)));
  }
  if (lesson.state === 'waiting') {
    return invalid(finding('LESSON_NOT_CONFIRMED', 'It is not confirmed in the source yet.'));
  }
  if (lesson.endsAt === '' || Date.parse(lesson.endsAt) <= Date.parse(lesson.startsAt)) {
    const end = lesson.endsAt === '' ? 'has no readable end' : 'ends before it starts';
    return invalid(finding('LESSON_TIMES_INVALID', `It ${end}.`));
  }
  if (lesson.title === '') return invalid(finding('LESSON_WITHOUT_TITLE', 'It has no title.'));
  const leftOut = [
    ...(allFiltered(places.instructors) ? ['instructor'] : []),
    ...(allFiltered(places.learners) ? ['learner'] : []),
  ];
  if (leftOut.length > 0) {
    const detail = `No ${leftOut.join(' and no ')} of it is in a directory that the connection takes.`;
    return { standing: 'filtered', findings: [finding('LESSON_FILTERED', detail)] };
  }
  const findings = [
    ...(places.instructors.includes('valid')
      ? []
      : [finding('LESSON_WITHOUT_INSTRUCTOR', without('instructor', places.instructors.length))]),
    ...(places.learners.includes('valid')
      ? []
      : [finding('LESSON_WITHOUT_LEARNER', without('learner', places.learners.length))]),
  ];
  return { standing: findings.length === 0 ? 'valid' : 'invalid', findings };
}

/** A group needs a name and a learner; one in another directory than the connection takes is *filtered*. */
export function judgeGroup(group: GroupRecord, filter: DirectoryFilter): Judgement {
  const finding = (code: Finding['code'], detail: string): Finding => ({
    code,
    kind: 'group',
    syncKey: group.syncKey,
    detail,
  });
  if (filter.group !== undefined && !filter.group.includes(group.directory)) {
    const detail = `The group is ${inDirectory(group.directory)}; the connection takes ${directories(filter.group)}.`;
    return { standing: 'filtered', findings: [finding('WRONG_DIRECTORY', detail)] };
  }
  const findings = [
    ...(group.title === '' ? [finding('GROUP_WITHOUT_NAME', `The group has no name (${group.place.part}).`)] : []),
    ...(group.memberKeys.length === 0
      ? [finding('GROUP_WITHOUT_MEMBERS', 'No learner is attached to the group.')]
      : []),
  ];
  return { standing: findings.length === 0 ? 'valid' : 'invalid', findings };
}

/** In a pilot everything that belongs to none of its groups is left out, and nothing need be said of it. */
export function judgePilot(
  groupKeys: readonly string[],
  pilot: readonly string[] | null,
  judged: Judgement,
): Judgement {
  if (pilot === null || groupKeys.some((key) => pilot.includes(key))) return judged;
  return { standing: 'filtered', findings: [] };
}

/** A row without a readable key is told by its place. */
export function unreadableFinding({ of, field, place }: UnreadableRecord): Finding {
  const detail = `The ${field} of this ${of} cannot be read (${place.part}, position ${place.line}).`;
  return { code: 'RECORD_UNREADABLE', kind: of, syncKey: `${place.part}:${place.line}`, detail };
}

function invalid(finding: Finding): Judgement {
  return { standing: 'invalid', findings: [finding] };
}

function allFiltered(standings: readonly Standing[]): boolean {
  return standings.length > 0 && standings.every((standing) => standing === 'filtered');
}

function without(role: string, listed: number): string {
  return listed === 0 ? `It has no ${role}.` : `None of its ${listed} ${role}${listed === 1 ? '' : 's'} can be sent.`;
}

function inDirectory(directory: string): string {
  return directory === '' ? 'in no directory' : `in directory ${directory}`;
}

function directories(taken: readonly string[]): string {
  return taken.length === 1 ? `directory ${taken[0]}` : `directories ${taken.join(', ')}`;
}

/** In words of people: "on 19 December 2026; visible from 5 December 2026". */
function visibleFrom(date: string, window: Window): string {
  const days = DateTime.fromISO(window.toDate).diff(DateTime.fromISO(window.fromDate), 'days').days;
  const on = DateTime.fromISO(date);
  const words = (day: DateTime) => day.setLocale('en-GB').toFormat('d MMMM yyyy');
  return `It is on ${words(on)}; visible from ${words(on.minus({ days }))}.`;
}
