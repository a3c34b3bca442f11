import type { Course, EdusignState, Professor, Student } from '../../simulators/edusign/state.ts';
import type { Memory, PersonName } from './memory.ts';
import { type Fields, type Occurrence, type Role, sameAddress, type Timetable } from './timetable.ts';

/*
 * What must be at Edusign after a sync, worked out from what was there before, what the school's timetable says, and what
 * was done by hand. Nothing here comes from the product.
 */

/** A sheet as it must be. People are named by the school's numbers, strangers by Edusign's. */
export interface Sheet {
  readonly key: string;
  readonly title: string;
  readonly room: string;
  readonly start: string;
  readonly end: string;
  readonly instructors: readonly string[];
  readonly roster: readonly string[];
}

/** What the school has written of a sheet: what differs from it at Edusign is somebody's hand. */
export interface Written {
  readonly title: string;
  readonly room: string;
  /** Learners whom the school put there. */
  readonly placed: readonly string[];
  /** Learners whom a hand had put there before the school named them: whose they are is anybody's guess. */
  readonly shared: readonly string[];
}

export interface SheetWish extends Sheet {
  readonly written: Written;
}

export interface PersonWish extends Fields {
  readonly apiId: string;
  readonly written: Fields;
}

export interface GroupWish {
  readonly key: string;
  readonly title: string;
  readonly members: readonly string[];
  readonly archived: boolean;
}

/** What becomes of one thing that is there already. */
export type Fate<T> = { readonly is: 'kept'; readonly as: T } | { readonly is: 'gone' } | { readonly is: 'untouched' };

/** Something that must be made. `either`: both are right, since it is not known what an earlier sync has seen. */
export interface Fresh<T> {
  readonly as: T;
  readonly either: boolean;
}

export interface Expectation {
  readonly sheets: ReadonlyMap<string, Fate<SheetWish>>;
  readonly freshSheets: ReadonlyMap<string, Fresh<SheetWish>>;
  readonly people: ReadonlyMap<string, Fate<PersonWish>>;
  readonly freshPeople: ReadonlyMap<PersonName, Fields>;
  readonly groups: ReadonlyMap<string, Fate<GroupWish>>;
  readonly freshGroups: ReadonlyMap<string, GroupWish>;
  /** People of other connectors who are used in lessons and never written, by name. */
  readonly refers: ReadonlyMap<PersonName, string>;
  /** Lessons whose groups change: Edusign itself may put people back there whom somebody took off by hand. */
  readonly regrouped: ReadonlySet<string>;
}

export const prefix = 'timetable:';
/** People who have no number of the school are called by Edusign's. */
const strangers = 'at Edusign';
const system = 'rollcall';

export function isOurs(thing: { readonly apiId: string; readonly apiType: string }): boolean {
  return thing.apiType === system && thing.apiId.startsWith(prefix);
}

export function keyOf(thing: { readonly apiId: string }): string {
  return thing.apiId.slice(prefix.length);
}

export function peopleOf(state: EdusignState, role: Role): readonly (Professor | Student)[] {
  return role === 'instructor' ? state.professors : state.students;
}

/** How people of a role are called in expectations: by the school's number where they have one. */
export function namesOf(state: EdusignState, role: Role, refers: ReadonlyMap<PersonName, string>): Map<string, string> {
  const names = new Map(
    peopleOf(state, role).map((person) => [person.id, isOurs(person) ? keyOf(person) : `${strangers} ${person.id}`]),
  );
  for (const [name, id] of refers) {
    const [ofRole, key] = name.split(' ');
    if (ofRole === role && key !== undefined) names.set(id, key);
  }
  return names;
}

/** A sheet that carries evidence, or is closed, or has begun, is not touched any more. */
export function isFixed(course: Course, asOf: string): boolean {
  const isSigned = course.professors.some(({ signature }) => signature !== '');
  const anybody = course.students.some(({ state, signature }) => state || (signature ?? '') !== '');
  return course.locked || isSigned || anybody || course.start <= asOf;
}

/** @param survives which of several sheets of one key is there afterwards: which one stays is nobody's business. */
export function expectAfter(
  before: EdusignState,
  timetable: Timetable,
  memory: Memory,
  survives: (id: string) => boolean,
): Expectation {
  return new Oracle(before, timetable, memory, survives).expect();
}

type How = { is: 'linked' | 'moved' | 'adopted'; course: Course } | { is: 'new'; either: boolean } | { is: 'not' };

class Oracle {
  readonly #before: EdusignState;
  readonly #timetable: Timetable;
  readonly #memory: Memory;
  readonly #survives: (id: string) => boolean;
  readonly #linked = new Map<string, Course>();
  readonly #sheets = new Map<string, Fate<SheetWish>>();
  readonly #freshSheets = new Map<string, Fresh<SheetWish>>();
  readonly #people = new Map<string, Fate<PersonWish>>();
  readonly #freshPeople = new Map<PersonName, Fields>();
  readonly #refers: Map<PersonName, string>;
  readonly #names: Record<Role, Map<string, string>>;

  constructor(before: EdusignState, timetable: Timetable, memory: Memory, survives: (id: string) => boolean) {
    this.#before = before;
    this.#timetable = timetable;
    this.#memory = memory;
    this.#survives = survives;
    this.#refers = new Map(memory.refers);
    this.#names = {
      instructor: namesOf(before, 'instructor', this.#refers),
      learner: namesOf(before, 'learner', this.#refers),
    };
  }

  expect(): Expectation {
    this.#linkSheets();
    const how = new Map(this.#timetable.occurrences.map((lesson) => [lesson, this.#howOf(lesson)] as const));
    for (const [lesson, match] of how) if (lesson.standing === 'valid') this.#meetPeople(lesson, match);
    for (const [lesson, match] of how) if (lesson.standing === 'valid') this.#place(lesson, match);
    this.#removeAbsent(how);
    for (const course of this.#before.courses) {
      if (!this.#sheets.has(course.id)) this.#sheets.set(course.id, { is: 'untouched' });
    }
    for (const role of ['instructor', 'learner'] as const) {
      for (const { id } of peopleOf(this.#before, role)) {
        if (!this.#people.has(id)) this.#people.set(id, { is: 'untouched' });
      }
    }
    const { groups, freshGroups, changed } = this.#expectGroups();
    return {
      sheets: this.#sheets,
      freshSheets: this.#freshSheets,
      people: this.#people,
      freshPeople: this.#freshPeople,
      groups,
      freshGroups,
      refers: this.#refers,
      regrouped: this.#regrouped(changed),
    };
  }

  /** One sheet by key; of several the others must go. */
  #linkSheets(): void {
    const byKey = new Map<string, Course[]>();
    for (const course of this.#before.courses.filter(isOurs)) {
      byKey.set(keyOf(course), [...(byKey.get(keyOf(course)) ?? []), course]);
    }
    for (const [key, courses] of byKey) {
      const kept = courses.find(({ id }) => this.#survives(id)) ?? courses[0];
      if (kept !== undefined) this.#linked.set(key, kept);
      for (const course of courses) {
        if (course !== kept && !isFixed(course, this.#timetable.asOf)) this.#sheets.set(course.id, { is: 'gone' });
      }
    }
  }

  #howOf(lesson: Occurrence): How {
    const linked = this.#linked.get(lesson.key);
    if (linked !== undefined) return { is: 'linked', course: linked };
    if (this.#memory.removedSheets.has(lesson.key) || lesson.standing !== 'valid') return { is: 'not' };
    const moved = this.#movedFrom(lesson);
    if (moved !== undefined) return { is: 'moved', course: moved };
    const fitting = this.#fitting(lesson);
    const [course] = fitting;
    if (course !== undefined) {
      const rivals = this.#unknown().filter((other) => other !== lesson && this.#fitting(other).includes(course));
      return fitting.length > 1 || rivals.length > 0 || course.apiId !== '' ? { is: 'not' } : { is: 'adopted', course };
    }
    if (lesson.start <= this.#timetable.asOf) return { is: 'not' };
    return this.#sameDay(lesson);
  }

  /** Created, or else first seen, on its own day: it is not made. */
  #sameDay(lesson: Occurrence): How {
    const either = this.#memory.doubtfulMoves.has(lesson.sourceId);
    if (lesson.createdOn !== null) {
      return lesson.createdOn >= lesson.date ? { is: 'not' } : { is: 'new', either };
    }
    const seen = this.#memory.firstSeen.get(lesson.key);
    const [possibly, certainly] = [seen?.possibly ?? this.#timetable.today, seen?.certainly ?? this.#timetable.today];
    if (possibly >= lesson.date) return { is: 'not' };
    return { is: 'new', either: either || certainly >= lesson.date };
  }

  #unknown(): Occurrence[] {
    return this.#timetable.occurrences.filter(
      ({ key, standing }) => standing === 'valid' && !this.#linked.has(key) && !this.#memory.removedSheets.has(key),
    );
  }

  /** One of an id has gone and one has come: the same lesson on another day. */
  #movedFrom(lesson: Occurrence): Course | undefined {
    const { asOf, occurrences } = this.#timetable;
    const come = this.#unknown().filter(({ sourceId, start }) => sourceId === lesson.sourceId && start > asOf);
    const gone = [...this.#linked].filter(
      ([key, course]) =>
        key.split('@')[0] === lesson.sourceId && course.start > asOf && !occurrences.some((other) => other.key === key),
    );
    const [only] = gone;
    return come.length === 1 && come[0] === lesson && gone.length === 1 && only !== undefined ? only[1] : undefined;
  }

  /** Sheets at the same time, in the same room, with one of its instructors, that are nobody's of ours. */
  #fitting(lesson: Occurrence): Course[] {
    const instructors = lesson.instructors
      .filter(({ standing }) => standing === 'valid')
      .flatMap(({ key }) => this.#idsOf('instructor', key));
    return this.#before.courses.filter(
      (course) =>
        !isOurs(course) &&
        course.start === lesson.start &&
        course.end === lesson.end &&
        course.classroom.trim() === lesson.room &&
        course.professors.some(({ professorId }) => instructors.includes(professorId)),
    );
  }

  /** Who a number of the school is at Edusign: known, or to be found by the address. */
  #idsOf(role: Role, key: string): string[] {
    const known = [...this.#names[role]].filter(([, name]) => name === key).map(([id]) => id);
    const email = this.#timetable.people.get(key)?.email;
    if (known.length > 0 || email === undefined) return known;
    const people = peopleOf(this.#before, role);
    return people.filter((person) => !person.archived && sameAddress(person.email, email)).map(({ id }) => id);
  }

  #knows(role: Role, key: string): boolean {
    return [...this.#names[role].values()].includes(key);
  }

  /** People are made and kept up to date when a lesson of theirs is sent. */
  #meetPeople(lesson: Occurrence, match: How): void {
    if (match.is === 'not') return;
    if (match.is === 'linked' && lesson.start <= this.#timetable.asOf) return;
    for (const role of ['instructor', 'learner'] as const) {
      const places = role === 'instructor' ? lesson.instructors : lesson.learners;
      for (const { key, standing } of places) if (standing === 'valid') this.#meet(role, key);
    }
  }

  #meet(role: Role, key: string): void {
    const said = this.#timetable.people.get(key);
    // Whoever goes by a former number is left as they are until somebody decides.
    if (said === undefined) return;
    const { standing: _, ...fields } = said;
    const name: PersonName = `${role} ${key}`;
    if (this.#refers.has(name)) return;
    const apiId = `${prefix}${key}`;
    const people = peopleOf(this.#before, role);
    const known = people.find((person) => isOurs(person) && person.apiId === apiId);
    if (known !== undefined) {
      const written = this.#memory.people.get(name) ?? known;
      this.#people.set(known.id, { is: 'kept', as: { ...mergeFields(fields, written, known), apiId } });
      return;
    }
    const found = people.find((person) => !person.archived && sameAddress(person.email, fields.email));
    if (found === undefined) this.#freshPeople.set(name, fields);
    else if (found.apiId !== '') this.#refers.set(name, found.id);
    else {
      const as = { ...fields, phone: fields.phone || found.phone, apiId, written: fields };
      this.#people.set(found.id, { is: 'kept', as });
    }
  }

  #place(lesson: Occurrence, match: How): void {
    if (match.is === 'not') return;
    if (match.is === 'new') {
      const roster = lesson.learners.filter(({ standing }) => standing === 'valid').map(({ key }) => key);
      const said = this.#said(lesson);
      const written = { title: said.title, room: said.room, placed: roster, shared: [] };
      this.#freshSheets.set(lesson.key, { as: { ...said, roster, written }, either: match.either });
      return;
    }
    const { course } = match;
    if (isFixed(course, this.#timetable.asOf)) return;
    this.#sheets.set(course.id, { is: 'kept', as: this.#merged(lesson, course, match.is === 'adopted') });
  }

  #said(lesson: Occurrence): Omit<Sheet, 'roster'> {
    const { key, title, room, start, end } = lesson;
    // An instructor whose data became invalid keeps the place.
    const instructors = lesson.instructors
      .filter(
        (place) => place.standing === 'valid' || (place.standing === 'invalid' && this.#knows('instructor', place.key)),
      )
      .map((place) => place.key);
    return { key, title, room, start, end, instructors };
  }

  /** The school's wish over what is there: what somebody changed by hand stays, and whom somebody put or took off. */
  #merged(lesson: Occurrence, course: Course, adopts: boolean): SheetWish {
    const said = this.#said(lesson);
    const now = sheetOf(course, this.#names);
    const known = now.roster.filter((name) => !name.startsWith(strangers));
    const found = { title: now.title, room: now.room, placed: known, shared: [] };
    const last = adopts ? { ...found, placed: [] } : (this.#memory.sheets.get(course.id) ?? found);
    const byHand = (field: 'title' | 'room') => now[field] !== last[field] && now[field] !== said[field];
    const pick = (field: 'title' | 'room') => (byHand(field) ? now[field] : said[field]);
    const wrote = (field: 'title' | 'room') => (byHand(field) ? last[field] : said[field]);
    const listed = new Set(lesson.learners.filter(({ standing }) => standing !== 'filtered').map((place) => place.key));
    const valid = lesson.learners.filter(({ standing }) => standing === 'valid').map((place) => place.key);
    const placed = new Set(last.placed);
    const metThere = valid.filter((name) => now.roster.includes(name) && !placed.has(name));
    const shared = [...new Set([...last.shared, ...metThere])];
    const stays = now.roster.filter((name) => !placed.has(name) || listed.has(name));
    const joins = valid.filter((name) => !placed.has(name));
    return {
      ...said,
      title: pick('title'),
      room: pick('room'),
      roster: [...new Set([...stays, ...joins])],
      written: {
        title: wrote('title'),
        room: wrote('room'),
        placed: [...new Set([...last.placed.filter((name) => listed.has(name)), ...joins])].filter(
          (name) => !shared.includes(name),
        ),
        shared,
      },
    };
  }

  /** A sheet whose lesson is cancelled or gone goes too, unless it has begun or carries evidence. */
  #removeAbsent(how: ReadonlyMap<Occurrence, How>): void {
    const kept = new Set([...how.values()].flatMap((match) => ('course' in match ? [match.course.id] : [])));
    for (const [key, course] of this.#linked) {
      const seen = this.#timetable.occurrences.find((lesson) => lesson.key === key);
      if (seen === undefined ? kept.has(course.id) : seen.standing !== 'absent') continue;
      if (!isFixed(course, this.#timetable.asOf)) this.#sheets.set(course.id, { is: 'gone' });
    }
  }

  /** Members are those of the school who are at Edusign after this sync; a group nobody of whom is there waits. */
  #expectGroups() {
    const groups = new Map<string, Fate<GroupWish>>();
    const freshGroups = new Map<string, GroupWish>();
    const changed = new Set<string>();
    const said = new Map(this.#timetable.groups.map((group) => [group.key, group]));
    for (const group of this.#before.groups) {
      const wanted = isOurs(group) ? said.get(keyOf(group)) : undefined;
      groups.set(group.id, { is: 'untouched' });
      if (!isOurs(group)) continue;
      const now = group.students.map((id) => this.#names.learner.get(id) ?? id);
      if (wanted === undefined) {
        if (!this.#timetable.allGroups || group.archived) continue;
        groups.set(group.id, {
          is: 'kept',
          as: { key: keyOf(group), title: group.name, members: now, archived: true },
        });
        continue;
      }
      const members = this.#present(wanted.members);
      if (wanted.standing !== 'valid' || members.length === 0) continue;
      groups.set(group.id, { is: 'kept', as: { key: wanted.key, title: wanted.title, members, archived: false } });
      if (members.toSorted().join() !== now.toSorted().join()) changed.add(group.id);
    }
    for (const [key, { title, members, standing }] of said) {
      const isThere = this.#before.groups.some((group) => isOurs(group) && keyOf(group) === key);
      const present = this.#present(members);
      if (isThere || standing !== 'valid' || present.length === 0) continue;
      freshGroups.set(key, { key, title, members: present, archived: false });
    }
    return { groups, freshGroups, changed };
  }

  #present(keys: readonly string[]): string[] {
    const adopted = this.#before.students.flatMap(({ id }) => {
      const fate = this.#people.get(id);
      return fate?.is === 'kept' ? [keyOf(fate.as)] : [];
    });
    const comes = (key: string) => {
      const name: PersonName = `learner ${key}`;
      return this.#freshPeople.has(name) || this.#refers.has(name) || adopted.includes(key);
    };
    return [...new Set(keys)].filter((key) => this.#knows('learner', key) || comes(key));
  }

  #regrouped(changed: ReadonlySet<string>): Set<string> {
    const courses = this.#before.courses.filter((course) => course.groups.some((group) => changed.has(group)));
    return new Set(courses.map(({ id }) => id));
  }
}

/** A sheet as it is. */
export function sheetOf(course: Course, names: Record<Role, ReadonlyMap<string, string>>): Sheet {
  return {
    key: isOurs(course) ? keyOf(course) : '',
    title: course.name,
    room: course.classroom,
    start: course.start,
    end: course.end,
    instructors: course.professors.map(({ professorId }) => names.instructor.get(professorId) ?? professorId),
    roster: course.students.map(({ studentId }) => names.learner.get(studentId) ?? studentId),
  };
}

/** What the school says, but for fields that somebody changed by hand. */
function mergeFields(said: Fields, last: Fields, now: Fields): Fields & { readonly written: Fields } {
  const same = (field: keyof Fields, a: Fields, b: Fields) =>
    field === 'email' ? sameAddress(a.email, b.email) : a[field] === b[field];
  const byHand = (field: keyof Fields) => !same(field, now, last) && !same(field, now, said);
  const each = (pick: (field: keyof Fields) => string): Fields => ({
    firstName: pick('firstName'),
    lastName: pick('lastName'),
    email: pick('email'),
    phone: pick('phone'),
  });
  return {
    ...each((field) => (byHand(field) ? now[field] : said[field])),
    written: each((field) => (byHand(field) ? last[field] : said[field])),
  };
}
