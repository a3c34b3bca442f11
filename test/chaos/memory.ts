import type { EdusignState } from '../../simulators/edusign/state.ts';
import {
  type Expectation,
  isOurs,
  keyOf,
  namesOf,
  type PersonWish,
  peopleOf,
  type Sheet,
  type SheetWish,
  sheetOf,
  type Written,
} from './oracle.ts';
import { type Fields, type Known, type Role, sameAddress, type Timetable } from './timetable.ts';

/** `<role> <number of the school>`. */
export type PersonName = `${Role} ${string}`;

/** When a lesson was first seen by a sync: by one that may have read it, and by one that surely has. */
interface FirstSeen {
  readonly possibly: string;
  readonly certainly: string | undefined;
}

/**
 * What the end state depends on beside the two systems: what the school wanted last time, so that a hand is told from the
 * school, and on which day a lesson was first seen.
 */
export class Memory {
  /** Sheets (by Edusign's identifier) and people as the school wrote them. */
  readonly sheets = new Map<string, Written>();
  readonly people = new Map<PersonName, Fields>();
  readonly refers = new Map<PersonName, string>();
  readonly firstSeen = new Map<string, FirstSeen>();
  /** Lessons whose sheets somebody removed by hand; and ids of those that may come back under another date. */
  readonly removedSheets = new Set<string>();
  readonly doubtfulMoves = new Set<string>();

  /** What a sync saw. `surely` when it ended well: one that failed may not have come that far. */
  saw(timetable: Timetable, surely: boolean): void {
    for (const { key } of timetable.occurrences) {
      const seen = this.firstSeen.get(key);
      const certainly = seen?.certainly ?? (surely ? timetable.today : undefined);
      this.firstSeen.set(key, { possibly: seen?.possibly ?? timetable.today, certainly });
    }
  }

  /** Wishes that came true are what was written; where one did not, the last one still is. */
  learn(expected: Expectation, after: EdusignState): void {
    for (const [name, id] of expected.refers) if (byId(after, name, id) !== undefined) this.refers.set(name, id);
    const names = {
      instructor: namesOf(after, 'instructor', this.refers),
      learner: namesOf(after, 'learner', this.refers),
    };
    for (const course of after.courses.filter(isOurs)) {
      const fate = expected.sheets.get(course.id);
      const wish =
        fate?.is === 'kept' ? fate.as : fate === undefined ? expected.freshSheets.get(keyOf(course))?.as : undefined;
      if (wish === undefined) continue;
      this.sheets.set(course.id, writtenSheet(wish, sheetOf(course, names), this.sheets.get(course.id)));
    }
    this.#learnPeople(after, expected);
  }

  #learnPeople(after: EdusignState, expected: Expectation): void {
    for (const role of ['instructor', 'learner'] as const) {
      for (const person of peopleOf(after, role).filter(isOurs)) {
        const name: PersonName = `${role} ${keyOf(person)}`;
        const fate = expected.people.get(person.id);
        const fresh = expected.freshPeople.get(name);
        const wish =
          fate?.is === 'kept' ? fate.as : fresh === undefined ? undefined : { ...fresh, apiId: '', written: fresh };
        const { firstName, lastName, email, phone } = person;
        this.people.set(name, writtenFields(wish, { firstName, lastName, email, phone }, this.people.get(name)));
      }
    }
  }

  known(state: EdusignState): Known {
    const names = {
      instructor: new Set(namesOf(state, 'instructor', this.refers).values()),
      learner: new Set(namesOf(state, 'learner', this.refers).values()),
    };
    return {
      has: (role, key) => names[role].has(key),
      byEmail: (role, email) =>
        peopleOf(state, role)
          .filter((person) => isOurs(person) && !person.archived)
          .filter((person) => sameAddress(this.people.get(`${role} ${keyOf(person)}`)?.email ?? person.email, email))
          .map(keyOf)
          .sort(),
    };
  }
}

function byId(state: EdusignState, name: PersonName, id: string) {
  return peopleOf(state, name.startsWith('instructor') ? 'instructor' : 'learner').find((person) => person.id === id);
}

function writtenSheet(wish: SheetWish, now: Sheet, last: Written | undefined): Written {
  const pick = (field: 'title' | 'room') =>
    last === undefined || now[field] === wish[field] ? wish.written[field] : last[field];
  const [wanted, placed, there] = [wish.written.placed, last?.placed ?? [], now.roster];
  const came = wanted.filter((name) => there.includes(name) || placed.includes(name));
  const stayed = placed.filter((name) => !wanted.includes(name) && there.includes(name));
  return { title: pick('title'), room: pick('room'), placed: [...came, ...stayed], shared: wish.written.shared };
}

function writtenFields(wish: PersonWish | undefined, now: Fields, last: Fields | undefined): Fields {
  if (wish === undefined) return last ?? now;
  const pick = (field: keyof Fields) =>
    last === undefined || now[field] === wish[field] ? wish.written[field] : last[field];
  return { firstName: pick('firstName'), lastName: pick('lastName'), email: pick('email'), phone: pick('phone') };
}
