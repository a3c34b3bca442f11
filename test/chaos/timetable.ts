import { DateTime } from 'luxon';
import type { AlcuinState, Event, Person } from '../../simulators/alcuin/state.ts';

/*
 * What a careful reader makes of the school's timetable: the documented rules, written a second time. Nothing here comes
 * from the product.
 */

const zone = 'Europe/Paris';

export type Role = 'instructor' | 'learner';

/** `filtered`: in another directory than the connection takes. */
export type Standing = 'valid' | 'invalid' | 'filtered';

export interface Place {
  readonly key: string;
  readonly standing: Standing;
}

/** One timetabled lesson with what the rules say of it. */
export interface Occurrence {
  readonly key: string;
  readonly sourceId: string;
  readonly date: string;
  readonly start: string;
  readonly end: string;
  readonly title: string;
  readonly room: string;
  /** Local date of its creation in the ERP; null where the ERP does not say. */
  readonly createdOn: string | null;
  readonly groups: readonly string[];
  readonly instructors: readonly Place[];
  readonly learners: readonly Place[];
  /** `absent`: cancelled, or nobody of a role is in a directory that is taken. */
  readonly standing: 'valid' | 'invalid' | 'absent';
}

export interface Fields {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string;
}

export interface SchoolGroup {
  readonly key: string;
  readonly title: string;
  readonly members: readonly string[];
  readonly standing: 'valid' | 'invalid' | 'absent';
}

/** Who is known at the target before a sync, by role: decides who keeps an address. */
export interface Known {
  has(role: Role, key: string): boolean;
  /** The known one of a role with an e-mail address, by key. */
  byEmail(role: Role, email: string): readonly string[];
}

/** What one sync reads and judges. */
export interface Timetable {
  readonly today: string;
  readonly asOf: string;
  /** Everything that is read: the window and the fortnight after it. */
  readonly occurrences: readonly Occurrence[];
  readonly people: ReadonlyMap<string, Fields & { readonly standing: Record<Role, Standing> }>;
  readonly groups: readonly SchoolGroup[];
  /** Whether groups that are no longer there are known to be gone. */
  readonly allGroups: boolean;
}

const windowDays = 14;
const lookAheadDays = 14;
const taken = { instructor: [13], learner: [11, 12], group: [14] } as const;

export function localDay(instant: string, plusDays = 0): string {
  return DateTime.fromISO(instant, { zone }).plus({ days: plusDays }).toFormat('yyyy-MM-dd');
}

/** The timetable as a sync sees it that begins at `asOf`. */
export function readTimetable(school: AlcuinState, asOf: string, directories: boolean, known: Known): Timetable {
  const today = localDay(asOf);
  const [lastDay, lastRead] = [localDay(asOf, windowDays), localDay(asOf, windowDays + lookAheadDays)];
  const events = school.evenements.filter((event) => dayOf(event) >= today && dayOf(event) <= lastRead);
  const people = new Map(
    [...new Set(events.flatMap((event) => [...event.formateurs, ...event.apprenants]))].map((id) => {
      const person = found(school.personnes, id);
      return [String(id), { ...fieldsOf(person), standing: standings(person, directories) }] as const;
    }),
  );
  const keys = keysOf(events);
  const raw = events.map((event) => ({ event, key: keys.get(event) ?? '' }));
  const renamed = new Renaming(people, known, raw);
  const lost = sharedAddresses(people, known, raw, renamed);
  const occurrences = raw.map(({ event, key }) => {
    const place = (role: Role) => (id: number) => placeOf(String(id), role, people, renamed, lost);
    const instructors = unique(event.formateurs.map(place('instructor')));
    const learners = unique(event.apprenants.map(place('learner')));
    return {
      ...plainFacts(school, event, key),
      instructors,
      learners,
      standing: judge(event, lastDay, instructors, learners),
    };
  });
  const directoriesRead = directories ? [...taken.group] : groupDirectories(school, events);
  const groups = school.groupes
    .filter((group) => directoriesRead.includes(group.idAnnuaire))
    .map((group) => ({
      key: String(group.id),
      title: clean(group.nom),
      members: group.apprenants
        .map((id) => placeOf(String(id), 'learner', people, renamed, lost))
        .filter(({ standing }) => standing !== 'filtered')
        .map(({ key }) => key),
      standing: clean(group.nom) === '' || group.apprenants.length === 0 ? ('invalid' as const) : ('valid' as const),
    }));
  return { today, asOf, occurrences, people, groups, allGroups: directories };
}

/** Spaces of all kinds are one. */
export function clean(text: string): string {
  return text.replace(/\s+/gu, ' ').trim().normalize('NFC');
}

export function sameAddress(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

function plainFacts(school: AlcuinState, event: Event, key: string) {
  const rooms = event.ressources
    .map((id) => found(school.ressources, id))
    .filter(({ type }) => type === 'SAL')
    .map(({ nom }) => clean(nom));
  return {
    key,
    sourceId: String(event.id),
    date: dayOf(event),
    start: instant(event.debut),
    end: instant(event.fin),
    title: clean(event.nom),
    room: [...new Set(rooms)].join(', '),
    createdOn: event.dateCreation === null ? null : localDay(event.dateCreation),
    groups: event.groupes.map(String),
  };
}

function judge(
  event: Event,
  lastDay: string,
  instructors: readonly Place[],
  learners: readonly Place[],
): Occurrence['standing'] {
  if (event.etat === 'NON') return 'absent';
  if (dayOf(event) > lastDay || event.etat !== 'ACT') return 'invalid';
  const allOthers = (places: readonly Place[]) =>
    places.length > 0 && places.every(({ standing }) => standing === 'filtered');
  if (allOthers(instructors) || allOthers(learners)) return 'absent';
  const anyValid = (places: readonly Place[]) => places.some(({ standing }) => standing === 'valid');
  return anyValid(instructors) && anyValid(learners) ? 'valid' : 'invalid';
}

function standings(person: Person, directories: boolean): Record<Role, Standing> {
  const { firstName, lastName, email } = fieldsOf(person);
  const [local, domain, ...more] = email.split('@');
  const isAddress = local !== '' && /^.+\..+$/.test(domain ?? '') && more.length === 0;
  const complete = firstName !== '' && lastName !== '' && isAddress && !email.includes(' ');
  const own: Standing = complete ? 'valid' : 'invalid';
  const of = (directoriesTaken: readonly number[]) =>
    !directories || directoriesTaken.includes(person.idAnnuaire) ? own : 'filtered';
  return { instructor: of(taken.instructor), learner: of(taken.learner) };
}

function fieldsOf(person: Person): Fields {
  return {
    firstName: clean(person.prenom),
    lastName: clean(person.nom),
    email: clean(person.email),
    phone: clean(person.telephone ?? ''),
  };
}

type People = ReadonlyMap<string, Fields & { readonly standing: Record<Role, Standing> }>;
type Raw = readonly { readonly event: Event; readonly key: string }[];

function idsOf(event: Event, role: Role): string[] {
  return (role === 'instructor' ? event.formateurs : event.apprenants).map(String);
}

/** Somebody new with the address of a known person whom nobody names any more keeps that person's places. */
class Renaming {
  readonly #former = new Map<string, string>();

  constructor(people: People, known: Known, raw: Raw) {
    for (const role of ['instructor', 'learner'] as const) {
      for (const key of new Set(raw.flatMap(({ event }) => idsOf(event, role)))) {
        const person = people.get(key);
        if (person?.standing[role] !== 'valid' || known.has(role, key)) continue;
        const [former] = known.byEmail(role, person.email).filter((other) => !people.has(other));
        if (former !== undefined) this.#former.set(`${role} ${key}`, former);
      }
    }
  }

  of(role: Role, key: string): string | undefined {
    return this.#former.get(`${role} ${key}`);
  }
}

/** Of several with one address the known one keeps it, else the lowest number; whoever is known already stays. */
function sharedAddresses(people: People, known: Known, raw: Raw, renamed: Renaming): ReadonlySet<string> {
  const lost = new Set<string>();
  for (const role of ['instructor', 'learner'] as const) {
    const byAddress = new Map<string, string[]>();
    for (const key of new Set(raw.flatMap(({ event }) => idsOf(event, role)))) {
      const person = people.get(key);
      if (person?.standing[role] !== 'valid' || renamed.of(role, key) !== undefined) continue;
      const address = person.email.toLowerCase();
      byAddress.set(address, [...(byAddress.get(address) ?? []), key]);
    }
    for (const sharing of byAddress.values()) {
      const anyKnown = sharing.some((key) => known.has(role, key));
      const lowest = String(Math.min(...sharing.map(Number)));
      for (const key of sharing) {
        if (!known.has(role, key) && (anyKnown || key !== lowest)) lost.add(`${role} ${key}`);
      }
    }
  }
  return lost;
}

function placeOf(id: string, role: Role, people: People, renamed: Renaming, lost: ReadonlySet<string>): Place {
  const standing = people.get(id)?.standing[role] ?? 'invalid';
  const former = renamed.of(role, id);
  if (former !== undefined) return { key: former, standing };
  return { key: id, standing: standing === 'valid' && lost.has(`${role} ${id}`) ? 'invalid' : standing };
}

function unique(places: readonly Place[]): Place[] {
  return places.filter((place, at) => places.findIndex(({ key }) => key === place.key) === at);
}

/** `<id>@<date>`, from the second of a date on `#2`, `#3` … by start. */
function keysOf(events: readonly Event[]): ReadonlyMap<Event, string> {
  const keys = new Map<Event, string>();
  const counted = new Map<string, number>();
  for (const event of [...events].sort((a, b) => (a.debut < b.debut ? -1 : 1))) {
    const day = `${event.id}@${dayOf(event)}`;
    const number = (counted.get(day) ?? 0) + 1;
    counted.set(day, number);
    keys.set(event, number === 1 ? day : `${day}#${number}`);
  }
  return keys;
}

function groupDirectories(school: AlcuinState, events: readonly Event[]): number[] {
  return events.flatMap((event) => event.groupes.map((id) => found(school.groupes, id).idAnnuaire));
}

function dayOf(event: Event): string {
  return event.debut.slice(0, 10);
}

function instant(wallClock: string): string {
  return new Date(DateTime.fromISO(wallClock, { zone }).toMillis()).toISOString();
}

function found<T extends { id: number }>(things: readonly T[], id: number): T {
  const thing = things.find((each) => each.id === id);
  if (thing === undefined) throw new Error(`The school has no ${id}.`);
  return thing;
}
