import { makeSchool } from '../simulators/alcuin/schools/index.ts';
import type { AlcuinState, Event } from '../simulators/alcuin/state.ts';

/** Wednesday, 06:30 in Paris: business time of every first run, so that the same school is made on whatever day it is. */
export const morning = '2026-11-25T05:30:00Z';
/** The same day, each long enough after the run before, and before any lesson begins. */
export const later = '2026-11-25T06:15:00Z';
export const laterStill = '2026-11-25T06:40:00Z';
export const beforeLessons = '2026-11-25T07:05:00Z';
export const firstDay = '2026-11-25';
export const nextMorning = '2026-11-26T05:30:00Z';

/** A school, and how many days of it the connection reads. */
export interface BenchSchool {
  readonly state: AlcuinState;
  readonly days: number;
}

const fortnight = 14;
const dayMs = 86_400_000;

/** The seeded school as it is: about a thousand lessons in two weeks. */
export function thousandLessons(): BenchSchool {
  return { state: makeSchool('grande-ecole', new Date(morning)), days: fortnight };
}

/** The same people with their two weeks over and over, until the year has 20,000 lessons: a timetable of 40 weeks. */
export function twentyThousandLessons(): BenchSchool {
  const { state } = thousandLessons();
  const lastDay = shifted(firstDay, fortnight);
  const today = state.evenements.filter((event) => dayOf(event) <= firstDay);
  const weeks = state.evenements.filter((event) => dayOf(event) > firstDay && dayOf(event) <= lastDay);
  const copies = Math.round(20_000 / weeks.length);
  // One more than is read: a day later, the window has a new last day.
  const all = Array.from({ length: copies + 1 }, (_, copy) => weeks.map((event) => repeated(event, copy)));
  return { state: { ...state, evenements: [...today, ...all.flat()] }, days: copies * fortnight };
}

/** An occurrence so many fortnights later, under a number of its own: the wall clock stays over both clock changes. */
function repeated(event: Event, copy: number): Event {
  const later = (local: string) => `${shifted(local.slice(0, 10), copy * fortnight)}${local.slice(10)}`;
  return { ...event, id: event.id + copy * 100_000, debut: later(event.debut), fin: later(event.fin) };
}

function dayOf(event: Event): string {
  return event.debut.slice(0, 10);
}

function shifted(day: string, by: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + by * dayMs).toISOString().slice(0, 10);
}
