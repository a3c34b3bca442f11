import Holidays from 'date-holidays';

/** Countries whose public holidays are known by name. */
export const holidayCountries = ['FR', 'SE', 'NO', 'DK', 'FI', 'US'] as const;

/** A day off of a country or region: local date, and its name there. */
export interface Holiday {
  readonly date: string;
  readonly name: string;
}

const known = new Map<string, readonly Holiday[]>();

/** Whether a place is a country, or a region of one, whose holidays are known: "FR", "FR-67", "US-CA". */
export function isHolidayPlace(place: string): boolean {
  const [country = '', region] = split(place);
  if (!(holidayCountries as readonly string[]).includes(country)) return false;
  return region === undefined || region in (new Holidays().getStates(country) ?? {});
}

/** The public holidays of a place in a year. */
export function publicHolidays(place: string, year: number): readonly Holiday[] {
  const key = `${place} ${year}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const [country = '', region] = split(place);
  const calendar = region === undefined ? new Holidays(country) : new Holidays(country, region);
  const holidays = calendar
    .getHolidays(year)
    .filter(({ type }) => type === 'public')
    .map(({ date, name }) => ({ date: date.slice(0, 10), name }));
  known.set(key, holidays);
  return holidays;
}

function split(place: string): string[] {
  return place.split('-');
}
