import type { Finding } from '../roster/codes.ts';
import type { Source } from '../roster/contracts.ts';
import type { LessonRecord, PersonRecord } from '../roster/records.ts';
import { type Judgement, judgeLesson, judgePerson } from '../roster/rules.ts';
import { readSnapshot, snapshotOf } from '../store/snapshots.ts';
import type { StagedLesson, StagedMembership, StagedPerson } from '../store/staging.ts';
import type { RunRef } from '../store/steps.ts';
import type { Services } from './services.ts';

/** What a snapshot says after the rules: rows for staging and the findings of what did not pass. */
export interface JudgedSnapshot {
  readonly persons: readonly StagedPerson[];
  readonly lessons: readonly StagedLesson[];
  readonly memberships: readonly StagedMembership[];
  readonly findings: readonly Finding[];
}

/** Reads the run's snapshot and judges every record of it. The same snapshot always gives the same answer. */
export async function judgeSnapshot(services: Services, run: RunRef, source: Source): Promise<JudgedSnapshot> {
  const { window } = await snapshotOf(services.db, run);
  const people: PersonRecord[] = [];
  const lessons: LessonRecord[] = [];
  for await (const record of source.read(readSnapshot(services.db, services.master, run), window)) {
    if (record.kind === 'person') people.push(record);
    else lessons.push(record);
  }
  const personJudgements = people.map((person): [PersonRecord, Judgement] => [person, judgePerson(person)]);
  const valid = new Set(personJudgements.filter(([, j]) => j.standing === 'valid').map(([p]) => p.syncKey));
  const lessonJudgements = lessons.map((lesson): [LessonRecord, Judgement] => [
    lesson,
    judgeLesson(lesson, (key) => valid.has(key)),
  ]);
  return {
    persons: personJudgements.map(([person, { standing }]) => stagedPerson(person, standing)),
    lessons: lessonJudgements.map(([lesson, { standing }]) => stagedLesson(lesson, standing)),
    memberships: lessons.flatMap((lesson) => stagedPlaces(lesson, valid)),
    findings: [...personJudgements, ...lessonJudgements].flatMap(([, judgement]) => judgement.findings),
  };
}

function stagedPerson(person: PersonRecord, standing: StagedPerson['standing']): StagedPerson {
  const { syncKey, givenName, familyName, email, phone, place } = person;
  return { syncKey, school: '', standing, givenName, familyName, email, phone, username: '', line: place.line };
}

function stagedLesson(lesson: LessonRecord, standing: StagedLesson['standing']): StagedLesson {
  const { syncKey, sourceId, localDate, title, startsAt, endsAt, room, place } = lesson;
  return { syncKey, school: '', standing, sourceId, localDate, title, startsAt, endsAt, room, line: place.line };
}

function stagedPlaces(lesson: LessonRecord, valid: ReadonlySet<string>): StagedMembership[] {
  const placesOf = (role: StagedMembership['role'], keys: readonly string[]): StagedMembership[] =>
    keys.map((personKey, position) => ({
      parentKind: 'lesson',
      parentKey: lesson.syncKey,
      personKey,
      role,
      standing: valid.has(personKey) ? 'valid' : 'invalid',
      position,
    }));
  return [...placesOf('instructor', lesson.instructorKeys), ...placesOf('learner', lesson.learnerKeys)];
}
