import type { DateTime } from 'luxon';
import { type AlcuinState, dateOf, type Event, type Group, type Person, type Trap } from '../../state.ts';
import type { SchoolClass } from './classes.ts';
import { slots, type Timetable, type Wish } from './timetable.ts';

/** Trap records are numbered apart, so that they are told from the healthy ones at a glance. */
const firstTrapPerson = 19_001;
const firstTrapGroup = 3_901;

/** Where traps are planted: it places lessons that would be healthy, and keeps the list of what was spoilt. */
export class Ground {
  readonly traps: Trap[] = [];
  readonly today: DateTime;
  readonly #state: AlcuinState;
  readonly #timetable: Timetable;
  readonly #classes: readonly SchoolClass[];
  readonly #days: readonly DateTime[];
  #classesGiven = 0;
  #lessons = 0;
  #people = 0;
  #groups = 0;

  /** @param days working days of the coming two weeks. */
  constructor(
    state: AlcuinState,
    timetable: Timetable,
    means: { classes: readonly SchoolClass[]; days: readonly DateTime[]; today: DateTime },
  ) {
    this.#state = state;
    this.#timetable = timetable;
    this.#classes = means.classes;
    this.#days = means.days;
    this.today = means.today;
  }

  /** A class nobody else was given yet, as long as there are any. */
  nextClass(): SchoolClass {
    const found = this.#classes[this.#classesGiven % this.#classes.length];
    this.#classesGiven += 1;
    if (found === undefined) throw new RangeError('the school has no class');
    return found;
  }

  /** A lesson of a class, healthy until it is changed. Without a day, somewhere in the coming two weeks. */
  lesson(changes: Partial<Event> = {}, wish: Partial<Wish> & { klass?: SchoolClass } = {}): Event {
    const { group, field } = wish.klass ?? this.nextClass();
    // Each a day further than the one before: lessons of one class land on different days.
    this.#lessons += 1;
    const days = wish.day === undefined ? rotated(this.#days, this.#lessons) : [wish.day];
    const hours = wish.slot === undefined ? rotated(slots, this.#lessons) : [wish.slot];
    for (const day of days) {
      for (const slot of hours) {
        const made = this.#timetable.place({
          field,
          learners: group.apprenants,
          groups: [group.id],
          ...wish,
          day,
          slot,
        });
        if (made !== undefined) return Object.assign(made, changes);
      }
    }
    throw new RangeError('no room is left for a trap');
  }

  /** An instructor of the class's field who stands for "somebody else". */
  instructor(klass: SchoolClass): Person {
    const [first] = this.#timetable.instructorsOf(klass.field);
    if (first === undefined) throw new RangeError('a field has no instructor');
    return first;
  }

  person(id: number): Person {
    const found = this.#state.personnes.find((person) => person.id === id);
    if (found === undefined) throw new RangeError(`no person ${id}`);
    return found;
  }

  addPerson(fields: Omit<Person, 'id'>): Person {
    const person = { id: firstTrapPerson + this.#people, ...fields };
    this.#people += 1;
    this.#state.personnes.push(person);
    return person;
  }

  addGroup(fields: Omit<Group, 'id'>): Group {
    const group = { id: firstTrapGroup + this.#groups, ...fields };
    this.#groups += 1;
    this.#state.groupes.push(group);
    return group;
  }

  noteLesson(trap: string, event: Event, what: string, expect: string): void {
    this.traps.push({ trap, kind: 'lesson', id: event.id, date: dateOf(event), what, expect });
  }

  note(trap: string, kind: 'person' | 'group', id: number, what: string, expect: string): void {
    this.traps.push({ trap, kind, id, what, expect });
  }
}

function rotated<T>(things: readonly T[], by: number): T[] {
  const at = things.length === 0 ? 0 : by % things.length;
  return [...things.slice(at), ...things.slice(0, at)];
}
