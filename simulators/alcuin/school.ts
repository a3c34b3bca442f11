import { ControlError } from '../kit/control.ts';
import {
  type AlcuinState,
  dateOf,
  type Event,
  type Group,
  occurrenceKey,
  type Person,
  type Resource,
} from './state.ts';

/** Numbers of ours start above what the seeded schools use, so that an added record never takes a used one. */
const firstFreeId = 90_001;

/** The school behind the API: finds things in the state, and hands out new numbers. */
export class School {
  state: AlcuinState;

  constructor(state: AlcuinState) {
    this.state = state;
  }

  person(id: number): Person {
    return found(
      this.state.personnes.find((person) => person.id === id),
      `person ${id}`,
    );
  }

  group(id: number): Group {
    return found(
      this.state.groupes.find((group) => group.id === id),
      `group ${id}`,
    );
  }

  resource(id: number): Resource {
    return found(
      this.state.ressources.find((resource) => resource.id === id),
      `resource ${id}`,
    );
  }

  /** Occurrences of an event, of one day when a date (`YYYY-MM-DD`) is given. */
  occurrences(id: number, date?: string): Event[] {
    return this.state.evenements.filter((event) => event.id === id && (date === undefined || dateOf(event) === date));
  }

  /** The one occurrence that is meant. A recurring event needs its date. */
  event(id: number, date?: string): Event {
    const [event, another] = this.occurrences(id, date);
    if (event === undefined) throw new ControlError(`no event ${id}${date === undefined ? '' : ` on ${date}`}`, 404);
    if (another !== undefined) throw new ControlError(`event ${id} is on several dates; say which with "date"`);
    return event;
  }

  hasDirectory(id: number): boolean {
    return this.state.annuaires.some((directory) => directory.id === id);
  }

  isLocked(id: number, date: string): boolean {
    return this.state.verrouilles.includes(occurrenceKey(id, date));
  }

  newId(): number {
    const { personnes, groupes, ressources, evenements } = this.state;
    const used = [...personnes, ...groupes, ...ressources, ...evenements].map((thing) => thing.id);
    return used.reduce((highest, id) => Math.max(highest, id + 1), firstFreeId);
  }
}

function found<T>(thing: T | undefined, what: string): T {
  if (thing === undefined) throw new ControlError(`no ${what}`, 404);
  return thing;
}
