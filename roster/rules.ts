import type { Finding } from './codes.ts';
import type { LessonRecord, PersonRecord, Standing } from './records.ts';

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
  return {
    standing: 'invalid',
    findings: [
      {
        code: 'PERSON_INCOMPLETE',
        kind: 'person',
        syncKey: person.syncKey,
        detail: `This person ${told.join(' and ')} (${person.place.part}, position ${person.place.line}).`,
      },
    ],
  };
}

/**
 * A lesson is sent when it is active and has a valid instructor and a valid learner. A cancelled one counts as absent; one
 * that is waiting for confirmation, or became invalid, stays as it is at the target.
 */
export function judgeLesson(lesson: LessonRecord, isValidPerson: (syncKey: string) => boolean): Judgement {
  const finding = (code: Finding['code'], detail: string): Finding => ({
    code,
    kind: 'lesson',
    syncKey: lesson.syncKey,
    detail,
  });
  if (lesson.state === 'cancelled') {
    return { standing: 'cancelled', findings: [finding('LESSON_CANCELLED', 'The source marks it as cancelled.')] };
  }
  if (lesson.state === 'waiting') {
    return {
      standing: 'invalid',
      findings: [finding('LESSON_NOT_CONFIRMED', 'It is not confirmed in the source yet.')],
    };
  }
  const findings = [
    ...(lesson.instructorKeys.some(isValidPerson)
      ? []
      : [finding('LESSON_WITHOUT_INSTRUCTOR', without('instructor', lesson.instructorKeys.length))]),
    ...(lesson.learnerKeys.some(isValidPerson)
      ? []
      : [finding('LESSON_WITHOUT_LEARNER', without('learner', lesson.learnerKeys.length))]),
  ];
  return { standing: findings.length === 0 ? 'valid' : 'invalid', findings };
}

function without(role: string, listed: number): string {
  return listed === 0 ? `It has no ${role}.` : `None of its ${listed} ${role}${listed === 1 ? '' : 's'} is complete.`;
}
