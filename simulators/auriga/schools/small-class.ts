import type { DateTime } from 'luxon';
import type { AurigaState, Intervention, Person } from '../state.ts';
import { dayAfter, emptySchool, intervention } from './frame.ts';

/** Names as people have them: accents, an apostrophe, a slash, double spaces. */
const learners = [
  ['Béranger', 'Élodie'],
  ['Castelnau', 'Rémy'],
  ['DE LA  TOUR', 'Anne'],
  ["D'Aubigné", 'Noé'],
  ['Esnault', 'Zoë'],
  ['Fabre', 'Jean/Luc'],
  ['Gœtz', 'Maëlle'],
  ['Haddad', 'Inès'],
  ['Ivanov', 'Piotr'],
  ['Jaulin', 'Chloé'],
] as const;

const instructors = [
  ['Kerbrat', 'Yann'],
  ['Lemaître', 'Solène'],
  ['Moulin', 'Agathe'],
] as const;

const slots = [
  { start: '08:30', end: '10:00' },
  { start: '10:15', end: '11:45' },
  { start: '13:30', end: '15:00' },
  { start: '15:15', end: '16:45' },
] as const;

/** What is taught: units, activity, rooms, who comes. Some have no unit, some two; some two rooms, some none. */
const courses = [
  { pedagogicalUnits: [501], activityType: 1, resources: [701], who: 'all', description: null },
  { pedagogicalUnits: [502], activityType: 2, resources: [702], who: 'a', description: null },
  { pedagogicalUnits: [502], activityType: 2, resources: [703], who: 'b', description: null },
  { pedagogicalUnits: [501, 503], activityType: 1, resources: [701, 702], who: 'all', description: null },
  { pedagogicalUnits: [], activityType: 3, resources: [703], who: 'a', description: null },
  { pedagogicalUnits: [], activityType: null, resources: [], who: 'b', description: 'Soutien en mathématiques' },
  { pedagogicalUnits: [503], activityType: null, resources: [704], who: 'all', description: 'Projet' },
  { pedagogicalUnits: [], activityType: null, resources: [701], who: 'all', description: null },
] as const;

/** A small class of ten, in two groups, with what real data has of oddities; nobody here makes a lesson unfit to be sent. */
export function smallClass(now: Date): AurigaState {
  const all = learners.map((_, at) => 1001 + at);
  const halves = { all, a: all.slice(0, 5), b: all.slice(5) };
  return {
    ...emptySchool(),
    persons: [
      ...learners.map(([lastName, firstName], at) => person(1001 + at, lastName, firstName, 'etu.')),
      ...instructors.map(([lastName, firstName], at) => person(2001 + at, lastName, firstName, '')),
      // Comes to the first lesson, and has no address: told, and left out.
      { id: 1090, lastName: 'Nadal', firstName: 'Hugo', mail: '' },
    ],
    pedagogicalUnits: [
      { id: 501, code: 'ALG', caption: { fr: 'Algèbre linéaire', en: 'Linear algebra' } },
      { id: 502, code: 'PROG', caption: { fr: 'Programmation' } },
      { id: 503, code: 'ETHIX', caption: { en: 'Digital ethics' } },
    ],
    resources: [
      { id: 701, code: 'AMPHI', caption: { fr: 'Amphi Aurore', en: 'Dawn lecture hall' } },
      { id: 702, code: 'S102', caption: { fr: 'Salle 102' } },
      { id: 703, code: 'S203', caption: {} },
      { id: 704, code: 'S204', caption: { en: 'Room 204' } },
    ],
    groups: [
      { id: 301, code: '2627_ING_ING1', caption: { fr: 'ING1', en: 'ENG1' }, learners: halves.all },
      { id: 302, code: '2627_ING_ING1_A', caption: { fr: 'Groupe TD 1' }, learners: halves.a },
      { id: 303, code: '2627_ING_ING1_B', caption: { en: 'Group 2' }, learners: halves.b },
    ],
    interventions: timetable(now, halves),
  };
}

type Who = 'all' | 'a' | 'b';
const groupOf: Readonly<Record<Who, number>> = { all: 301, a: 302, b: 303 };

function timetable(now: Date, halves: Readonly<Record<Who, readonly number[]>>): Intervention[] {
  const days = weekdays(now);
  return courses.flatMap(({ who, ...course }, at) =>
    [0, 1].map((half) => {
      const place = half * courses.length + at;
      const day = days[place % days.length] ?? dayAfter(now, 1);
      const extra = place === 0 ? [1090] : [];
      return intervention(day, slots[Math.floor(place / days.length) % slots.length] ?? slots[0], {
        ...course,
        pedagogicalUnits: [...course.pedagogicalUnits],
        resources: [...course.resources],
        id: 115_801 + place,
        instructors: [2001 + (place % instructors.length)],
        learners: [...halves[who], ...extra],
        // The last one names a group that no favourite lists.
        groups: place === courses.length * 2 - 1 ? [groupOf[who], 399] : [groupOf[who]],
      });
    }),
  );
}

/** Days that are taught: today, and so far ahead that the last lesson is inside a window of 14 days. */
function weekdays(now: Date): DateTime[] {
  return Array.from({ length: 14 }, (_, at) => dayAfter(now, at)).filter((day) => day.weekday <= 5);
}

function person(id: number, lastName: string, firstName: string, part: string): Person {
  return { id, lastName, firstName, mail: `${ascii(firstName)}.${ascii(lastName)}@${part}ecole-aurore.example` };
}

function ascii(name: string): string {
  return name
    .replaceAll('œ', 'oe')
    .normalize('NFD')
    .replaceAll(/[^A-Za-z0-9-]/g, '')
    .toLowerCase();
}
