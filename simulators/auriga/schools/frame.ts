import { DateTime } from 'luxon';
import { serverZone } from '../columns.ts';
import type { AurigaState, Intervention } from '../state.ts';

/** The favourites of every school, as an administrator made them. */
export const favourites = { interventions: 945, groups: 1198 } as const;
/** Menu entry under which they run. */
export const favouriteEntry = 1_144;

/** A school without people or interventions. */
export function emptySchool(): AurigaState {
  const favourite = {
    menuEntryId: favouriteEntry,
    timezone: serverZone,
    lang: 'fr',
    joinIdenticalLines: false,
  } as const;
  const shown = { listed: true, without: [], namesColumns: true };
  return {
    version: 1,
    persons: [],
    pedagogicalUnits: [],
    activityTypes: [
      { id: 1, code: 'CM', caption: { fr: 'Cours magistral', en: 'Lecture' } },
      { id: 2, code: 'TD', caption: { fr: 'Travaux dirigés' } },
      { id: 3, code: 'LAB', caption: { en: 'Laboratory' } },
    ],
    resources: [],
    groups: [],
    interventions: [],
    favourites: [
      {
        ...favourite,
        ...shown,
        queryId: favourites.interventions,
        kind: 'interventions',
        title: { fr: 'Affichage favori émargement' },
        seed: 7,
      },
      {
        ...favourite,
        ...shown,
        queryId: favourites.groups,
        kind: 'groups',
        title: { fr: 'Affichage favori groupes', en: 'Display favourite groups' },
        seed: 11,
      },
    ],
    absenceReasons: [
      { id: 41, code: 'MAL', caption: { fr: 'Maladie', en: 'Illness' }, justified: true },
      { id: 42, code: 'TRANSP', caption: { fr: 'Problème de transport' }, justified: true },
      { id: 43, code: 'INJ', caption: { fr: 'Absence injustifiée' }, justified: false },
    ],
    absences: [],
  };
}

/** Local day in the school's zone, `days` after today. */
export function dayAfter(now: Date, days: number): DateTime {
  return DateTime.fromJSDate(now, { zone: serverZone }).startOf('day').plus({ days });
}

/** An intervention of one day, from and until a wall-clock time. */
export function intervention(
  day: DateTime,
  { start, end }: { start: string; end: string },
  rest: Omit<Intervention, 'startDateTime' | 'endDateTime'>,
): Intervention {
  const at = (time: string) => {
    const [hour = 0, minute = 0] = time.split(':').map(Number);
    return new Date(day.set({ hour, minute }).toMillis()).toISOString();
  };
  return { ...rest, startDateTime: at(start), endDateTime: at(end) };
}
