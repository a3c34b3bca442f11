import type { DateTime } from 'luxon';
import type { Pick } from '../../../kit/pick.ts';
import type { Event, Person, Resource } from '../../state.ts';
import { lesson } from '../frame.ts';
import { fields } from './subjects.ts';

/** The hours of the school, wall clock. They never overlap, so that one slot is one place for everybody. */
export const slots = [
  { start: '08:30', end: '10:00' },
  { start: '10:15', end: '11:45' },
  { start: '13:15', end: '14:45' },
  { start: '15:00', end: '16:30' },
  { start: '17:00', end: '18:30' },
] as const;
export type Slot = { readonly start: string; readonly end: string };

/** Types of lessons with how their titles begin, as often as they stand here. */
const kinds = [
  ['COU', ''],
  ['COU', ''],
  ['COU', ''],
  ['COU', ''],
  ['TD', 'TD '],
  ['TD', 'TD '],
  ['TP', 'TP '],
  ['EXA', 'Examen - '],
] as const;

/** A lesson somebody wishes for. What is not said is chosen. */
export interface Wish {
  readonly day: DateTime;
  readonly slot: Slot;
  readonly field: number;
  readonly learners: readonly number[];
  readonly groups: readonly number[];
  readonly instructor?: number | undefined;
  readonly title?: string | undefined;
}

/** The timetable as it fills up: it places a lesson only where everybody and a room are free. */
export class Timetable {
  readonly events: Event[] = [];
  readonly #taken = new Set<string>();
  readonly #pick: Pick;
  readonly #today: DateTime;
  readonly #instructors: readonly Person[];
  readonly #rooms: readonly Resource[];
  #lastId: number;

  constructor(
    pick: Pick,
    today: DateTime,
    means: { instructors: readonly Person[]; rooms: readonly Resource[]; firstId: number },
  ) {
    this.#pick = pick;
    this.#today = today;
    this.#instructors = means.instructors;
    this.#rooms = means.rooms;
    this.#lastId = means.firstId - 1;
  }

  /** Instructors of a field: everybody teaches in one only. */
  instructorsOf(field: number): readonly Person[] {
    return this.#instructors.filter((_, at) => at % fields.length === field);
  }

  /** The lesson, or undefined where somebody is taken or no room is left. */
  place(wish: Wish): Event | undefined {
    const at = `${wish.day.toISODate()} ${wish.slot.start}`;
    const isFree = (id: number) => !this.#taken.has(`${at} ${id}`);
    if (!wish.learners.every(isFree)) return undefined;
    const instructor = this.#free(wish.instructor, this.instructorsOf(wish.field), isFree);
    const room = this.#free(undefined, this.#rooms, isFree);
    if (instructor === undefined || room === undefined) return undefined;
    for (const id of [...wish.learners, instructor, room]) this.#taken.add(`${at} ${id}`);
    const event = this.#make(wish, instructor, room);
    this.events.push(event);
    return event;
  }

  #free(
    wished: number | undefined,
    among: readonly { id: number }[],
    isFree: (id: number) => boolean,
  ): number | undefined {
    if (wished !== undefined) return isFree(wished) ? wished : undefined;
    const free = among.filter(({ id }) => isFree(id));
    return free.length === 0 ? undefined : this.#pick.one(free).id;
  }

  #make(wish: Wish, instructor: number, room: number): Event {
    const [type, prefix] = this.#pick.one(kinds);
    const subject = this.#pick.one(fields[wish.field]?.titles ?? []);
    this.#lastId += 1;
    // Everything is counted from midnight: a school made in the evening is the one made in the morning.
    return lesson(this.#today.toJSDate(), wish.day, wish.slot, {
      id: this.#lastId,
      nom: wish.title ?? `${prefix}${subject}`,
      type,
      formateurs: [instructor],
      apprenants: [...wish.learners],
      groupes: [...wish.groups],
      ressources: [room],
    });
  }
}
