import { DateTime } from 'luxon';
import type { AlcuinState, Event } from '../state.ts';
import { zone } from '../time.ts';

/** Directory numbers of every seeded school: distinct, as the four filter settings of a connector need them. */
export const directories = { initial: 11, continuing: 12, instructors: 13, groups: 14 } as const;

/** A school without people or lessons, with its directories and reasons. */
export function emptySchool(): AlcuinState {
  return {
    version: 1,
    annuaires: [
      { id: directories.initial, nom: 'Apprenants formation initiale' },
      { id: directories.continuing, nom: 'Apprenants formation continue' },
      { id: directories.instructors, nom: 'Formateurs' },
      { id: directories.groups, nom: 'Groupes' },
    ],
    personnes: [],
    groupes: [],
    ressources: [],
    evenements: [],
    motifs: [
      { code: 'MAL', nom: 'Maladie' },
      { code: 'MED', nom: 'Rendez-vous médical' },
      { code: 'FAM', nom: 'Raison familiale' },
      { code: 'ENT', nom: 'En entreprise' },
      { code: 'AUT', nom: 'Autre' },
    ],
    presences: {},
    verrouilles: [],
    pieges: [],
  };
}

/** Midnight in Paris of the day `days` after `now`. */
export function dayAfter(now: Date, days: number): DateTime {
  return DateTime.fromJSDate(now, { zone }).startOf('day').plus({ days });
}

/**
 * One lesson, planned two weeks before `now`: a school's timetable is older than the sync that reads it, and the rule
 * about lessons created on their own day must not hide it.
 *
 * @param at wall clock, `HH:mm`.
 */
export function lesson(
  now: Date,
  day: DateTime,
  at: { start: string; end: string },
  rest: Pick<Event, 'id' | 'nom' | 'type' | 'formateurs' | 'apprenants' | 'groupes' | 'ressources'>,
): Event {
  const date = day.toFormat('yyyy-MM-dd');
  const planned = new Date(now.getTime() - 14 * 24 * 60 * 60 * 1000).toISOString();
  return {
    ...rest,
    etat: 'ACT',
    debut: `${date}T${at.start}:00`,
    fin: `${date}T${at.end}:00`,
    dateCreation: planned,
    dateModification: planned,
    projets: [],
  };
}
