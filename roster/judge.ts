import type { DirectoryFilter } from './contracts.ts';
import type { Finding } from './finding-codes.ts';
import type {
  GroupRecord,
  LessonRecord,
  PersonRecord,
  Role,
  SourceRecord,
  Standing,
  UnreadableRecord,
} from './records.ts';
import {
  judgeGroup,
  judgeLesson,
  judgePerson,
  judgePilot,
  judgeProtected,
  judgeRole,
  type ProtectedIdentities,
  unreadableFinding,
} from './rules.ts';
import type { Window } from './window.ts';

/** A record with what the rules say of it. */
export interface Judged<T> {
  readonly record: T;
  readonly standing: Standing;
}

/** One person's place in a lesson or group, in the order of the source. */
export interface JudgedPlace {
  readonly parentKind: 'lesson' | 'group';
  readonly parentKey: string;
  readonly personKey: string;
  readonly role: Role;
  readonly standing: Standing;
  readonly position: number;
}

/** Everything a source said, after the rules that look at one record and the people it names. */
export interface JudgedRecords {
  readonly persons: readonly Judged<PersonRecord>[];
  readonly groups: readonly Judged<GroupRecord>[];
  readonly lessons: readonly Judged<LessonRecord>[];
  readonly places: readonly JudgedPlace[];
  readonly unreadable: readonly UnreadableRecord[];
  readonly findings: readonly Finding[];
}

/** What of everything a source said a connection takes. */
export interface Taken {
  readonly directories: DirectoryFilter;
  /** A pilot: only these groups and the lessons attached to one of them, by sync key. Null or left out: everything. */
  readonly pilot?: readonly string[] | null;
  /** How people with protected identity are treated: not at all until the organisation has chosen. */
  readonly protectedIdentities?: ProtectedIdentities;
}

/** Judges all that a source said. The same records, filters and window always give the same answer. */
export function judgeRecords(records: readonly SourceRecord[], taken: Taken, window: Window): JudgedRecords {
  const { directories: filter, pilot = null, protectedIdentities = 'undecided' } = taken;
  const ofKind = <K extends SourceRecord['kind']>(kind: K) =>
    records.filter((record): record is Extract<SourceRecord, { kind: K }> => record.kind === kind);
  const roles = new Roles(ofKind('person'), filter, protectedIdentities);
  const persons = ofKind('person').map((record) => ({
    record,
    ...judgeProtected(record, protectedIdentities, judgePerson(record)),
  }));
  const groups = ofKind('group').map((record) => ({
    record,
    ...judgePilot([record.syncKey], pilot, judgeGroup(record, filter)),
  }));
  const lessons = ofKind('lesson').map((record) => {
    const instructors = record.instructorKeys.map((key) => roles.standing(key, 'instructor'));
    const learners = record.learnerKeys.map((key) => roles.standing(key, 'learner'));
    const judgement = judgeLesson(record, { instructors, learners }, window);
    return { record, ...judgePilot(record.groupKeys, pilot, judgement) };
  });
  const unreadable = ofKind('unreadable');
  return {
    persons,
    groups,
    lessons,
    places: [
      ...ofKind('lesson').flatMap((l) => lessonPlaces(l, roles)),
      ...ofKind('group').flatMap((g) => groupPlaces(g, roles)),
    ],
    unreadable,
    findings: [
      ...[...persons, ...groups, ...lessons].flatMap((judged) => judged.findings),
      ...roles.findings(),
      ...unreadable.map(unreadableFinding),
    ],
  };
}

/** Standings of people by role. Of a key that comes twice the first record counts, as everywhere. */
class Roles {
  readonly #people = new Map<string, PersonRecord>();
  readonly #filter: DirectoryFilter;
  readonly #protectedIdentities: ProtectedIdentities;
  readonly #found = new Map<string, Finding>();

  constructor(people: readonly PersonRecord[], filter: DirectoryFilter, protectedIdentities: ProtectedIdentities) {
    this.#filter = filter;
    this.#protectedIdentities = protectedIdentities;
    for (const person of people) if (!this.#people.has(person.syncKey)) this.#people.set(person.syncKey, person);
  }

  /** Somebody who is only named, as in a group, is known by key alone. */
  standing(key: string, role: Role): Standing {
    const person = this.#people.get(key);
    if (person === undefined) return 'invalid';
    const judgement = judgeRole(person, role, this.#filter);
    for (const finding of judgement.findings) this.#found.set(`${role} ${key}`, finding);
    // What the finding says is said of the person already.
    return judgeProtected(person, this.#protectedIdentities, judgement).standing;
  }

  findings(): Finding[] {
    return [...this.#found.values()];
  }
}

function lessonPlaces(lesson: LessonRecord, roles: Roles): JudgedPlace[] {
  const places = (role: Role, keys: readonly string[]) =>
    keys.map((personKey, position): JudgedPlace => {
      const standing = roles.standing(personKey, role);
      return { parentKind: 'lesson', parentKey: lesson.syncKey, personKey, role, standing, position };
    });
  return [...places('instructor', lesson.instructorKeys), ...places('learner', lesson.learnerKeys)];
}

function groupPlaces(group: GroupRecord, roles: Roles): JudgedPlace[] {
  return group.memberKeys.map((personKey, position): JudgedPlace => {
    const standing = roles.standing(personKey, 'learner');
    return { parentKind: 'group', parentKey: group.syncKey, personKey, role: 'learner', standing, position };
  });
}
